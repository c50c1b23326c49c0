import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { portableXchacha } from '../base/xchacha.ts'
import { openOuter, OUTER_VERSION } from './outer.ts'

const port = { xchacha20poly1305: portableXchacha }
import { pad } from './padding.ts'

const key = new Uint8Array(32).fill(1)
const nonce = new Uint8Array(24).fill(2)
const header = concat(Uint8Array.of(OUTER_VERSION), new Uint8Array(16).fill(3))
function sealedBy(member: Uint8Array): Uint8Array {
  const padded = pad(header.length + nonce.length + 16, member)
  return concat(header, nonce, xchacha20poly1305(key, nonce, header).encrypt(padded ?? new Uint8Array(0)))
}

it('[ENV-5] a member that writes a kind of a later version, or none at all, is not read', () => {
  expect(openOuter(port, key, sealedBy(Uint8Array.of(0x01, 9)))).toEqual({ kind: 'mls', body: Uint8Array.of(9) })
  expect(openOuter(port, key, sealedBy(Uint8Array.of(0x03, 9)))).toBeUndefined()
  expect(openOuter(port, key, sealedBy(new Uint8Array(0)))).toBeUndefined()
})
