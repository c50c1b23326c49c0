export default function SettingsPane(_props: object) {
  return null
}
