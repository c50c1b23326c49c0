/** Two people, one bubble. */
export function Logo({ size = 52 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M10 10.5h12a2.5 2.5 0 0 1 2.500 2.500v6a2.500 2.500 0 0 1-2.500 2.500h-6.200L11.500 25v-3.500H10A2.500 2.500 0 0 1 7.500 19v-6A2.500 2.500 0 0 1 10 10.500Z"
        fill="var(--on-accent)"
      />
      <circle cx="13" cy="16" r="1.400" fill="var(--accent)" />
      <circle cx="19" cy="16" r="1.400" fill="var(--accent)" />
    </svg>
  )
}
