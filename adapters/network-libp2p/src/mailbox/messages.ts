/** What travels on a stream of the mailbox protocol: one frame each, the number of the request before the body. MBX-1 */
import { MAILBOX_BODY_BYTES_MAX, assert } from '@parley/core'

export const MAILBOX_PROTOCOL = '/parley/mailbox/1.0.0'
/** What may wait to be written to one stream; a larger message waits alone. */
export const MAILBOX_BUFFER_BYTES_MAX = 262_144

const ID_BYTES = 4
const ID_MAX = 0xffffffff

export interface MailboxMessage {
  readonly id: number
  /** Borrows the frame. */
  readonly body: Uint8Array
}

export function encodeMessage(id: number, body: Uint8Array): Uint8Array {
  assert(body.length <= MAILBOX_BODY_BYTES_MAX, 'a message has at most MAILBOX_BODY_BYTES_MAX bytes')
  const frame = new Uint8Array(ID_BYTES + body.length)
  new DataView(frame.buffer).setUint32(0, id)
  frame.set(body, ID_BYTES)
  return frame
}

/** @returns `undefined` when there is no whole id. */
export function decodeMessage(frame: Uint8Array): MailboxMessage | undefined {
  if (frame.length < ID_BYTES) return undefined
  const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0)
  return { id, body: frame.subarray(ID_BYTES) }
}

/** The first id after `id` that is not among `taken`; after the last comes the first. */
export function nextId(id: number, taken: { has(id: number): boolean }): number {
  let next = id
  do next = next === ID_MAX ? 0 : next + 1
  while (taken.has(next))
  return next
}
