import { wordlist } from '@scure/bip39/wordlists/english.js'
import { base58 } from '@scure/base'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex } from '../base/bytes.ts'
import { OPENBAZAAR_LEAF_BYTES_MAX } from '../base/limits.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { peerIdOfKey } from '../identity/peer-id.ts'
import { OPENBAZAAR_MESSAGE_TYPES, openBazaarMessage, openBazaarPayload } from './message.ts'
import {
  encodeOpenBazaarPrivateKey,
  encodeOpenBazaarPublicKey,
  multihashText,
  openBazaarPeerId,
  parseOpenBazaarId,
  parseOpenBazaarPrivateKey,
  parseOpenBazaarPublicKey,
} from './peer.ts'
import {
  isOpenBazaarPointerId,
  openBazaarAck,
  openBazaarBlock,
  openBazaarBlockCid,
  openBazaarPointerId,
  openBazaarPointerKey,
  readOpenBazaarAck,
} from './pointer.ts'
import type { OpenBazaarVectors } from './testing/vectors.ts'
import { deriveOpenBazaarIdentity } from './word-list.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(81)
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const { identities }: OpenBazaarVectors = JSON.parse(
  readFileSync(new URL('../../../docs/spec/vectors/openbazaar.json', import.meta.url), 'utf8'),
)

describe('peers', () => {
  it('[OBZ-1] have one spelling each', () => {
    fc.assert(
      fc.property(digest, (bytes) => {
        const text = multihashText(bytes)
        expect(text).toMatch(/^Qm.{44}$/)
        expect(parseOpenBazaarId(text)).toEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 40 }).map(base58.encode)), (text) => {
        const read = parseOpenBazaarId(text)
        if (read !== undefined) expect(multihashText(read)).toBe(text)
      }),
    )
  })

  it('[OBZ-1] of other forms are refused', () => {
    const key = fromHex(identities[0]?.ed25519PublicHex ?? '')
    expect(parseOpenBazaarId(openBazaarPeerId(key))).toHaveLength(32)
    expect(parseOpenBazaarId(peerIdOfKey(key))).toBeUndefined()
    expect(parseOpenBazaarId(base58.encode(concat(fromHex('1120'), new Uint8Array(32).fill(9))))).toBeUndefined()
    expect(parseOpenBazaarId(`1${openBazaarPeerId(key)}`)).toBeUndefined()
    expect(parseOpenBazaarId('')).toBeUndefined()
  })

  it('[OBZ-1] any bytes are a public key in its one spelling, or none', () => {
    const key = fromHex(identities[0]?.ed25519PublicHex ?? '')
    const spelling = encodeOpenBazaarPublicKey(key)
    expect(parseOpenBazaarPublicKey(spelling)).toEqual(key)
    expect(parseOpenBazaarPublicKey(concat(fromHex('08001220'), key))).toBeUndefined()
    expect(parseOpenBazaarPublicKey(concat(spelling, fromHex('1800')))).toBeUndefined()
    expect(parseOpenBazaarPublicKey(encodeOpenBazaarPublicKey(new Uint8Array(32)))).toBeUndefined()
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), digest.map(encodeOpenBazaarPublicKey)), (bytes) => {
        const read = parseOpenBazaarPublicKey(bytes)
        if (read !== undefined) expect(encodeOpenBazaarPublicKey(read)).toEqual(bytes)
      }),
    )
  })

  it('[OBZ-2] have both halves of their key', async () => {
    const seed = random(32)
    const publicKey = await crypto.ed25519PublicKey(seed)
    const spelling = encodeOpenBazaarPrivateKey(seed, publicKey)
    expect(await parseOpenBazaarPrivateKey(crypto, spelling)).toEqual(seed)
    expect(await parseOpenBazaarPrivateKey(crypto, encodeOpenBazaarPrivateKey(seed, random(32)))).toBeUndefined()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.nat(67), async (bytes, at) => {
        expect(await parseOpenBazaarPrivateKey(crypto, bytes)).toBeUndefined()
        const other = spelling.slice()
        other[at] = (other[at] ?? 0) ^ 1
        expect(await parseOpenBazaarPrivateKey(crypto, other)).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })
})

