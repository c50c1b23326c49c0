export default function OnboardingScreen(_props: object) {
  return null
}
