import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { CLOCK_SKEW_MAX_MS, CREDENTIAL_BYTES_MAX, DAY_MS, DEVICE_CERTIFICATE_LIFETIME_MS } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import {
  authenticateDeviceCertificate,
  issueDeviceCertificate,
  parseDeviceCertificate,
  verifyDeviceCertificate,
} from './device-certificate.ts'
import { signRecord } from './signed-record.ts'
import { createPerson, expectOk, NOW } from './testing/people.ts'

const vectors: {
  readonly now: number
  readonly people: readonly {
    readonly account: string
    readonly rootSeed: string
    readonly deviceKey: string
    readonly capabilities: readonly string[]
    readonly notBefore: number
    readonly notAfter: number
    readonly logHead: string
    readonly certificate: string
  }[]
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/device-certificate.json', import.meta.url), 'utf8'))

const crypto = await createNobleCrypto()
const random = createSeededRandom(2)
const alice = await createPerson(crypto, random)
const mallory = await createPerson(crypto, random)
const rootKey = alice.secrets.rootKey

const fields = (changes: Readonly<Record<string, CborValue>> = {}) => ({
  v: 1,
  account: rootKey,
  device: alice.deviceKey,
  capabilities: ['message'],
  notBefore: NOW,
  notAfter: NOW + DAY_MS,
  logHead: new Uint8Array(32),
  ...changes,
})
const signed = (changes: Readonly<Record<string, CborValue>>, domain = 'parley/device-certificate/1') =>
  signRecord(crypto, alice.secrets.rootSeed, domain, fields(changes))

describe('device certificates', () => {
  it.each(vectors.people)('[IDN-6] issues the frozen bytes of $account', async (vector) => {
    const facts = {
      deviceKey: fromHex(vector.deviceKey),
      capabilities: vector.capabilities,
      notBefore: vector.notBefore,
      notAfter: vector.notAfter,
      logHead: fromHex(vector.logHead),
    }
    const issued = await issueDeviceCertificate(crypto, fromHex(vector.rootSeed), facts)
    expect(toHex(issued.bytes)).toBe(vector.certificate)
    expect(issued.account).toBe(vector.account)
    expect(await verifyDeviceCertificate(crypto, issued.bytes, vectors.now)).toEqual({ ok: true, value: issued })
  })

  it('[IDN-6] is small enough to ride in every MLS leaf', () => {
    expect(alice.certificate.bytes.length).toBeLessThan(300)
  })

  it('[IDN-6] round trip: what was issued is what is read', async () => {
    const facts = fc.record({
      deviceKey: fc.constantFrom(alice.deviceKey, mallory.deviceKey),
      capabilities: fc
        .uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 8 })
        .map((list) => list.sort()),
      notBefore: fc.nat({ max: NOW }),
      logHead: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    })
    await fc.assert(
      fc.asyncProperty(facts, fc.integer({ min: 1, max: DEVICE_CERTIFICATE_LIFETIME_MS }), async (some, lifetime) => {
        const issued = await issueDeviceCertificate(crypto, alice.secrets.rootSeed, {
          ...some,
          notAfter: some.notBefore + lifetime,
        })
        expect(parseDeviceCertificate(issued.bytes)).toEqual({ ok: true, value: issued })
        expect(await authenticateDeviceCertificate(crypto, issued.bytes)).toEqual({ ok: true, value: issued })
      }),
      { numRuns: 30 },
    )
  })

  it('[ENC-4] refuses missing, additional and wrong fields, and names versions it does not speak', async () => {
    const { logHead, ...incomplete } = fields()
    const wrong: readonly Readonly<Record<string, CborValue>>[] = [
      { extra: 1 },
      { account: 'did:key:z6Mk' },
      { device: new Uint8Array(0) },
      { capabilities: 'message' },
      { capabilities: ['message', 'admin'] },
      { capabilities: ['message', 'message'] },
      { capabilities: [''] },
      { capabilities: ['x'.repeat(33)] },
      { capabilities: Array.from({ length: 9 }, (_, index) => `c${index}`) },
      { capabilities: [1] },
      { notBefore: -1 },
      { notAfter: '1' },
      { logHead: logHead.slice(1) },
      { v: 'one' },
    ]
    const domain = 'parley/device-certificate/1'
    const missing = await signRecord(crypto, alice.secrets.rootSeed, domain, incomplete)
    expect(parseDeviceCertificate(missing)).toEqual({ ok: false, reason: 'malformed' })
    for (const changes of wrong) {
      expect(parseDeviceCertificate(await signed(changes)), JSON.stringify(changes)).toMatchObject({
        reason: 'malformed',
      })
    }
    expect(parseDeviceCertificate(encodeCbor(fields()))).toMatchObject({ reason: 'malformed' })
    expect(parseDeviceCertificate(await signed({ v: 2 }))).toMatchObject({ reason: 'unsupported-version' })
    expect(parseDeviceCertificate(new Uint8Array(CREDENTIAL_BYTES_MAX + 1))).toMatchObject({ reason: 'too-large' })
  })

  it('[IDN-6] refuses keys that prove nothing, and an account that is its own device', async () => {
    const smallOrder = Uint8Array.of(1, ...new Uint8Array(31))
    expect(parseDeviceCertificate(await signed({ device: smallOrder }))).toMatchObject({ reason: 'bad-key' })
    expect(parseDeviceCertificate(await signed({ account: smallOrder }))).toMatchObject({ reason: 'bad-key' })
    expect(parseDeviceCertificate(await signed({ device: rootKey }))).toMatchObject({ reason: 'bad-key' })
  })

  it('[IDN-6] refuses lifetimes of nothing or more than a year', async () => {
    for (const notAfter of [NOW, NOW - 1, NOW + DEVICE_CERTIFICATE_LIFETIME_MS + 1]) {
      expect(parseDeviceCertificate(await signed({ notAfter }))).toMatchObject({ reason: 'bad-lifetime' })
    }
  })

  it('[IDN-7] refuses any change of any byte', async () => {
    const { bytes } = alice.certificate
    const change = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(bytes.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(change, async ([damage, position, value]) => {
        const result = await verifyDeviceCertificate(crypto, mutate(bytes, damage, position, value), NOW)
        expect(result.ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('[IDN-7] refuses the signature of another account, and a signature made for something else', async () => {
    const forged = await signRecord(crypto, mallory.secrets.rootSeed, 'parley/device-certificate/1', fields())
    expect(await authenticateDeviceCertificate(crypto, forged)).toMatchObject({ reason: 'bad-signature' })
    const misplaced = await signed({}, 'parley/identity-log/1')
    expect(await authenticateDeviceCertificate(crypto, misplaced)).toMatchObject({ reason: 'bad-signature' })
    const bySelf = await signRecord(crypto, alice.deviceSeed, 'parley/device-certificate/1', fields())
    expect(await authenticateDeviceCertificate(crypto, bySelf)).toMatchObject({ reason: 'bad-signature' })
  })

  it('[ENC-5] signed bytes begin with a zero byte and name their domain', async () => {
    const messages: Uint8Array[] = []
    const spy = {
      ...crypto,
      ed25519Sign: (seed: Uint8Array, message: Uint8Array) => (
        messages.push(message),
        crypto.ed25519Sign(seed, message)
      ),
    }
    await issueDeviceCertificate(spy, alice.secrets.rootSeed, alice.certificate)
    expect(messages).toHaveLength(1)
    const [message] = messages
    expect(message?.slice(0, 2)).toEqual(Uint8Array.of(0, 27))
    expect(new TextDecoder().decode(message?.slice(2, 29))).toBe('parley/device-certificate/1')
  })

  it('[IDN-8] is valid from its first to before its last moment, with five minutes of grace at the start', async () => {
    const bytes = await signed({})
    const at = (now: number) => verifyDeviceCertificate(crypto, bytes, now)
    expect(await at(NOW - CLOCK_SKEW_MAX_MS - 1)).toMatchObject({ reason: 'not-yet-valid' })
    expect(await at(NOW - CLOCK_SKEW_MAX_MS)).toMatchObject({ ok: true })
    expect(await at(NOW + DAY_MS - 1)).toMatchObject({ ok: true })
    expect(await at(NOW + DAY_MS)).toMatchObject({ reason: 'expired' })
    expect(await authenticateDeviceCertificate(crypto, bytes)).toMatchObject({ ok: true })
  })

  it('[IDN-6] any bytes have an outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect((await verifyDeviceCertificate(crypto, bytes, NOW)).ok).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('[IDN-6] owns its bytes', () => {
    const source = alice.certificate.bytes.slice()
    const parsed = expectOk(parseDeviceCertificate(source))
    source.fill(0)
    expect(parsed).toEqual(alice.certificate)
  })
})