describe('word lists', () => {
  const words = identities[0]?.mnemonic.split(' ') ?? []
  const derive = (text: string) => deriveOpenBazaarIdentity(crypto, text)

  it('[OBZ-3] forgive capitals and white space', async () => {
    const derived = await derive(` \n${words.join(' \t\u3000').toUpperCase()}\r\n`)
    expect(derived.ok && derived.value.peerId).toBe(identities[0]?.peerID)
    expect(derived.ok && toHex(derived.value.seed)).toBe(identities[0]?.ed25519SeedHex)
  })

  it.each([
    ['wrong-word-count', ''],
    ['wrong-word-count', words.slice(1).join(' ')],
    ['wrong-word-count', [...words, ...words].join(' ')],
    ['wrong-word-count', 'abandon '.repeat(100_000)],
    ['unknown-word', [...words.slice(1), 'bazaar'].join(' ')],
    ['bad-checksum', words.toReversed().join(' ')],
  ])('[OBZ-3] say what is wrong: %s', async (reason, text) => {
    expect(await derive(text)).toEqual({ ok: false, reason })
  })

  it('[OBZ-3] [OBZ-11] any text has an outcome', async () => {
    const list = fc.array(fc.constantFrom(...wordlist), { minLength: 11, maxLength: 13 })
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      list.map((some) => some.join(' ')),
    )
    await fc.assert(
      fc.asyncProperty(text, async (any) => {
        const derived = await derive(any)
        if (derived.ok) expect(derived.value.peerId).toBe(openBazaarPeerId(derived.value.publicKey))
      }),
      { numRuns: 50 },
    )
  })
})

describe('pointers', () => {
  const [first, second] = [random(300), random(300)]

  it('[OBZ-13] to peers of one prefix are under one key', () => {
    fc.assert(
      fc.property(digest, digest, fc.integer({ min: 1, max: 64 }), (one, other, bits) => {
        const prefixOf = (bytes: Uint8Array) =>
          Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0'))
            .join('')
            .slice(0, bits)
        const isOne = prefixOf(one) === prefixOf(other)
        const keyOf = (bytes: Uint8Array) => openBazaarPointerKey(multihashText(bytes), bits)
        expect(keyOf(one) === keyOf(other)).toBe(isOne)
      }),
    )
    expect(openBazaarPointerKey('12D3KooW')).toBeUndefined()
  })

  it('[OBZ-14] have ids that no peer has', () => {
    const id = openBazaarPointerId(first)
    expect(id.startsWith('QmNLei78zWmzUdbeRB')).toBe(true)
    expect(openBazaarPointerId(second)).not.toBe(id)
    expect(isOpenBazaarPointerId(id)).toBe(true)
    expect(isOpenBazaarPointerId(openBazaarPeerId(random(32)))).toBe(false)
    expect(isOpenBazaarPointerId('Qm')).toBe(false)
  })

  it('[OBZ-14] are acknowledged by their ids, and by nothing else', () => {
    const id = openBazaarPointerId(first)
    const ack = openBazaarAck(id)
    expect(ack.payload?.typeUrl).toBe('')
    expect(readOpenBazaarAck(ack)).toBe(id)
    expect(readOpenBazaarAck(openBazaarAck(openBazaarPeerId(random(32))))).toBeUndefined()
    expect(readOpenBazaarAck({ ...ack, messageType: OPENBAZAAR_MESSAGE_TYPES.CHAT })).toBeUndefined()
    expect(readOpenBazaarAck(openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.OFFLINE_ACK))).toBeUndefined()
    const notText = openBazaarPayload(undefined, Uint8Array.of(0xff))
    expect(readOpenBazaarAck(openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.OFFLINE_ACK, notText))).toBeUndefined()
  })

  it('[OBZ-12] name envelopes of one block', () => {
    expect(openBazaarBlockCid(first)).toMatch(/^Qm/)
    expect(openBazaarBlockCid(first)).not.toBe(openBazaarBlockCid(second))
    expect(openBazaarBlock(new Uint8Array(OPENBAZAAR_LEAF_BYTES_MAX))?.length).toBe(OPENBAZAAR_LEAF_BYTES_MAX + 14)
    expect(openBazaarBlockCid(new Uint8Array(OPENBAZAAR_LEAF_BYTES_MAX + 1))).toBeUndefined()
    expect(openBazaarBlockCid(new Uint8Array(0))).toBeUndefined()
  })
})
