import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, equalBytes } from '../base/bytes.ts'
import { encodeCbor } from '../base/cbor.ts'
import {
  CLOCK_SKEW_MAX_MS,
  DAY_MS,
  POINTER_BLOCKS_MAX,
  POINTER_BUCKETS_BYTES,
  POINTER_HOLDERS_MAX,
  POINTER_LOCATIONS_MAX,
  POINTER_SLOTS,
  WAITING_LIFETIME_MS,
} from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { blockCid } from './cid.ts'
import { chainSecret, invitePointerSecret, keyPrefix, pointerKey } from './pointer-keys.ts'
import type { PointerPayload } from './pointer-payload.ts'
import { openPointer, openWorked, readPointer, sealPointer, sealWorked, type SignedPointer, workOf } from './pointer.ts'
import { payloads } from './testing/arbitrary.ts'
import { searchWork, workBits } from './work.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(52)
const NOW = 1_760_000_000_000
const expiresAt = NOW + DAY_MS
const secret = chainSecret(random(32), 3, 7)
const payload: PointerPayload = {
  blocks: [{ cid: blockCid(random(512)), size: 512 }],
  holders: [
    '/dns4/push.example/tcp/4001/p2p/12D3KooWKoqXF1MwpwBQVg5fXrjyngxHzU94RAcknNJAmBuiAF8q',
    'https://a.example/b',
  ],
}
const nothing: PointerPayload = { blocks: [], holders: [] }
const seal = (said = payload, facts: { sequence?: number; expiresAt?: number } = {}) =>
  sealPointer(crypto, secret, { sequence: 5, expiresAt, nonce: random(24), ...facts }, said)

async function readSigned(bytes: Uint8Array): Promise<SignedPointer> {
  const read = await readPointer(crypto, bytes, NOW)
  if (!read.ok || read.value.type !== 'signed') throw new Error('not a signed pointer')
  return read.value
}

