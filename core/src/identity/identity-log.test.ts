import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, framed, utf8 } from '../base/bytes.ts'
import { encodeCbor } from '../base/cbor.ts'
import { DAY_MS, DEVICES_PER_ACCOUNT_MAX, IDENTITY_LOG_EVENTS_MAX } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { issueDeviceCertificate } from './device-certificate.ts'
import { createAddition, parseLogEvent } from './identity-log-codec.ts'
import {
  activeDevices,
  addDevice,
  applyLogEvent,
  consentToDevice,
  findDevice,
  type IdentityLog,
  logHead,
  logInception,
  mergeIdentityLog,
  readIdentityLog,
  revokeDevice,
  startIdentityLog,
} from './identity-log.ts'
import { signRecord } from './signed-record.ts'
import { addTestDevice, createPerson, expectOk, NOW } from './testing/people.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(3)
const alice = await createPerson(crypto, random)
const mallory = await createPerson(crypto, random)
const { rootSeed } = alice.secrets
const laptop = await addTestDevice(crypto, rootSeed, alice.log, random(32))
/** A second history of the same account: the other device is added to the same log. */
const otherBranch = await addTestDevice(crypto, rootSeed, alice.log, random(32))

const read = (events: readonly Uint8Array[]) => readIdentityLog(crypto, alice.account, events)

/** A root-signed addition with whatever is wrong in it. */
async function additionOf(
  log: IdentityLog,
  changes: { readonly certificate?: Uint8Array; readonly consent?: Uint8Array; readonly previous?: Uint8Array },
): Promise<Uint8Array> {
  const seed = random(32)
  const certificate = await issueDeviceCertificate(crypto, rootSeed, {
    deviceKey: await crypto.ed25519PublicKey(seed),
    capabilities: [],
    notBefore: NOW,
    notAfter: NOW + DAY_MS,
    logHead: logHead(log),
  })
  const bytes = changes.certificate ?? certificate.bytes
  return createAddition(
    crypto,
    rootSeed,
    { sequence: log.events.length, previous: changes.previous ?? logHead(log) },
    { certificate: bytes, consent: changes.consent ?? (await consentToDevice(crypto, seed, bytes)) },
  )
}

