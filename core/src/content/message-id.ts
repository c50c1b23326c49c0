import { concat, framed, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import type { MessageIdBytes } from './types.ts'

/** The conversation as the message id names it. */
export const roomUri = (conversation: string): string => `parley:c/${conversation}`

/**
 * `0x01 ‖ SHA-256(len16 ‖ sender ‖ len16 ‖ room ‖ content ‖ salt)[0..30]` (draft-ietf-mimi-content-08 §3.3). The sender
 * is the account that MLS authenticated, never a field of the content, so the same bytes by another author or in
 * another conversation have another id. Spec: CNT-2.
 */
export function messageId(sender: string, conversation: string, content: Uint8Array, salt: Uint8Array): MessageIdBytes {
  const bound = framed(utf8(sender), utf8(roomUri(conversation)))
  return concat(Uint8Array.of(0x01), sha256(concat(bound, content, salt)).subarray(0, 31))
}
