export default function RequestsPane(_props: object) {
  return null
}
