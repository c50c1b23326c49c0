export default function UnlockScreen(_props: { boot: unknown }) {
  return null
}
