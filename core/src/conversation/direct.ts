import { framed, toBase64url, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'

/**
 * The id of the one conversation between two accounts, the same whoever asks first and whichever MLS group carries it:
 * base64url of SHA-256 over both accounts in text order. Spec: CNV-1.
 */
export function directConversationId(a: string, b: string): string {
  const [first, second] = a < b ? [a, b] : [b, a]
  return toBase64url(sha256(framed(utf8('parley/direct/1'), utf8(first), utf8(second))))
}
