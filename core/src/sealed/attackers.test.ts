/** Envelopes that a recipient must refuse, each for its own reason. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, utf8 } from '../base/bytes.ts'
import { CLOCK_SKEW_MAX_MS, DAY_MS, SEALED_LIFETIME_MS } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { createPerson, expectOk, NOW } from '../identity/testing/people.ts'
import { openSealed, type SealedMessage, sealTo } from './envelope.ts'
import { encodeInner, encodeSealedTranscript, parseInner, type SealedInner } from './inner.ts'
import { createRecipient, forge, innerOf, padInner, type Recipient, senderOf } from './testing/recipients.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(10)
const ports = { crypto, random }
const alice = await createPerson(crypto, random)
const bob = await createRecipient(crypto, random)
const carol = await createRecipient(crypto, random)

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

const innerTo = (to: Recipient, changes: Partial<SealedInner> = {}): SealedInner => ({
  to: { rootKey: to.person.secrets.rootKey, deviceKey: to.person.deviceKey, inboxKeyId: to.inboxKey.id },
  type: 'contact.request',
  certificate: alice.certificate.bytes,
  body: utf8('May I?'),
  sentAt: NOW,
  expiresAt: NOW + DAY_MS,
  ...changes,
})
/** An envelope to Bob, signed by Alice over exactly what it says. */
const signedForge = (changes: Partial<SealedInner>, seed = alice.deviceSeed) =>
  forge(ports, bob.bundle, async (enc) => {
    const inner = innerTo(bob, changes)
    const transcript = encodeSealedTranscript(inner, { enc, inboxPublicKey: bob.inboxKey.publicKey })
    return padInner(encodeInner(inner, await crypto.ed25519Sign(seed, transcript)))
  })

