import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, ENVELOPE_BUCKETS_BYTES, INBOX_BUCKET_BITS, WAKE_TOPICS } from '../base/limits.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { peerIdOfKey } from '../identity/peer-id.ts'
import { blockCid } from './cid.ts'
import { dayOf, inboxBucketKey } from './inbox.ts'
import { openInviteBundle, sealInviteBundle } from './invite-bundle.ts'
import { challengeDigest, receiptTranscript, verifyReceipt } from './receipt.ts'
import { decodeHint, encodeHint, HINT_KEYS_MAX, isHint, topicOfKey, wakeTopic } from './wake.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(53)

describe('buckets of inboxes', () => {
  it('[PTR-7] are shared by strangers and change every day', () => {
    const keys = new Set(Array.from({ length: 5_000 }, () => inboxBucketKey(random(16), 20_000).toString()))
    expect(keys.size).toBeLessThanOrEqual(2 ** INBOX_BUCKET_BITS)
    expect(keys.size).toBeGreaterThan(2 ** INBOX_BUCKET_BITS * 0.95)
    const own = random(16)
    expect(inboxBucketKey(own, 20_000)).toEqual(inboxBucketKey(own, 20_000))
    expect(inboxBucketKey(own, 20_001)).not.toEqual(inboxBucketKey(own, 20_000))
    expect([dayOf(20_000 * DAY_MS - 1), dayOf(20_000 * DAY_MS)]).toEqual([19_999, 20_000])
  })
})

describe('wake-ups', () => {
  it('[MBX-6] have one of WAKE_TOPICS topics, another one every day', () => {
    const epoch = random(32)
    const topics = Array.from({ length: 2_000 }, (_, day) => wakeTopic(epoch, day))
    expect(topics.every((topic) => topic >= 0 && topic < WAKE_TOPICS)).toBe(true)
    expect(new Set(topics).size).toBeGreaterThan(200)
    expect(wakeTopic(epoch, 7)).toBe(topics[7])
    expect(topicOfKey(Uint8Array.of(9, 1))).toBe(9)
  })

  it('[MBX-5] name keys by their prefixes; anything else is no hint', () => {
    const keys = Array.from({ length: HINT_KEYS_MAX }, () => random(32))
    expect(decodeHint(encodeHint(keys))).toEqual(keys.map((key) => key.slice(0, 8)))
    expect(() => encodeHint([...keys, random(32)])).toThrow('bounded')
    expect(() => encodeHint([])).toThrow('bounded')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const isWhole = bytes.length > 0 && bytes.length <= 512 && bytes.length % 8 === 0
        expect(isHint(bytes)).toBe(isWhole)
        expect(decodeHint(bytes)?.length).toBe(isWhole ? bytes.length / 8 : undefined)
      }),
    )
  })
})

describe('receipts', () => {
  it('[HLD-4] bind the holder to these blocks of this owner until then', async () => {
    const seed = random(32)
    const holder = peerIdOfKey(await crypto.ed25519PublicKey(seed))
    const owner = peerIdOfKey(await crypto.ed25519PublicKey(random(32)))
    const cids = [blockCid(random(9)), blockCid(random(9))]
    const signature = await crypto.ed25519Sign(seed, receiptTranscript(owner, cids, 7))
    expect(await verifyReceipt(crypto, holder, owner, cids, 7, signature)).toBe(true)
    expect(await verifyReceipt(crypto, holder, holder, cids, 7, signature)).toBe(false)
    expect(await verifyReceipt(crypto, owner, owner, cids, 7, signature)).toBe(false)
    expect(await verifyReceipt(crypto, holder, owner, cids.toReversed(), 7, signature)).toBe(false)
    expect(await verifyReceipt(crypto, holder, owner, cids, 8, signature)).toBe(false)
    expect(await verifyReceipt(crypto, 'nobody', owner, cids, 7, signature)).toBe(false)
    expect(await verifyReceipt(crypto, holder, owner, cids, 7, new Uint8Array(3))).toBe(false)
  })

  it('[HLD-5] a challenge takes the whole block and a fresh nonce', () => {
    const block = random(512)
    expect(challengeDigest(random(32), block)).not.toEqual(challengeDigest(random(32), block))
    const nonce = random(32)
    expect(challengeDigest(nonce, block)).not.toEqual(challengeDigest(nonce, block.slice(0, -1)))
  })
})

describe('bundles that wait for the invited', () => {
  it('[PTR-8] are opened by whoever has the invite, and are blocks like all others', () => {
    const secret = random(16)
    const lengths = fc.nat(65_536)
    fc.assert(
      fc.property(lengths, (length) => {
        const bundle = new Uint8Array(length).fill(7)
        const block = sealInviteBundle(crypto, secret, random(24), bundle)
        if (block === undefined) throw new Error('the bundle fits')
        expect(ENVELOPE_BUCKETS_BYTES).toContain(block.length)
        expect(openInviteBundle(crypto, secret, block)).toEqual(bundle)
        expect(openInviteBundle(crypto, random(16), block)).toBeUndefined()
        expect(openInviteBundle(crypto, secret, block.slice(1))).toBeUndefined()
      }),
      { numRuns: 20 },
    )
    expect(sealInviteBundle(crypto, secret, random(24), new Uint8Array(65_537))).toBeUndefined()
    expect(openInviteBundle(crypto, secret, new Uint8Array(512))).toBeUndefined()
    expect(openInviteBundle(crypto, secret, new Uint8Array(0))).toBeUndefined()
  })
})
