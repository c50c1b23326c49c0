/** Reading the frames of `/v1/socket`: bytes from a caller that may be anything. Spec: API-7. */

/** A frame whose shape is right; names and parameters are not looked at yet. */
export type ParsedFrame =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'live'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'stream'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'end'; readonly id: number; readonly ended: number }
  | { readonly type: 'listen'; readonly id: number; readonly event: string }
  | { readonly type: 'ping'; readonly id: number }
  /** It has an id to answer to, and nothing else that is known. */
  | { readonly type: 'unknown'; readonly id: number }

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** @returns `undefined` when the text is not a JSON object with an id: there is nobody to answer. Never throws. */
export function parseClientFrame(text: string): ParsedFrame | undefined {
  const frame = parseObject(text)
  const id = frame?.['id']
  if (frame === undefined || !isId(id)) return undefined
  const { call, live, stream, end, listen, ping, params = {} } = frame
  if (typeof call === 'string') return { type: 'call', id, name: call, params }
  if (typeof live === 'string') return { type: 'live', id, name: live, params }
  if (typeof stream === 'string') return { type: 'stream', id, name: stream, params }
  if (isId(end)) return { type: 'end', id, ended: end }
  if (typeof listen === 'string') return { type: 'listen', id, event: listen }
  if (ping === true) return { type: 'ping', id }
  return { type: 'unknown', id }
}

/** @returns `undefined` unless the text is one JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