describe('envelopes that are refused', () => {
  it('[FST-11] for somebody else', async () => {
    expect(await open(await seal(), NOW, carol.owner)).toEqual({ ok: false, reason: 'not-for-us' })
  })

  it('[FST-12] for another device that holds the same inbox key', async () => {
    const bytes = await seal()
    const device = { ...bob.owner, deviceKey: carol.person.deviceKey }
    const account = { ...bob.owner, account: carol.person.account }
    expect(await open(bytes, NOW, device)).toEqual({ ok: false, reason: 'wrong-recipient' })
    expect(await open(bytes, NOW, account)).toEqual({ ok: false, reason: 'wrong-recipient' })
  })

  it('[FST-12] addressed to another inbox key of the same device', async () => {
    const { to } = innerTo(bob)
    const bytes = await signedForge({ to: { ...to, inboxKeyId: carol.inboxKey.id } })
    expect(await open(bytes)).toEqual({ ok: false, reason: 'wrong-recipient' })
  })

  it('[FST-12] forwarded: the recipient seals the signed message again for somebody else', async () => {
    const inner = await innerOf(crypto, await seal(), bob.inboxKey)
    const forwarded = await forge(ports, carol.bundle, () => padInner(inner))
    expect(await open(forwarded, NOW, carol.owner)).toEqual({ ok: false, reason: 'wrong-recipient' })
  })

  it('[FST-12] forwarded and re-addressed: the signature names the first recipient', async () => {
    const inner = expectOk(parseInner(await innerOf(crypto, await seal(), bob.inboxKey)))
    const forwarded = await forge(ports, carol.bundle, () =>
      padInner(encodeInner({ ...inner, to: innerTo(carol).to }, inner.signature)),
    )
    expect(await open(forwarded, NOW, carol.owner)).toEqual({ ok: false, reason: 'bad-signature' })
  })

  it('[FST-12] sealed again for the same recipient: the signature names the first encapsulation', async () => {
    const inner = await innerOf(crypto, await seal(), bob.inboxKey)
    const again = await forge(ports, bob.bundle, () => padInner(inner))
    expect(await open(again)).toEqual({ ok: false, reason: 'bad-signature' })
  })

  it('[FST-12] changed by somebody who knows the content', async () => {
    const inner = expectOk(parseInner(await innerOf(crypto, await seal(), bob.inboxKey)))
    for (const changes of [
      { body: utf8('No!') },
      { type: 'contact.welcome' },
      { sentAt: NOW - 1 },
      { expiresAt: NOW + 2 * DAY_MS },
    ]) {
      const changed = await forge(ports, bob.bundle, () =>
        padInner(encodeInner({ ...inner, ...changes }, inner.signature)),
      )
      expect(await open(changed)).toEqual({ ok: false, reason: 'bad-signature' })
    }
  })

  it('[FST-12] signed by another device than the certificate names', async () => {
    expect(await open(await signedForge({}))).toMatchObject({ ok: true })
    expect(await open(await signedForge({}, carol.person.deviceSeed))).toEqual({ ok: false, reason: 'bad-signature' })
    const stolen = await signedForge({ certificate: carol.person.certificate.bytes })
    expect(await open(stolen)).toEqual({ ok: false, reason: 'bad-signature' })
  })

  it('[FST-12] with a certificate that proves nothing', async () => {
    for (const certificate of [
      utf8('certificate'),
      alice.certificate.bytes.map((byte, index) => byte ^ (index === 260 ? 1 : 0)),
    ]) {
      expect(await open(await signedForge({ certificate }))).toEqual({ ok: false, reason: 'bad-certificate' })
    }
  })

  it('[FST-12] with a certificate that was not valid when it was sealed; how long it waited since is nothing against it', async () => {
    const { notBefore, notAfter } = alice.certificate
    const at = (sentAt: number) => signedForge({ sentAt, expiresAt: sentAt + 20 * DAY_MS })
    expect(await open(await at(notAfter), notAfter + DAY_MS)).toEqual({ ok: false, reason: 'bad-certificate' })
    const early = notBefore - CLOCK_SKEW_MAX_MS
    expect(await open(await at(early - 1), notBefore)).toEqual({ ok: false, reason: 'bad-certificate' })
    expect(await open(await at(early), notBefore)).toMatchObject({ ok: true })
    expect(await open(await at(notAfter - 1), notAfter + 19 * DAY_MS)).toMatchObject({ ok: true })
  })

  it('[FST-13] expired, from the future, or made to live too long', async () => {
    const bytes = await seal()
    expect(await open(bytes, NOW + DAY_MS - 1)).toMatchObject({ ok: true })
    expect(await open(bytes, NOW + DAY_MS)).toEqual({ ok: false, reason: 'expired' })
    expect(await open(bytes, NOW - CLOCK_SKEW_MAX_MS)).toMatchObject({ ok: true })
    expect(await open(bytes, NOW - CLOCK_SKEW_MAX_MS - 1)).toEqual({ ok: false, reason: 'from-future' })
    for (const expiresAt of [NOW, NOW - 1, NOW + SEALED_LIFETIME_MS + 1]) {
      expect(await open(await signedForge({ expiresAt }))).toEqual({ ok: false, reason: 'bad-lifetime' })
    }
    expect(await open(await signedForge({ expiresAt: NOW + SEALED_LIFETIME_MS }))).toMatchObject({ ok: true })
  })

  it('[FST-11] tampered with, anywhere', async () => {
    const bytes = await seal()
    const flipped = (index: number) => bytes.map((byte, at) => (at === index ? byte ^ 1 : byte))
    expect(await open(flipped(0))).toEqual({ ok: false, reason: 'wrong-version' })
    expect(await open(flipped(500))).toEqual({ ok: false, reason: 'not-for-us' })
    expect(await open(flipped(1_130))).toEqual({ ok: false, reason: 'not-for-us' })
    expect(await open(flipped(1_500))).toEqual({ ok: false, reason: 'tampered' })
    const change = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(bytes.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(change, async ([damage, position, value]) => {
        expect((await open(mutate(bytes, damage, position, value))).ok).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('[FST-11] spliced from two envelopes', async () => {
    const [one, other] = [await seal(), await seal()]
    expect(await open(concat(one.slice(0, 1_169), other.slice(1_169)))).toEqual({ ok: false, reason: 'tampered' })
    expect(await open(concat(one.slice(0, 1_121), other.slice(1_121)))).toEqual({ ok: false, reason: 'not-for-us' })
  })

  it('[FST-11] truncated, padded, oversized or empty', async () => {
    const bytes = await seal({ body: random(3_000) })
    expect(await open(bytes.slice(0, -1))).toEqual({ ok: false, reason: 'wrong-size' })
    expect(await open(bytes.slice(0, 2_048))).toEqual({ ok: false, reason: 'tampered' })
    expect(await open(concat(bytes, new Uint8Array(1)))).toEqual({ ok: false, reason: 'wrong-size' })
    expect(await open(new Uint8Array(512).fill(2))).toEqual({ ok: false, reason: 'wrong-size' })
    expect(await open(new Uint8Array(0))).toEqual({ ok: false, reason: 'wrong-size' })
    expect(await open(new Uint8Array(524_289).fill(2))).toEqual({ ok: false, reason: 'too-large' })
    expect(await open(new Uint8Array(2_048).fill(1))).toEqual({ ok: false, reason: 'wrong-version' })
  })

  it('[FST-11] with something else inside', async () => {
    const wrongPadding = concat(padInner(new Uint8Array()).slice(0, -1), Uint8Array.of(1))
    const impossibleLength = padInner(new Uint8Array()).fill(255, 0, 4)
    for (const plaintext of [padInner(utf8('hello')), wrongPadding, impossibleLength]) {
      expect(await open(await forge(ports, bob.bundle, () => plaintext))).toEqual({ ok: false, reason: 'malformed' })
    }
    const newer = await forge(ports, bob.bundle, () => padInner(Uint8Array.of(0xa1, 0x61, 0x76, 0x02)))
    expect(await open(newer)).toEqual({ ok: false, reason: 'unsupported-version' })
  })

  it('[FST-14] a replay is recognised by the hash of its encapsulation', async () => {
    const bytes = await seal()
    const [first, second, other] = [await open(bytes), await open(bytes), await open(await seal())].map(expectOk)
    expect(first?.encHash).toEqual(second?.encHash)
    expect(first?.encHash).not.toEqual(other?.encHash)
  })

  it('[FST-11] any bytes have an outcome', async () => {
    const size = fc.constantFrom(512, 2_048, 8_192)
    const some = fc.tuple(size, fc.nat(255), fc.nat()).map(([length, first, seed]) => {
      const bytes = createSeededRandom(seed)(length)
      bytes[0] = first < 128 ? 2 : first
      return bytes
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(some, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
        expect((await open(bytes)).ok).toBe(false)
        expect(parseInner(bytes).ok).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})
