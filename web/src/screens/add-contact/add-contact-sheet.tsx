export default function AddContactSheet(_props: object) {
  return null
}