describe('the identity log', () => {
  it('[IDN-9] reads back what was published', async () => {
    expect(await read(laptop.log.events)).toEqual({ ok: true, value: laptop.log })
    expect(activeDevices(laptop.log).map((device) => device.deviceKey)).toEqual([alice.deviceKey, laptop.deviceKey])
  })

  it('[IDN-15] the same secrets make the same first event', async () => {
    const again = expectOk(await startIdentityLog(crypto, alice.secrets))
    expect(logInception(again)).toEqual(logInception(alice.log))
    expect(again.events[0]).toEqual(alice.log.events[0])
    expect(logInception(mallory.log)).not.toEqual(logInception(alice.log))
  })

  it('[IDN-9] refuses events of another account, of nobody, and none at all', async () => {
    expect(await read(mallory.log.events)).toMatchObject({ reason: 'wrong-account' })
    expect(await read([])).toMatchObject({ reason: 'empty' })
    expect(await readIdentityLog(crypto, 'did:key:nobody', alice.log.events)).toMatchObject({ reason: 'wrong-account' })
  })

  it('[IDN-9] refuses an event that the root key did not sign', async () => {
    const [inception] = alice.log.events
    const stolen = await signRecord(crypto, alice.deviceSeed, 'parley/identity-log/1', {
      v: 1,
      type: 'revoke-device',
      account: alice.secrets.rootKey,
      sequence: 2,
      previous: logHead(alice.log),
      device: alice.deviceKey,
      at: NOW,
    })
    expect(await applyLogEvent(crypto, alice.log, stolen)).toMatchObject({ reason: 'bad-signature' })
    expect(inception).toBeDefined()
  })

  it('[IDN-9] refuses any change of any byte, and never throws', async () => {
    const last = laptop.log.events.at(-1) ?? new Uint8Array()
    const change = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(last.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(change, async ([damage, position, value]) => {
        expect((await applyLogEvent(crypto, alice.log, mutate(last, damage, position, value))).ok).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it('[IDN-9] any bytes have an outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(parseLogEvent(bytes).ok).toBe(false)
        expect((await applyLogEvent(crypto, alice.log, bytes)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('[IDN-10] an event that is held already changes nothing', async () => {
    for (const event of laptop.log.events) {
      expect(await applyLogEvent(crypto, laptop.log, event)).toEqual({ ok: true, value: laptop.log })
    }
    expect(await mergeIdentityLog(crypto, laptop.log, alice.log.events)).toEqual({ ok: true, value: laptop.log })
  })

  it('[IDN-10] a newer history extends the held one', async () => {
    expect(await mergeIdentityLog(crypto, alice.log, laptop.log.events)).toEqual({ ok: true, value: laptop.log })
  })

  it('[IDN-10] refuses a gap', async () => {
    const [inception, , third] = laptop.log.events
    expect(await read([inception, third].filter((event) => event !== undefined))).toMatchObject({ reason: 'gap' })
  })

  it('[IDN-11] two histories make the log forked, whichever comes first', async () => {
    const one = expectOk(await mergeIdentityLog(crypto, laptop.log, otherBranch.log.events))
    const other = expectOk(await mergeIdentityLog(crypto, otherBranch.log, laptop.log.events))
    expect([one.status, other.status]).toEqual(['forked', 'forked'])
    expect(one.events).toEqual(laptop.log.events)
  })

  it('[IDN-11] a later event of another history proves the fork by itself', async () => {
    const longer = await addTestDevice(crypto, rootSeed, otherBranch.log, random(32))
    const last = longer.log.events.at(-1) ?? new Uint8Array()
    expect(expectOk(await applyLogEvent(crypto, laptop.log, last)).status).toBe('forked')
  })

  it('[IDN-11] a forked log takes nothing new and never heals', async () => {
    const forked = expectOk(await mergeIdentityLog(crypto, laptop.log, otherBranch.log.events))
    const next = await additionOf(laptop.log, {})
    expect(await applyLogEvent(crypto, forked, next)).toMatchObject({ reason: 'forked' })
    expect(expectOk(await mergeIdentityLog(crypto, forked, laptop.log.events)).status).toBe('forked')
    const [inception, device] = alice.log.events
    const third = otherBranch.log.events.at(-1)
    const both = [inception, device, laptop.log.events.at(-1), third].filter((event) => event !== undefined)
    expect(await read(both)).toMatchObject({ reason: 'forked' })
  })

  it('[IDN-11] another signature under a held event is no fork', async () => {
    const parsed = expectOk(parseLogEvent(laptop.log.events.at(-1) ?? new Uint8Array()))
    const resigned = encodeCbor({ ...parsed.record.fields, signature: new Uint8Array(64).fill(7) })
    expect(await applyLogEvent(crypto, laptop.log, resigned)).toEqual({ ok: true, value: laptop.log })
  })

  it('[IDN-11] somebody else cannot fork it', async () => {
    const parsed = expectOk(parseLogEvent(otherBranch.log.events.at(-1) ?? new Uint8Array()))
    const forged = await signRecord(crypto, mallory.secrets.rootSeed, 'parley/identity-log/1', parsed.record.fields)
    expect(await applyLogEvent(crypto, laptop.log, forged)).toMatchObject({ reason: 'bad-signature' })
  })

  it('[IDN-12] holds so many devices and no more; a revoked one makes room', async () => {
    let log = alice.log
    while (activeDevices(log).length < DEVICES_PER_ACCOUNT_MAX)
      log = (await addTestDevice(crypto, rootSeed, log, random(32))).log
    const ninth = await additionOf(log, {})
    expect(await applyLogEvent(crypto, log, ninth)).toMatchObject({ reason: 'too-many-devices' })
    const revoked = expectOk(await revokeDevice(crypto, rootSeed, log, { deviceKey: alice.deviceKey, at: NOW }))
    expect(await applyLogEvent(crypto, revoked, await additionOf(revoked, {}))).toMatchObject({ ok: true })
  })

  it('[IDN-12] ends at its limit, with and without a look at the events', async () => {
    let log = alice.log
    while (log.events.length < IDENTITY_LOG_EVENTS_MAX) {
      log = (await addTestDevice(crypto, rootSeed, log, alice.deviceSeed)).log
    }
    expect(activeDevices(log)).toHaveLength(1)
    expect(await read(log.events)).toMatchObject({ ok: true })
    expect(await applyLogEvent(crypto, log, await additionOf(log, {}))).toMatchObject({ reason: 'too-long' })
    const tooMany = Array.from({ length: IDENTITY_LOG_EVENTS_MAX + 1 }, () => new Uint8Array())
    expect(await read(tooMany)).toMatchObject({ reason: 'too-long' })
    expect(await mergeIdentityLog(crypto, alice.log, tooMany)).toMatchObject({ reason: 'too-long' })
  })

  it('[IDN-13] a certificate must be of this account and of this place in its history', async () => {
    const foreign = await additionOf(alice.log, { certificate: mallory.certificate.bytes })
    expect(await applyLogEvent(crypto, alice.log, foreign)).toMatchObject({ reason: 'bad-certificate' })
    const claimed = await issueDeviceCertificate(crypto, mallory.secrets.rootSeed, {
      ...mallory.certificate,
      logHead: logHead(alice.log),
    })
    const consent = await consentToDevice(crypto, mallory.deviceSeed, claimed.bytes)
    const atThisPlace = await additionOf(alice.log, { certificate: claimed.bytes, consent })
    expect(await applyLogEvent(crypto, alice.log, atThisPlace)).toMatchObject({ reason: 'bad-certificate' })
    const old = await additionOf(alice.log, { certificate: alice.certificate.bytes })
    expect(await applyLogEvent(crypto, alice.log, old)).toMatchObject({ reason: 'bad-certificate' })
    const garbage = await additionOf(alice.log, { certificate: utf8('certificate') })
    expect(await applyLogEvent(crypto, alice.log, garbage)).toMatchObject({ reason: 'bad-certificate' })
  })

  it('[IDN-13] nobody can claim a device that does not agree', async () => {
    const certificate = await issueDeviceCertificate(crypto, rootSeed, {
      ...mallory.certificate,
      logHead: logHead(alice.log),
    })
    const own = await consentToDevice(crypto, alice.deviceSeed, certificate.bytes)
    const event = await additionOf(alice.log, { certificate: certificate.bytes, consent: own })
    expect(await applyLogEvent(crypto, alice.log, event)).toMatchObject({ reason: 'bad-consent' })
    const forAnother = await consentToDevice(crypto, mallory.deviceSeed, mallory.certificate.bytes)
    const reused = await additionOf(alice.log, { certificate: certificate.bytes, consent: forAnother })
    expect(await applyLogEvent(crypto, alice.log, reused)).toMatchObject({ reason: 'bad-consent' })
    const bare = await crypto.ed25519Sign(mallory.deviceSeed, concat(framed(utf8('parley/else/1')), certificate.bytes))
    const unframed = await additionOf(alice.log, { certificate: certificate.bytes, consent: bare })
    expect(await applyLogEvent(crypto, alice.log, unframed)).toMatchObject({ reason: 'bad-consent' })
  })

  it('[IDN-13] a renewal replaces the certificate and keeps the date of the device', async () => {
    const certificate = await issueDeviceCertificate(crypto, rootSeed, {
      ...alice.certificate,
      notBefore: NOW,
      logHead: logHead(alice.log),
    })
    const consent = await consentToDevice(crypto, alice.deviceSeed, certificate.bytes)
    const renewed = expectOk(await addDevice(crypto, rootSeed, alice.log, { certificate: certificate.bytes, consent }))
    const device = findDevice(renewed, alice.deviceKey)
    expect(renewed.devices).toHaveLength(1)
    expect(device?.certificate).toEqual(certificate)
    expect(device?.addedAt).toBe(alice.certificate.notBefore)
  })

  it('[IDN-14] a revoked device is gone for ever', async () => {
    const log = expectOk(await revokeDevice(crypto, rootSeed, laptop.log, { deviceKey: laptop.deviceKey, at: NOW }))
    expect(findDevice(log, laptop.deviceKey)?.revokedAt).toBe(NOW)
    expect(activeDevices(log)).toHaveLength(1)
    const again = await revokeDevice(crypto, rootSeed, log, { deviceKey: laptop.deviceKey, at: NOW })
    expect(again).toMatchObject({ reason: 'revoked-device' })
    const certificate = await issueDeviceCertificate(crypto, rootSeed, { ...laptop.certificate, logHead: logHead(log) })
    const consent = await consentToDevice(crypto, laptop.deviceSeed, certificate.bytes)
    const back = await addDevice(crypto, rootSeed, log, { certificate: certificate.bytes, consent })
    expect(back).toMatchObject({ reason: 'revoked-device' })
    const stranger = await revokeDevice(crypto, rootSeed, log, { deviceKey: mallory.deviceKey, at: NOW })
    expect(stranger).toMatchObject({ reason: 'unknown-device' })
  })

  it('[IDN-10] any prefix order of pieces leads to the same log', async () => {
    const longer = await addTestDevice(crypto, rootSeed, laptop.log, random(32))
    const pieces = fc.array(fc.nat(longer.log.events.length), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(pieces, async (lengths) => {
        let log = alice.log
        for (const length of [...lengths, longer.log.events.length]) {
          log = expectOk(await mergeIdentityLog(crypto, log, longer.log.events.slice(0, length)))
        }
        expect(log).toEqual(longer.log)
      }),
      { numRuns: 10 },
    )
  })
})
