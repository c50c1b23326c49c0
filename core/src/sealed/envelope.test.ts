import { readFileSync } from 'node:fs'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { DAY_MS, ENVELOPE_BUCKETS_BYTES, INBOX_KEYS_MAX, SEALED_LIFETIME_MS } from '../base/limits.ts'
import { AssertionError } from '../base/assert.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { createPerson, expectOk, NOW } from '../identity/testing/people.ts'
import { openSealed, type SealedMessage, type SealedRecipient, sealTo } from './envelope.ts'
import { createInboxKey } from './inbox-key.ts'
import { createRecipient, senderOf } from './testing/recipients.ts'

const vector: {
  readonly now: number
  readonly recipient: {
    readonly account: string
    readonly deviceKey: string
    readonly inboxSeed: string
    readonly inboxKeyId: string
    readonly inboxPublicKey: string
  }
  readonly sender: { readonly account: string; readonly deviceKey: string }
  readonly type: string
  readonly body: string
  readonly sentAt: number
  readonly expiresAt: number
  readonly envelope: string
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/sealed-envelope.json', import.meta.url), 'utf8'))

const crypto = await createNobleCrypto()
const random = createSeededRandom(9)
const ports = { crypto, random }
const alice = await createPerson(crypto, random)
const bob = await createRecipient(crypto, random)

const message = (changes: Partial<SealedMessage> = {}): SealedMessage => ({
  type: 'contact.request',
  body: utf8('May I?'),
  now: NOW,
  expiresAt: NOW + DAY_MS,
  ...changes,
})
const seal = async (changes: Partial<SealedMessage> = {}, to = bob.bundle) =>
  expectOk(await sealTo(ports, to, senderOf(alice), message(changes)))
const open = (bytes: Uint8Array, now = NOW, owner = bob.owner) => openSealed(ports, owner, bytes, now)
const native = await createNodeCrypto()

describe('sealed envelopes', () => {
  it('[FST-10] inbox keys come from their seed and are named by their public key', async () => {
    const seed = random(32)
    const key = await createInboxKey(crypto, seed)
    expect(await createInboxKey(crypto, seed)).toEqual(key)
    expect([key.id.length, key.publicKey.length, key.privateKey.length]).toEqual([16, 1_216, 32])
  })

  it('[FST-11] opens for its recipient and proves its sender', async () => {
    const opened = expectOk(await open(await seal()))
    expect(opened).toMatchObject({ type: 'contact.request', sentAt: NOW, expiresAt: NOW + DAY_MS })
    expect(opened.body).toEqual(utf8('May I?'))
    expect(opened.sender).toEqual({ account: alice.account, certificate: alice.certificate })
    expect(opened.encHash).toHaveLength(32)
  })

  it('[FST-11] opens the frozen envelope', async () => {
    const inboxKey = await createInboxKey(crypto, fromHex(vector.recipient.inboxSeed))
    expect([toHex(inboxKey.id), toHex(inboxKey.publicKey)]).toEqual([
      vector.recipient.inboxKeyId,
      vector.recipient.inboxPublicKey,
    ])
    const owner = {
      account: vector.recipient.account,
      deviceKey: fromHex(vector.recipient.deviceKey),
      inboxKeys: [inboxKey],
    }
    const opened = expectOk(await open(fromHex(vector.envelope), vector.now, owner))
    expect(opened).toMatchObject({ type: vector.type, sentAt: vector.sentAt, expiresAt: vector.expiresAt })
    expect(toHex(opened.body)).toBe(vector.body)
    expect(opened.sender.account).toBe(vector.sender.account)
    expect(toHex(opened.sender.certificate.deviceKey)).toBe(vector.sender.deviceKey)
  })

  it('[FST-11] has one of the bucket sizes, and tells nothing else', async () => {
    for (const size of [0, 100, 1_000, 6_000, 100_000, 500_000]) {
      const bytes = await seal({ body: random(size) })
      expect(ENVELOPE_BUCKETS_BYTES).toContain(bytes.length)
      expect(bytes[0]).toBe(2)
      expect(expectOk(await open(bytes)).body).toHaveLength(size)
    }
    const [one, other] = [await seal(), await seal()]
    expect(one.length).toBe(other.length)
    expect(toHex(one.slice(1, 40))).not.toBe(toHex(other.slice(1, 40)))
    expect(toHex(one)).not.toContain(toHex(alice.deviceKey))
    expect(toHex(one)).not.toContain(toHex(bob.person.deviceKey))
  })

  it('[FST-11] round trip for every message', async () => {
    const shapes = fc.record({ type: fc.string({ maxLength: 64 }), body: fc.uint8Array({ maxLength: 500 }) })
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        expect(expectOk(await open(await seal(shape)))).toMatchObject(shape)
      }),
      { numRuns: 15 },
    )
  })

  it('[FST-11] finds its key among the retained ones, newest first, and tries no more than so many', async () => {
    const others = await Promise.all(Array.from({ length: INBOX_KEYS_MAX }, () => createInboxKey(crypto, random(32))))
    const bytes = await seal()
    const last = { ...bob.owner, inboxKeys: [...others.slice(1), bob.inboxKey] }
    expect(await open(bytes, NOW, last)).toMatchObject({ ok: true })
    const beyond = { ...bob.owner, inboxKeys: [...others, bob.inboxKey] }
    expect(await open(bytes, NOW, beyond)).toMatchObject({ reason: 'not-for-us' })
    expect(await open(bytes, NOW, { ...bob.owner, inboxKeys: [] })).toMatchObject({ reason: 'not-for-us' })
  })

  it('[FST-13] will not seal what its recipient would refuse', async () => {
    for (const changes of [{ expiresAt: NOW }, { expiresAt: NOW + SEALED_LIFETIME_MS + 1 }, { type: 'x'.repeat(65) }]) {
      await expect(seal(changes)).rejects.toThrow(AssertionError)
    }
  })

  it('[FST-11] will not seal what no envelope holds, or for keys that are none', async () => {
    const sealFor = (to: SealedRecipient, body = new Uint8Array()) =>
      sealTo(ports, to, senderOf(alice), message({ body }))
    expect(await sealFor(bob.bundle, new Uint8Array(524_288))).toMatchObject({ reason: 'too-large' })
    expect(await sealFor({ ...bob.bundle, account: 'did:key:z6Mk' })).toMatchObject({ reason: 'bad-recipient' })
    for (const inboxPublicKey of [new Uint8Array(3), new Uint8Array(1_216), new Uint8Array(1_216).fill(255)]) {
      expect(await sealFor({ ...bob.bundle, inboxPublicKey })).toMatchObject({ reason: 'bad-recipient' })
    }
  })
})

