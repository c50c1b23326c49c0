/**
 * Whether a public key can be encapsulated to.
 *
 * One leaf with an unusable key would make every later commit of every member fail, so such a key never gets in.
 */
import { equalBytes } from '../base/bytes.ts'
import { fromHex } from '../base/bytes.ts'

const ML_KEM_768_BYTES = 1_184
const ML_KEM_SEED_BYTES = 32
const ML_KEM_MODULUS = 3_329
const X25519_BYTES = 32

/** The points of small order on Curve25519, canonical and not, without the ignored top bit: a shared secret of zeros. */
const smallOrderPoints = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex)

/** X-Wing: ML-KEM-768 key with every coefficient reduced (FIPS 203 §7.2), then an X25519 key of large order. MLS-7 */
export function isUsableHpkeKey(key: Uint8Array): boolean {
  if (key.length !== ML_KEM_768_BYTES + X25519_BYTES) return false
  for (let offset = 0; offset < ML_KEM_768_BYTES - ML_KEM_SEED_BYTES; offset += 3) {
    const low = key[offset] ?? 0
    const middle = key[offset + 1] ?? 0
    const high = key[offset + 2] ?? 0
    if ((low | ((middle & 0x0f) << 8)) >= ML_KEM_MODULUS || ((middle >>> 4) | (high << 4)) >= ML_KEM_MODULUS)
      return false
  }
  const point = key.slice(ML_KEM_768_BYTES)
  point[X25519_BYTES - 1] = (point[X25519_BYTES - 1] ?? 0) & 0x7f
  return !smallOrderPoints.some((small) => equalBytes(small, point))
}
