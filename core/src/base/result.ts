/** Outcome of something that may fail because of bytes or data from elsewhere. Never thrown. */
export type Result<T, E extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: E }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })
export const fail = <E extends string>(reason: E): { readonly ok: false; readonly reason: E } => ({ ok: false, reason })

/** A value or a promise of one: the core may await computation, never input or output. */
export type Awaitable<T> = T | Promise<T>

export function exhaustive(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
