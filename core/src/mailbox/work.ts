/** Proof of work on what a stranger leaves: cheap once, dear by the thousand. Spec: PTR-2. */
import { sha256 } from '@noble/hashes/sha2.js'
import { framed, utf8 } from '../base/bytes.ts'

export const WORK_NONCE_BYTES = 8
const UINT32 = 0x1_0000_0000

/** What the nonce is appended to. `content`: the encoded record without its nonce. */
export const workHashable = (content: Uint8Array): Uint8Array => framed(utf8('parley/pointer-work/1'), content)

/** Leading zero bits of `SHA-256(hashable ‖ nonce)`. */
export const workBits = (hashable: Uint8Array, nonce: Uint8Array): number =>
  leadingZeros(sha256.create().update(hashable).update(nonce).digest())

function leadingZeros(digest: Uint8Array): number {
  let bits = 0
  for (const byte of digest) {
    bits += byte === 0 ? 8 : Math.clz32(byte) - 24
    if (byte !== 0) break
  }
  return bits
}

/**
 * Tries the nonces `startNonce` … `startNonce + tries − 1` (integers below 2^53) and returns the first that gives at
 * least `bits` leading zeros, `undefined` when none does: then search on behind them, with other work in between. About
 * 2^bits tries are needed.
 */
export function searchWork(
  hashable: Uint8Array,
  bits: number,
  startNonce: number,
  tries: number,
): Uint8Array | undefined {
  const start = sha256.create().update(hashable)
  const hash = sha256.create()
  const digest = new Uint8Array(32)
  const nonce = new Uint8Array(WORK_NONCE_BYTES)
  const view = new DataView(nonce.buffer)
  for (let number = startNonce; number < startNonce + tries; number++) {
    view.setUint32(0, Math.floor(number / UINT32))
    view.setUint32(4, number % UINT32)
    // oxlint-disable-next-line no-underscore-dangle -- noble's name for copying a state without allocating: three times as fast
    start._cloneInto(hash)
    hash.update(nonce).digestInto(digest)
    if (leadingZeros(digest) >= bits) return nonce
  }
  return undefined
}
