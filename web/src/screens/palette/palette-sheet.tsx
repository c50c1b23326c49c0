export default function PaletteSheet(_props: object) {
  return null
}
