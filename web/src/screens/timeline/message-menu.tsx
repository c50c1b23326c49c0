export default function MessageMenu(_props: object) {
  return null
}
