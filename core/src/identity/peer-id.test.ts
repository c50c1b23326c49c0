import { ed25519 } from '@noble/curves/ed25519.js'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePeerId, peerIdOfKey } from './peer-id.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((seed) => ed25519.getPublicKey(seed))

describe('peer ids', () => {
  it('[IDN-3] says what libp2p says, both ways', () => {
    fc.assert(
      fc.property(key, (deviceKey) => {
        const theirs = peerIdFromPublicKey(publicKeyFromRaw(deviceKey)).toString()
        expect(peerIdOfKey(deviceKey)).toBe(theirs)
        expect(parsePeerId(theirs)).toEqual(deviceKey)
        expect(peerIdFromString(peerIdOfKey(deviceKey)).publicKey?.raw).toEqual(deviceKey)
      }),
    )
  })

  it('[IDN-3] refuses other key types, bases and spellings', () => {
    const refused = [
      '',
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      '16Uiu2HAmJb2e28qLXxT5kZxVUUoJt72EMzNGXB47Rxx5hw3q4YjS',
      peerIdFromPublicKey(publicKeyFromRaw(ed25519.getPublicKey(new Uint8Array(32))))
        .toCID()
        .toString(),
      ` ${peerIdOfKey(ed25519.getPublicKey(new Uint8Array(32)))}`,
      peerIdOfKey(new Uint8Array(32)),
    ]
    for (const text of refused) expect(parsePeerId(text)).toBeUndefined()
  })

  it('[IDN-3] any text has an outcome, and what is accepted has one spelling', () => {
    const sample = peerIdOfKey(ed25519.getPublicKey(new Uint8Array(32)))
    const near = fc
      .tuple(fc.nat(51), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([position, letter]) => sample.slice(0, position) + letter + sample.slice(position + 1))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        const deviceKey = parsePeerId(text)
        if (deviceKey !== undefined) expect(peerIdOfKey(deviceKey)).toBe(text)
      }),
      { numRuns: 1_000 },
    )
  })
})
