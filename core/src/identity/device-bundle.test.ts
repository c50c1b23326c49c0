import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import {
  ADDRESSES_PER_DEVICE_MAX,
  BUNDLE_BYTES_MAX,
  BUNDLE_LIFETIME_MS,
  CLOCK_SKEW_MAX_MS,
  DAY_MS,
  KEY_PACKAGE_BYTES_MAX,
} from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import {
  compareBundles,
  createDeviceBundle,
  type DeviceBundle,
  type DeviceBundleFacts,
  inboxKeyId,
  newestBundle,
  verifyDeviceBundle,
} from './device-bundle.ts'
import { revokeDevice } from './identity-log.ts'
import { parseSignedRecord, signRecord } from './signed-record.ts'
import { addTestDevice, createPerson, expectOk, NOW, type TestPerson } from './testing/people.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(5)
const alice = await createPerson(crypto, random)
const mallory = await createPerson(crypto, random)
const inboxPublicKey = random(1_216)

const factsOf = (
  person: Pick<TestPerson, 'certificate' | 'log'>,
  changes: Partial<DeviceBundleFacts> = {},
): DeviceBundleFacts => ({
  certificate: person.certificate,
  log: person.log,
  claimedName: 'Alice',
  inboxPublicKey,
  keyPackages: [random(2_940)],
  addresses: ['/ip4/192.168.1.10/tcp/4001'],
  sequence: 3,
  notAfter: NOW + BUNDLE_LIFETIME_MS,
  ...changes,
})
const create = (changes: Partial<DeviceBundleFacts> = {}) =>
  createDeviceBundle(crypto, alice.deviceSeed, factsOf(alice, changes), NOW)
const bundle = expectOk(await create())
const KEYS = [
  'v',
  'certificate',
  'log',
  'name',
  'inboxKey',
  'keyPackages',
  'addresses',
  'sequence',
  'previous',
  'notAfter',
]

/** The same bundle with other fields, signed by the right device. */
async function resigned(changes: Readonly<Record<string, CborValue>>): Promise<Uint8Array> {
  const { fields } = expectOk(parseSignedRecord(bundle.bytes, BUNDLE_BYTES_MAX, KEYS))
  return signRecord(crypto, alice.deviceSeed, 'parley/device-bundle/1', { ...fields, ...changes })
}
const verify = (bytes: Uint8Array, now = NOW) => verifyDeviceBundle(crypto, bytes, now)

