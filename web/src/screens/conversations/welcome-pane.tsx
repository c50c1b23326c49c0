export default function WelcomePane() {
  return null
}
