/** A holder's word, and how it is tested. Spec: HLD-4, HLD-5. */
import { concat, framed, utf8 } from '../base/bytes.ts'
import { encodeCbor } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { sha256 } from '../base/hash.ts'
import type { Awaitable } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { parsePeerId } from '../identity/peer-id.ts'
import { uint64 } from './fields.ts'

/** What the signature of a receipt covers. `ownerPeerId`: who stored the blocks. HLD-4 */
export const receiptTranscript = (ownerPeerId: string, cids: readonly Uint8Array[], expiresAt: Millis): Uint8Array =>
  framed(utf8('parley/storage-receipt/1'), utf8(ownerPeerId), encodeCbor(cids), uint64(expiresAt))

/** True when the holder signed exactly this for exactly this owner. */
export function verifyReceipt(
  crypto: Pick<CryptoPort, 'ed25519Verify'>,
  holderPeerId: string,
  ownerPeerId: string,
  cids: readonly Uint8Array[],
  expiresAt: Millis,
  signature: Uint8Array,
): Awaitable<boolean> {
  const key = parsePeerId(holderPeerId)
  if (key === undefined) return false
  return crypto.ed25519Verify(key, receiptTranscript(ownerPeerId, cids, expiresAt), signature)
}

/** What only somebody can answer who has the whole block now. HLD-5 */
export const challengeDigest = (nonce: Uint8Array, block: Uint8Array): Uint8Array => sha256(concat(nonce, block))
