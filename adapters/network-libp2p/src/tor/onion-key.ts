/** The key of our onion service and the address that follows from it. Spec: TOR-6. */
import { createHash, hkdfSync } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'

export interface OnionKey {
  /** The 64-byte expanded Ed25519 key as Tor wants it in ADD_ONION, base64. Secret. */
  readonly expanded: string
  /** The 56 letters before `.onion`. */
  readonly serviceId: string
}

const INFO = 'parley onion service v1'
const ONION_VERSION = 3
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The same device has the same address for ever, and nothing more has to be kept: the key comes from the device's, one
 * way, so that the onion key tells nothing about the device key.
 */
export async function deriveOnionKey(deviceSeed: Uint8Array): Promise<OnionKey> {
  const seed = new Uint8Array(hkdfSync('sha256', deviceSeed, new Uint8Array(0), INFO, 32))
  const { publicKey } = await generateKeyPairFromSeed('Ed25519', seed)
  const expanded = createHash('sha512').update(seed).digest()
  // The clamping of RFC 8032, which Tor leaves to us.
  expanded[0] = (expanded[0] ?? 0) & 248
  expanded[31] = ((expanded[31] ?? 0) & 63) | 64
  return { expanded: expanded.toString('base64'), serviceId: onionServiceId(publicKey.raw) }
}

/** rend-spec-v3, "Encoding onion addresses". */
export function onionServiceId(publicKey: Uint8Array): string {
  const version = Uint8Array.of(ONION_VERSION)
  const checksum = createHash('sha3-256').update('.onion checksum').update(publicKey).update(version).digest()
  return base32(Buffer.concat([publicKey, checksum.subarray(0, 2), version]))
}

/** RFC 4648 in small letters, for lengths that are a multiple of five bytes. */
function base32(bytes: Uint8Array): string {
  let letters = ''
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) letters += ALPHABET[(value >> (bits - 5)) & 31] ?? ''
  }
  return letters
}