describe('signed pointers', () => {
  it('[PTR-1] are found under the key of their signer, and nobody else writes there', async () => {
    const bytes = await seal()
    const read = await readSigned(bytes)
    const publicKey = await crypto.ed25519PublicKey(secret.seed)
    expect(read).toMatchObject({ sequence: 5, expiresAt, publicKey, key: pointerKey(publicKey), bytes })
    const forged = encodeCbor([1, publicKey, 6, expiresAt, read.payload, random(64)])
    expect(await readPointer(crypto, forged, NOW)).toMatchObject({ ok: false, reason: 'bad-signature' })
  })

  it('[PTR-1] of a key that proves nothing are refused', async () => {
    const { payload: sealed } = await readSigned(await seal())
    const everybodysKey = Uint8Array.of(1, ...new Uint8Array(31))
    const bytes = encodeCbor([1, everybodysKey, 5, expiresAt, sealed, new Uint8Array(64)])
    expect(await readPointer(crypto, bytes, NOW)).toMatchObject({ ok: false, reason: 'bad-signature' })
  })

  it('[PTR-1] [PTR-6] [HLD-8] any bytes have an outcome, and a changed record is none', async () => {
    const bytes = await seal()
    const changes = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(), fc.nat())
    await fc.assert(
      fc.asyncProperty(changes, async ([damage, position, value]) => {
        const changed = mutate(bytes, damage, position, value)
        fc.pre(!equalBytes(changed, bytes))
        expect(await readPointer(crypto, changed, NOW)).toMatchObject({ ok: false })
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (any) => {
        expect(await readPointer(crypto, any, NOW)).toMatchObject({ ok: false })
      }),
    )
    for (const item of [[], [1], [2], [3, 1], [1, 2, 3, 4, 5, 6], [2, 2, 3, 4, 5], 7, 'text', null]) {
      const start = encodeCbor([item, new Uint8Array(400)])
      const filled = encodeCbor([item, new Uint8Array(400 + 512 - start.length)])
      expect(filled).toHaveLength(512)
      expect(await readPointer(crypto, filled, NOW)).toMatchObject({ ok: false, reason: 'malformed' })
    }
  })

  it('[HLD-6] live for WAITING_LIFETIME_MS at most', async () => {
    const latest = NOW + WAITING_LIFETIME_MS + CLOCK_SKEW_MAX_MS
    expect(await readPointer(crypto, await seal(payload, { expiresAt: latest }), NOW)).toMatchObject({ ok: true })
    expect(await readPointer(crypto, await seal(payload, { expiresAt: latest + 1 }), NOW)).toMatchObject({
      reason: 'bad-lifetime',
    })
    const bytes = await seal()
    expect(await readPointer(crypto, bytes, expiresAt - 1)).toMatchObject({ ok: true })
    expect(await readPointer(crypto, bytes, expiresAt)).toMatchObject({ ok: false, reason: 'expired' })
  })

  it('[PTR-4] say everything that fits, in a record of a common size', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, fc.nat(), async (said, sequence) => {
        const bytes = await seal(said, { sequence })
        expect(POINTER_BUCKETS_BYTES).toContain(bytes.length)
        expect(openPointer(crypto, secret.payloadKey, await readSigned(bytes))).toEqual(said)
      }),
      { numRuns: 40 },
    )
    const largest: PointerPayload = {
      blocks: Array.from({ length: POINTER_BLOCKS_MAX }, (_, index) => ({
        cid: blockCid(Uint8Array.of(index)),
        size: 524_288,
        ...(index < POINTER_LOCATIONS_MAX ? { location: 'l'.repeat(1_024) } : {}),
      })),
      holders: Array.from({ length: POINTER_HOLDERS_MAX }, () => 'h'.repeat(1_024)),
    }
    expect(openPointer(crypto, secret.payloadKey, await readSigned(await seal(largest)))).toEqual(largest)
    const oneMore = largest.blocks.map((block, index) =>
      index <= POINTER_LOCATIONS_MAX ? { ...block, location: 'l' } : block,
    )
    await expect(seal({ ...largest, blocks: oneMore })).rejects.toThrow('of a bounded number where they are')
    expect(await seal(nothing)).toHaveLength(512)
    await expect(seal({ ...largest, holders: ['two words'] })).rejects.toThrow('a pointer names envelopes and places')
  })

  it('[PTR-4] [PTR-6] are opened with their key only, and say what was sealed with them', async () => {
    const record = await readSigned(await seal())
    expect(openPointer(crypto, random(32), record)).toBeUndefined()
    expect(openPointer(crypto, secret.payloadKey, { ...record, sequence: 6 })).toBeUndefined()
    expect(openPointer(crypto, secret.payloadKey, { ...record, expiresAt: expiresAt + 1 })).toBeUndefined()
    expect(openPointer(crypto, secret.payloadKey, { ...record, payload: new Uint8Array(3) })).toBeUndefined()
    const nonce = random(24)
    const aad = concat(record.publicKey, new Uint8Array(7), Uint8Array.of(5), uint64(expiresAt))
    const says = (padded: Uint8Array) => {
      const sealed = concat(nonce, crypto.xchacha20poly1305.seal(secret.payloadKey, nonce, aad, padded))
      return openPointer(crypto, secret.payloadKey, { ...record, payload: sealed })
    }
    const padded = (value: Parameters<typeof encodeCbor>[0]) => {
      const bytes = encodeCbor(value)
      return concat(Uint8Array.of(0, 0, bytes.length >>> 8, bytes.length & 0xff), bytes, new Uint8Array(9))
    }
    const digest = random(32)
    expect(says(padded([[[digest, 512]], ['a']]))).toMatchObject({ holders: ['a'] })
    expect(says(padded([[[digest, 513]], ['a']]))).toBeUndefined()
    expect(says(padded([[[digest.slice(1), 512]], ['a']]))).toBeUndefined()
    expect(says(padded([[[digest, 512, 'l']], ['a']]))).toMatchObject({ blocks: [{ size: 512, location: 'l' }] })
    expect(says(padded([[[digest, 512, 1]], ['a']]))).toBeUndefined()
    expect(says(padded([[[digest, 512, 'l', 'l']], ['a']]))).toBeUndefined()
    const located = (count: number) => Array.from({ length: count }, () => [digest, 512, 'l'])
    expect(says(padded([located(POINTER_LOCATIONS_MAX), []]))).toBeDefined()
    expect(says(padded([located(POINTER_LOCATIONS_MAX + 1), []]))).toBeUndefined()
    expect(says(padded([[], ['a b']]))).toBeUndefined()
    expect(says(padded([[], [''], 1]))).toBeUndefined()
    expect(says(padded([[], Array.from({ length: 9 }, () => 'a')]))).toBeUndefined()
    expect(says(padded(7))).toBeUndefined()
    expect(says(new Uint8Array(3))).toBeUndefined()
  })

  it('[PTR-5] carry the sequence of their writer', async () => {
    expect((await readSigned(await seal(nothing, { sequence: NOW }))).sequence).toBe(NOW)
    expect((await readSigned(await seal(nothing, { sequence: Number.MAX_SAFE_INTEGER }))).sequence).toBe(2 ** 53 - 1)
  })

  it('[PTR-3] two slots, leaves, epochs or invites have nothing in common', () => {
    const epoch = random(32)
    const secrets = [
      chainSecret(epoch, 0, 0),
      chainSecret(epoch, 0, 1),
      chainSecret(epoch, 1, 0),
      chainSecret(random(32), 0, 0),
      invitePointerSecret(random(16)),
    ]
    const texts = secrets.flatMap(({ seed, payloadKey }) => [seed.toString(), payloadKey.toString()])
    expect(new Set(texts).size).toBe(texts.length)
    expect(chainSecret(epoch, 0, 0)).toEqual(secrets[0])
    expect(() => chainSecret(epoch, 0, POINTER_SLOTS)).toThrow('a ring has POINTER_SLOTS slots')
  })
})

