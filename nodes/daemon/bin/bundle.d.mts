export const FROM_SOURCE: string
export function freshBundle(environment?: Readonly<Record<string, string | undefined>>): string | undefined
export function isNewer(paths: readonly string[], timeMs: number, from?: string): boolean
export function sourceNames(folder: string): readonly string[] | undefined
