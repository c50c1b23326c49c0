export default function HelpSheet(_props: object) {
  return null
}