const uint64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

describe('worked pointers', () => {
  const key = random(32)

  it('[PTR-2] carry work that is found by searching in slices and checked at once', async () => {
    const hashable = workOf(key, expiresAt, payload)
    if (hashable === undefined) throw new Error('the payload fits')
    let nonce: Uint8Array | undefined
    for (let start = 0; nonce === undefined; start += 100) nonce = searchWork(hashable, 10, start, 100)
    expect(searchWork(hashable, 10, 0, 1_000_000)).toEqual(nonce)
    expect(workBits(hashable, nonce)).toBeGreaterThanOrEqual(10)
    const bytes = sealWorked(key, expiresAt, payload, nonce)
    if (bytes === undefined) throw new Error('the payload fits')
    const read = await readPointer(crypto, bytes, NOW)
    if (!read.ok || read.value.type !== 'worked') throw new Error('not a worked pointer')
    expect(read.value).toMatchObject({ key, expiresAt, sequence: 0, workBits: workBits(hashable, nonce) })
    expect(openWorked(read.value)).toEqual(payload)
    const lazy = sealWorked(key, expiresAt + 1, payload, nonce)
    const other = lazy && (await readPointer(crypto, lazy, NOW))
    expect(other?.ok && other.value.type === 'worked' ? other.value.workBits : 99).toBeLessThan(10)
  })

  it('[PTR-2] no nonce within the tries is no nonce', () => {
    const hashable = workOf(key, expiresAt, nothing)
    expect(hashable && searchWork(hashable, 64, 0xffff_fff0, 100)).toBeUndefined()
    expect(hashable && searchWork(hashable, 0, 0x1_0000_0001, 1)).toEqual(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1))
  })

  it('[PTR-7] have one of the two smallest sizes', async () => {
    const holders = Array.from({ length: 8 }, () => 'h'.repeat(300))
    const nonce = new Uint8Array(8)
    expect(sealWorked(key, expiresAt, payload, nonce)).toHaveLength(512)
    expect(sealWorked(key, expiresAt, { ...payload, holders: holders.slice(0, 5) }, nonce)).toHaveLength(2_048)
    expect(workOf(key, expiresAt, { ...payload, holders })).toBeUndefined()
    expect(sealWorked(key, expiresAt, { ...payload, holders }, nonce)).toBeUndefined()
    const large = encodeCbor([2, key, expiresAt, new Uint8Array(8_192 - 57), nonce])
    expect(large).toHaveLength(8_192)
    expect(await readPointer(crypto, large, NOW)).toMatchObject({ ok: false, reason: 'wrong-size' })
  })

  it('[PTR-4] prefixes are short copies', () => {
    expect(keyPrefix(key)).toEqual(key.slice(0, 8))
  })
})
