export default function MessagePopups(_props: { popup: unknown; commands: unknown; onClose: () => void }) {
  return null
}
