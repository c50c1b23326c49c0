import { t } from '../locales/index.ts'

/** `@handle`, or nothing. */
export function Handle({ handle, className }: { readonly handle: string; readonly className?: string }) {
  return handle === '' ? null : <bdi className={className}>{t.profile.handle(handle)}</bdi>
}

/** Where they say they are, or nothing. */
export function Place({ location, className }: { readonly location: string; readonly className?: string }) {
  if (location === '') return null
  return (
    <bdi className={className}>
      <span aria-hidden="true">📍&#8288;{location}</span>
      <span className="visually-hidden">{t.profile.place(location)}</span>
    </bdi>
  )
}
