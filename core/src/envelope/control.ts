/**
 * Control messages between devices that share a conversation: what I have, what I want. They travel in the outer
 * envelope over an authenticated link only, are never stored, and name messages by their hashes. Spec: SYN-1…SYN-4.
 */
import { decodeCbor, encodeCbor, isList } from '../base/cbor.ts'
import { HEADS_MAX, WANTED_IDS_MAX } from '../base/limits.ts'
import { isMessageId } from '../content/codec.ts'
import type { MessageIdBytes } from '../content/types.ts'

export type Control =
  /** The newest messages of the sender's copy: those that no other message of it names as a parent. */
  | { readonly type: 'heads'; readonly heads: readonly MessageIdBytes[] }
  /** Please send these of yours again, and what of yours leads to them and is not below `have`. */
  | { readonly type: 'want'; readonly ids: readonly MessageIdBytes[]; readonly have: readonly MessageIdBytes[] }

export function encodeControl(control: Control): Uint8Array {
  return control.type === 'heads'
    ? encodeCbor([1, [...control.heads]])
    : encodeCbor([2, [...control.ids], [...control.have]])
}

export function decodeControl(bytes: Uint8Array): Control | undefined {
  const value = decodeCbor(bytes)
  if (!isList(value)) return undefined
  const first = idsOf(value[1], value[0] === 1 ? HEADS_MAX : WANTED_IDS_MAX)
  if (first === undefined) return undefined
  if (value[0] === 1 && value.length === 2) return { type: 'heads', heads: first }
  const have = idsOf(value[2], HEADS_MAX)
  return value[0] === 2 && value.length === 3 && have ? { type: 'want', ids: first, have } : undefined
}

function idsOf(value: unknown, lengthMax: number): readonly MessageIdBytes[] | undefined {
  return isList(value, lengthMax) && value.every(isMessageId) ? value : undefined
}
