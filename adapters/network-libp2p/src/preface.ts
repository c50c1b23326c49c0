/** The first frame each way: who opened which link. Spec: LINK-5…LINK-7. */

/** Of one process run; tells the link numbers of two runs apart. */
export const SESSION_BYTES = 8

export type Preface =
  /** From the end with the larger peer id: may this stream be our link? */
  | { readonly type: 'ask'; readonly isInsisting: boolean }
  /** From the end with the smaller peer id, the decider: this stream is link `number` of my run `session`. */
  | { readonly type: 'open'; readonly number: number; readonly session: Uint8Array }

const ASK = 0
const INSIST = 1
const OPEN = 2
const OPEN_BYTES = 1 + 4 + SESSION_BYTES

export function encodePreface(preface: Preface): Uint8Array {
  if (preface.type === 'ask') return Uint8Array.of(preface.isInsisting ? INSIST : ASK)
  const bytes = new Uint8Array(OPEN_BYTES)
  bytes[0] = OPEN
  new DataView(bytes.buffer).setUint32(1, preface.number)
  bytes.set(preface.session, 5)
  return bytes
}

/** @returns `undefined` for anything that is not exactly one preface. */
export function decodePreface(bytes: Uint8Array): Preface | undefined {
  if (bytes.length === 1 && (bytes[0] === ASK || bytes[0] === INSIST)) {
    return { type: 'ask', isInsisting: bytes[0] === INSIST }
  }
  if (bytes.length !== OPEN_BYTES || bytes[0] !== OPEN) return undefined
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  return { type: 'open', number, session: bytes.slice(5) }
}