describe('device bundles', () => {
  it('[FST-1] says who, where and how, and reads back', async () => {
    expect(await verify(bundle.bytes)).toEqual({ ok: true, value: bundle })
    expect(bundle).toMatchObject({ account: alice.account, claimedName: 'Alice', sequence: 3 })
    expect(bundle.deviceKey).toEqual(alice.deviceKey)
    expect(bundle.inboxKeyId).toEqual(inboxKeyId(inboxPublicKey))
    expect('previous' in bundle).toBe(false)
  })

  it('[FST-1] round trip for every shape', async () => {
    const shapes = fc.record({
      claimedName: fc.string({ maxLength: 20 }),
      keyPackages: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }),
      addresses: fc.array(fc.stringMatching(/^\/[!-~]{1,20}$/), { maxLength: 16 }),
      sequence: fc.nat(),
      previous: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    })
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const made = expectOk(await create(shape))
        expect(await verify(made.bytes)).toEqual({ ok: true, value: made })
        expect(made).toMatchObject({ addresses: shape.addresses, sequence: shape.sequence })
        expect(made.keyPackages).toEqual(shape.keyPackages)
      }),
      { numRuns: 15 },
    )
  })

  it('[FST-1] refuses wrong fields, sizes and counts', async () => {
    const wrong: readonly Readonly<Record<string, CborValue>>[] = [
      { extra: 1 },
      { certificate: 'text' },
      { log: 'text' },
      { log: ['text'] },
      { name: 'x'.repeat(513) },
      { inboxKey: random(1_215) },
      { keyPackages: [new Uint8Array(KEY_PACKAGE_BYTES_MAX + 1)] },
      { keyPackages: Array.from({ length: 9 }, () => new Uint8Array(1)) },
      { sequence: -1 },
      { previous: new Uint8Array(31) },
      { notAfter: 'never' },
    ]
    for (const changes of wrong) expect(await verify(await resigned(changes))).toMatchObject({ reason: 'malformed' })
    expect(await verify(await resigned({ v: 2 }))).toMatchObject({ reason: 'unsupported-version' })
    expect(await verify(new Uint8Array(BUNDLE_BYTES_MAX + 1))).toMatchObject({ reason: 'too-large' })
    expect(await create({ keyPackages: Array.from({ length: 8 }, () => random(KEY_PACKAGE_BYTES_MAX)) })).toMatchObject(
      { reason: 'too-large' },
    )
  })

  it('[FST-3] takes multiaddr-like text only, and so many', async () => {
    const address = '/ip4/127.0.0.1/tcp/1'
    const wrong = [
      ['127.0.0.1:80'],
      ['/ip4/1\n'],
      ['/é'],
      [`/${'x'.repeat(256)}`],
      Array.from({ length: ADDRESSES_PER_DEVICE_MAX + 1 }, () => address),
      [1],
    ]
    for (const addresses of wrong)
      expect(await verify(await resigned({ addresses }))).toMatchObject({ reason: 'malformed' })
    expect(await verify(await resigned({ addresses: [] }))).toMatchObject({ ok: true })
  })

  it('[FST-2] refuses any change of any byte', async () => {
    const change = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(bundle.bytes.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(change, async ([damage, position, value]) => {
        expect((await verify(mutate(bundle.bytes, damage, position, value))).ok).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it('[FST-2] refuses another device, a swapped certificate and a swapped history', async () => {
    const { fields } = expectOk(parseSignedRecord(bundle.bytes, BUNDLE_BYTES_MAX, KEYS))
    const byMallory = await signRecord(crypto, mallory.deviceSeed, 'parley/device-bundle/1', fields)
    expect(await verify(byMallory)).toMatchObject({ reason: 'bad-signature' })
    expect(await verify(await resigned({ certificate: mallory.certificate.bytes }))).toMatchObject({
      reason: 'bad-signature',
    })
    expect(await verify(await resigned({ certificate: new Uint8Array(9) }))).toMatchObject({
      reason: 'bad-certificate',
    })
    expect(await verify(await resigned({ log: mallory.log.events }))).toMatchObject({ reason: 'bad-log' })
    expect(await verify(await resigned({ log: [] }))).toMatchObject({ reason: 'bad-log' })
    expect(await verify(await resigned({ log: alice.log.events.slice(0, 1) }))).toMatchObject({ reason: 'not-in-log' })
  })

  it('[FST-2] refuses a device that its own history has revoked, or given another certificate', async () => {
    const revoked = expectOk(
      await revokeDevice(crypto, alice.secrets.rootSeed, alice.log, { deviceKey: alice.deviceKey, at: NOW }),
    )
    expect(await create({ log: revoked })).toMatchObject({ reason: 'not-in-log' })
    const renewed = await addTestDevice(crypto, alice.secrets.rootSeed, alice.log, alice.deviceSeed)
    expect(await create({ log: renewed.log })).toMatchObject({ reason: 'not-in-log' })
    expect(await create({ log: renewed.log, certificate: renewed.certificate })).toMatchObject({ ok: true })
  })

  it('[FST-4] lives at most 35 days', async () => {
    const edge = NOW + BUNDLE_LIFETIME_MS + CLOCK_SKEW_MAX_MS
    expect(await create({ notAfter: edge })).toMatchObject({ ok: true })
    expect(await create({ notAfter: edge + 1 })).toMatchObject({ reason: 'bad-lifetime' })
    expect(await create({ notAfter: NOW })).toMatchObject({ reason: 'expired' })
    expect(await verify(bundle.bytes, bundle.notAfter - 1)).toMatchObject({ ok: true })
    expect(await verify(bundle.bytes, bundle.notAfter)).toMatchObject({ reason: 'expired' })
    expect(await verify(bundle.bytes, NOW + 301 * DAY_MS)).toMatchObject({ reason: 'bad-certificate' })
  })

  it('[ENC-6] a claimed name arrives clean', async () => {
    expect(expectOk(await create({ claimedName: '  Al\u202Eice\n' })).claimedName).toBe('Alice')
  })

  it('[FST-1] any bytes have an outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await verify(bytes)).ok).toBe(false)
        expect((await verify(encodeCbor({ v: 1, bytes }))).ok).toBe(false)
      }),
    )
  })

  it('[FST-5] the newest wins, and two for one place are noticed', async () => {
    const next = expectOk(await create({ sequence: 4, previous: bundle.hash }))
    const later = expectOk(await create({ sequence: 9, previous: random(32) }))
    const twin = expectOk(await create({ claimedName: 'Alice II' }))
    const detached = expectOk(await create({ sequence: 4, previous: random(32) }))
    const rootless = expectOk(await create({ sequence: 4 }))
    const other = expectOk(await createDeviceBundle(crypto, mallory.deviceSeed, factsOf(mallory), NOW))
    expect(compareBundles(undefined, bundle)).toBe('newer')
    expect(compareBundles(bundle, bundle)).toBe('same')
    expect(compareBundles(bundle, next)).toBe('newer')
    expect(compareBundles(bundle, later)).toBe('newer')
    expect(compareBundles(later, bundle)).toBe('older')
    expect(compareBundles(bundle, twin)).toBe('equivocated')
    expect(compareBundles(bundle, detached)).toBe('equivocated')
    expect(compareBundles(bundle, rootless)).toBe('equivocated')
    expect(compareBundles(bundle, other)).toBe('other-device')
    const arrivals: readonly DeviceBundle[] = [next, bundle, later, twin, bundle]
    for (const order of [arrivals, arrivals.toReversed()]) {
      expect(order.reduce<DeviceBundle | undefined>(newestBundle, undefined)).toBe(later)
    }
  })
})
