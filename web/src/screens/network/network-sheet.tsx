export default function NetworkSheet(_props: object) {
  return null
}