describe('between platforms', () => {
  it('[FST-11] what plain JavaScript seals, Node opens, and the other way round', async () => {
    const opened = await openSealed({ crypto: native }, bob.owner, await seal(), NOW)
    expect(expectOk(opened).sender.account).toBe(alice.account)
    const sealed = expectOk(await sealTo({ crypto: native, random }, bob.bundle, senderOf(alice), message()))
    expect(expectOk(await open(sealed)).body).toEqual(utf8('May I?'))
    const seed = random(32)
    expect(await createInboxKey(native, seed)).toEqual(await createInboxKey(crypto, seed))
  })

  it('[FST-11] Node refuses what plain JavaScript refuses, for the same reasons', async () => {
    const bytes = await seal()
    for (const index of [0, 500, 1_130, 1_500]) {
      const flipped = bytes.map((byte, at) => (at === index ? byte ^ 1 : byte))
      expect(await openSealed({ crypto: native }, bob.owner, flipped, NOW)).toEqual(await open(flipped))
    }
    for (const inboxPublicKey of [new Uint8Array(3), new Uint8Array(1_216), new Uint8Array(1_216).fill(255)]) {
      const refused = await sealTo(
        { crypto: native, random },
        { ...bob.bundle, inboxPublicKey },
        senderOf(alice),
        message(),
      )
      expect(refused).toEqual({ ok: false, reason: 'bad-recipient' })
    }
  })
})
