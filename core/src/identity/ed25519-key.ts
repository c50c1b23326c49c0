import { fromHex, toHex } from '../base/bytes.ts'
import { KEY_BYTES } from './signed-record.ts'

/**
 * y-coordinates (little-endian, sign bit cleared) of the points whose order divides 8, also in their non-canonical
 * spellings. With such a key a signature proves nothing, because everybody can make one.
 */
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])
/** The field's prime, 2^255 − 19, little-endian: a canonical y-coordinate is smaller. */
const PRIME = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')

/**
 * False for keys of another length, of small order, or spelt non-canonically (RFC 8032 §5.1.3). Whether a canonical
 * y-coordinate lies on the curve is left to the first signature check. Spec: IDN-2.
 */
export function isUsableEd25519Key(key: Uint8Array): boolean {
  if (key.length !== KEY_BYTES) return false
  const y = key.slice()
  y[31] = (y[31] ?? 0) & 0x7f
  return isBelowPrime(y) && !SMALL_ORDER_Y.has(toHex(y))
}

function isBelowPrime(y: Uint8Array): boolean {
  for (let index = KEY_BYTES - 1; index >= 0; index--) {
    const difference = (y[index] ?? 0) - (PRIME[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
