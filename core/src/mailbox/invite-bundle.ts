/** The bundle of an invite's maker as a block, so that the invited need not meet the maker online. Spec: PTR-8. */
import { concat, utf8 } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { deriveKey } from '../base/hash.ts'
import { BUNDLE_BYTES_MAX } from '../base/limits.ts'
import { isBucketSize, pad, unpad } from '../envelope/padding.ts'

type Seal = Pick<CryptoPort, 'xchacha20poly1305'>

const NONCE_BYTES = 24
const AEAD_TAG_BYTES = 16
const AAD = new Uint8Array(0)

const bundleKey = (inviteSecret: Uint8Array): Uint8Array => deriveKey(inviteSecret, utf8('parley/invite/bundle/1'))

/** `nonce`: 24 fresh random bytes. `undefined` for more than BUNDLE_BYTES_MAX. */
export function sealInviteBundle(
  { xchacha20poly1305 }: Seal,
  inviteSecret: Uint8Array,
  nonce: Uint8Array,
  bundle: Uint8Array,
): Uint8Array | undefined {
  const padded = bundle.length <= BUNDLE_BYTES_MAX ? pad(NONCE_BYTES + AEAD_TAG_BYTES, bundle) : undefined
  return padded && concat(nonce, xchacha20poly1305.seal(bundleKey(inviteSecret), nonce, AAD, padded))
}

/** The encoded bundle, unverified; `undefined` for anything that was not sealed under this invite. */
export function openInviteBundle(
  { xchacha20poly1305 }: Seal,
  inviteSecret: Uint8Array,
  block: Uint8Array,
): Uint8Array | undefined {
  if (!isBucketSize(block.length)) return undefined
  const nonce = block.subarray(0, NONCE_BYTES)
  const padded = xchacha20poly1305.open(bundleKey(inviteSecret), nonce, AAD, block.subarray(NONCE_BYTES))
  const bundle = padded === undefined ? undefined : unpad(padded)
  return bundle !== undefined && bundle.length <= BUNDLE_BYTES_MAX ? bundle : undefined
}
