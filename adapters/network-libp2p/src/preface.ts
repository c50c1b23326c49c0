/** The first frame each way: who opened which link. Spec: LINK-5…LINK-7, LINK-10. */

/** Of one process run; tells the link numbers of two runs apart. */
export const SESSION_BYTES = 8

export type Preface =
  /** From the end with the larger peer id: may this stream be our link? */
  | { readonly type: 'ask'; readonly isInsisting: boolean }
  /** From the end with the smaller peer id, the decider: this stream is link `number` of my run `session`. */
  | { readonly type: 'open'; readonly number: number; readonly session: Uint8Array }
  /** From the decider: link `number` of my run `session` goes on here. LINK-10 */
  | { readonly type: 'move'; readonly number: number; readonly session: Uint8Array }
  /** The asker's answer to `move`: I write here from now on. */
  | { readonly type: 'moved' }

const ASK = 0
const INSIST = 1
const OPEN = 2
const MOVE = 3
const MOVED = 4
const OPEN_BYTES = 1 + 4 + SESSION_BYTES

export function encodePreface(preface: Preface): Uint8Array {
  if (preface.type === 'ask') return Uint8Array.of(preface.isInsisting ? INSIST : ASK)
  if (preface.type === 'moved') return Uint8Array.of(MOVED)
  const bytes = new Uint8Array(OPEN_BYTES)
  bytes[0] = preface.type === 'open' ? OPEN : MOVE
  new DataView(bytes.buffer).setUint32(1, preface.number)
  bytes.set(preface.session, 5)
  return bytes
}

/** @returns `undefined` for anything that is not exactly one preface. */
export function decodePreface(bytes: Uint8Array): Preface | undefined {
  if (bytes.length === 1 && (bytes[0] === ASK || bytes[0] === INSIST)) {
    return { type: 'ask', isInsisting: bytes[0] === INSIST }
  }
  if (bytes.length === 1 && bytes[0] === MOVED) return { type: 'moved' }
  if (bytes.length !== OPEN_BYTES || (bytes[0] !== OPEN && bytes[0] !== MOVE)) return undefined
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  return { type: bytes[0] === OPEN ? 'open' : 'move', number, session: bytes.slice(5) }
}
