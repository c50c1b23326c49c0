export default function ContactPane(_props: { conversation: string }) {
  return null
}
