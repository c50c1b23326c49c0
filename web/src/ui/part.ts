import { lazy, type ComponentType } from 'react'

/** A component that is fetched when it is first shown: `part(async () => (await import('./x.tsx')).X)`. */
export const part = <P>(load: () => Promise<ComponentType<P>>) => lazy(async () => ({ default: await load() }))
