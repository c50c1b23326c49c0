import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import {
  CLOCK_SKEW_MAX_MS,
  DAY_MS,
  PROFILE_ABOUT_LETTERS_MAX,
  PROFILE_ADDRESSES_MAX,
  PROFILE_BYTES_MAX,
  PROFILE_EXTRA_BYTES_MAX,
  PROFILE_EXTRA_ENTRIES_MAX,
  PROFILE_EXTRA_KEY_LETTERS_MAX,
  PROFILE_LIFETIME_MS,
  PROFILE_NAME_LETTERS_MAX,
} from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { encodeInvite } from '../identity/invite.ts'
import { signRecord } from '../identity/signed-record.ts'
import { createPerson, expectOk, NOW } from '../identity/testing/people.ts'
import { blockCid } from '../mailbox/cid.ts'
import { checkProfile, type ProfileTexts } from './fields.ts'
import {
  compareProfiles,
  createProfileRecord,
  parseProfileRecord,
  type ProfileFacts,
  type ProfileRecord,
  verifyProfileRecord,
} from './record.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(61)
const [alice, mallory] = [await createPerson(crypto, random), await createPerson(crypto, random)]
const inviteOf = ({ account, deviceKey }: typeof alice, expiresAt = NOW + DAY_MS) =>
  expectOk(encodeInvite({ account, devices: [{ deviceKey, addresses: [] }], secret: random(16), expiresAt })).link

const texts = (changes: Partial<ProfileTexts> = {}): ProfileTexts => ({
  name: 'Alice',
  handle: 'alice',
  location: 'Wien',
  about: 'Prints.\nFrames.',
  extra: { shop: 'open' },
  ...changes,
})
const facts = (changes: Partial<ProfileFacts> = {}): ProfileFacts => ({
  ...texts(),
  avatar: blockCid(Uint8Array.of(1)),
  addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${alice.peerId}`],
  invite: undefined,
  isPublic: true,
  sequence: 1,
  previous: undefined,
  changedAt: NOW,
  notAfter: NOW + DAY_MS,
  ...changes,
})
const make = async (changes: Partial<ProfileFacts> = {}, person = alice, now = NOW): Promise<ProfileRecord> =>
  expectOk(await createProfileRecord(crypto, person.secrets.rootSeed, facts(changes), now))
const creates = async (changes: Partial<ProfileFacts>) => {
  const made = await createProfileRecord(crypto, alice.secrets.rootSeed, facts(changes), NOW)
  return made.ok ? 'ok' : made.reason
}

/** The map of a good record, to be signed with something else in it. */
const fields = (changes: Readonly<Record<string, CborValue>> = {}): Readonly<Record<string, CborValue>> => ({
  v: 1,
  account: alice.secrets.rootKey,
  ...texts(),
  avatar: null,
  addresses: [],
  invite: null,
  isPublic: true,
  sequence: 1,
  previous: null,
  changedAt: NOW,
  notAfter: NOW + DAY_MS,
  ...changes,
})
const verify = async (changes: Readonly<Record<string, CborValue>>) => {
  const bytes = await signRecord(crypto, alice.secrets.rootSeed, 'parley/profile/1', fields(changes))
  const verified = await verifyProfileRecord(crypto, bytes, NOW)
  return verified.ok ? verified.value : verified.reason
}

const line = fc.string({ maxLength: 20, unit: 'grapheme' })
const entry = fc.tuple(fc.stringMatching(/^[a-z/]{1,20}$/), fc.string({ maxLength: 50, unit: 'grapheme' }))
const arbitraryFacts = fc
  .record({
    name: line.map((text) => `a${text}`),
    handle: fc.stringMatching(/^[a-z0-9._-]{0,20}$/),
    location: line,
    about: fc.string({ maxLength: 300, unit: 'binary' }).filter((text) => text.isWellFormed()),
    extra: fc.array(entry, { maxLength: 8 }).map((entries) => Object.fromEntries(entries)),
    avatar: fc.option(fc.uint8Array({ maxLength: 9 }).map(blockCid), { nil: undefined }),
    addresses: fc.array(fc.stringMatching(/^\/[!-~]{1,100}$/), { maxLength: PROFILE_ADDRESSES_MAX }),
    isPublic: fc.boolean(),
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    previous: fc.option(fc.uint8Array({ maxLength: 9 }).map(blockCid), { nil: undefined }),
    changedAt: fc.nat({ max: NOW }),
    notAfter: fc.integer({ min: NOW + 1, max: NOW + PROFILE_LIFETIME_MS }),
  })
  .filter((some) => checkProfile(some) === undefined)

describe('profile records', () => {
  it('[PRF-1] [PRF-2] what was signed is what everybody reads, in one spelling', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFacts, fc.boolean(), async (some, isInviting) => {
        const invite = some.isPublic && isInviting ? inviteOf(alice) : undefined
        const made = await make({ ...some, invite })
        expect(await verifyProfileRecord(crypto, made.bytes, NOW)).toEqual({ ok: true, value: made })
        expect(parseProfileRecord(made.bytes)).toEqual({ ok: true, value: made })
        // what is shown may be signed again: it changes nothing
        expect((await make(made)).bytes).toEqual(made.bytes)
      }),
      { numRuns: 40 },
    )
  })

  it('[PRF-1] [PRF-2] any bytes are a record or none, never a throw, and no damage goes unseen', async () => {
    const good = (await make({ invite: inviteOf(alice) })).bytes
    const damaged = fc
      .tuple(fc.constantFrom(...DAMAGES), fc.nat(), fc.nat())
      .map(([damage, position, value]) => mutate(good, damage, position, value))
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
        parseProfileRecord(bytes)
        expect((await verifyProfileRecord(crypto, bytes, NOW)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('[PRF-1] are signed by the account that they speak for, in their own domain', async () => {
    const bytes = await signRecord(crypto, mallory.secrets.rootSeed, 'parley/profile/1', fields())
    expect(await verifyProfileRecord(crypto, bytes, NOW)).toMatchObject({ reason: 'bad-signature' })
    const foreign = await signRecord(crypto, alice.secrets.rootSeed, 'parley/device-bundle/1', fields())
    expect(await verifyProfileRecord(crypto, foreign, NOW)).toMatchObject({ reason: 'bad-signature' })
    expect(await verify({ account: new Uint8Array(32) })).toBe('bad-key')
    expect(await verify({ account: new Uint8Array(31) })).toBe('malformed')
  })

  it('[PRF-2] have exactly their fields, each of its kind', async () => {
    expect(await verify({})).toMatchObject({ name: 'Alice', account: alice.account })
    expect(await verify({ v: 2 })).toBe('unsupported-version')
    expect(await verify({ colour: 'red' })).toBe('malformed')
    for (const key of Object.keys(fields()).filter((name) => name !== 'v' && name !== 'account')) {
      expect([key, await verify({ [key]: -1 })]).toEqual([key, 'malformed'])
      const { [key]: _left, ...others } = fields()
      const bytes = await signRecord(crypto, alice.secrets.rootSeed, 'parley/profile/1', others)
      expect(await verifyProfileRecord(crypto, bytes, NOW)).toMatchObject({ reason: 'malformed' })
    }
    for (const wrong of [
      { avatar: new Uint8Array(36) },
      { previous: blockCid(Uint8Array.of(1)).slice(1) },
      { sequence: 0 },
      { extra: { key: 1 } },
      { extra: [] },
      { isPublic: 1 },
      { addresses: ['no multiaddr'] },
      { addresses: Array.from({ length: PROFILE_ADDRESSES_MAX + 1 }, () => '/ip4/192.0.2.1') },
    ]) {
      expect([wrong, await verify(wrong)]).toEqual([wrong, 'malformed'])
    }
  })

  it('[PRF-2] are counted in letters, and have PROFILE_BYTES_MAX in all', async () => {
    const tree = '🌳'
    expect(await creates({ name: tree.repeat(PROFILE_NAME_LETTERS_MAX) })).toBe('ok')
    expect(await creates({ name: tree.repeat(PROFILE_NAME_LETTERS_MAX + 1) })).toBe('too-long')
    expect(await creates({ handle: 'h'.repeat(41) })).toBe('too-long')
    expect(await creates({ location: 'l'.repeat(41) })).toBe('too-long')
    expect(await creates({ about: tree.repeat(PROFILE_ABOUT_LETTERS_MAX) })).toBe('ok')
    expect(await creates({ about: tree.repeat(PROFILE_ABOUT_LETTERS_MAX + 1) })).toBe('too-long')
    const extra = { a: 'e'.repeat(PROFILE_EXTRA_BYTES_MAX - 1) }
    expect(await creates({ extra })).toBe('ok')
    expect(await creates({ extra: { ...extra, b: '' } })).toBe('too-long')
    expect(await creates({ about: tree.repeat(PROFILE_ABOUT_LETTERS_MAX), extra })).toBe('ok')
    const invite = expectOk(
      encodeInvite({
        account: alice.account,
        devices: Array.from({ length: 8 }, () => ({
          deviceKey: alice.deviceKey,
          addresses: Array.from({ length: 4 }, () => `/dns4/${'a'.repeat(30)}/p2p/${alice.peerId}`),
        })),
        secret: random(16),
        expiresAt: NOW + DAY_MS,
      }),
    ).link
    const addresses = Array.from({ length: PROFILE_ADDRESSES_MAX }, () => `/${'a'.repeat(255)}`)
    expect(await creates({ addresses })).toBe('ok')
    expect(await creates({ about: tree.repeat(PROFILE_ABOUT_LETTERS_MAX), extra, addresses, invite })).toBe('too-large')
    const keys = (count: number, letters: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index).padStart(letters, 'k'), '']))
    expect(await creates({ extra: keys(PROFILE_EXTRA_ENTRIES_MAX, PROFILE_EXTRA_KEY_LETTERS_MAX) })).toBe('ok')
    expect(await creates({ extra: keys(PROFILE_EXTRA_ENTRIES_MAX + 1, 2) })).toBe('too-long')
    expect(await creates({ extra: keys(1, PROFILE_EXTRA_KEY_LETTERS_MAX + 1) })).toBe('too-long')
    expect(await verify({ about: 'x'.repeat(PROFILE_BYTES_MAX) })).toBe('too-large')
    expect(await verify({ name: 'x'.repeat(PROFILE_NAME_LETTERS_MAX + 1) })).toBe('too-long')
  })

  it('[PRF-3] say who they are: a name that can be seen, a handle that is one word', async () => {
    for (const name of ['', ' ', '\u200b', '\u202e', '\u3164']) {
      expect([name, await creates({ name })]).toEqual([name, 'malformed'])
    }
    for (const handle of ['@alice', 'a@b', 'a b', ' a', 'a\u00a0b', 'a\u2800b', 'a\u200b\u2003', '\u200b']) {
      expect([handle, await creates({ handle })]).toEqual([handle, 'malformed'])
    }
    expect(await creates({ handle: '' })).toBe('ok')
    for (const key of ['', '__proto__', ' a', 'a\u200b', 'e\u0301']) {
      expect([key, checkProfile(texts({ extra: Object.fromEntries([[key, 'x']]) }))]).toEqual([key, 'malformed'])
    }
    for (const half of [{ name: 'a\ud800' }, { about: '\udc00' }, { extra: { a: '\ud800' } }]) {
      expect([half, await creates(half)]).toEqual([half, 'malformed'])
    }
    expect(await verify({ handle: '@alice' })).toBe('malformed')
    expect(await verify({ name: '' })).toBe('malformed')
  })

  it('[PRF-3] are shown cleaned, whatever was signed', async () => {
    const record = await verify({
      name: 'Ali\u202ece  \n A',
      handle: 'al\u200bice',
      location: ' Wi\u00aden ',
      about: 'one\r\ntwo\u202e\u0000',
      extra: { a: '\u202ex' },
    })
    expect(record).toMatchObject({
      name: 'Alice A',
      handle: 'alice',
      location: 'Wien',
      about: 'one\ntwo',
      extra: { a: 'x' },
    })
    expect(await make({ name: ' Ali\u202ece ' })).toMatchObject({ name: 'Alice' })
  })

  it('[PRF-3] a key of an object in JavaScript is nothing special', async () => {
    const extra = { constructor: 'x', toString: 'y' }
    expect((await make({ extra })).extra).toEqual(extra)
    const proto = concat(Uint8Array.of(0xa1, 0x69), new TextEncoder().encode('__proto__'), encodeCbor({ a: 'b' }))
    expect(parseProfileRecord(proto)).toMatchObject({ ok: false })
  })

  it('[PRF-4] a record for contacts says so and carries no invite; one of somebody else is in none', async () => {
    const invite = inviteOf(alice)
    expect((await make({ invite })).invite).toBe(invite)
    expect((await make({ isPublic: false })).isPublic).toBe(false)
    expect(await creates({ invite, isPublic: false })).toBe('malformed')
    expect(await creates({ invite: inviteOf(mallory) })).toBe('malformed')
    expect(await creates({ invite: `${invite} ` })).toBe('malformed')
    expect(await creates({ invite: invite.slice(0, -2) })).toBe('malformed')
    expect(await creates({ invite: 'https://example.org/' })).toBe('malformed')
    // it is refused where it is used
    expect(await creates({ invite: inviteOf(alice, NOW - DAY_MS) })).toBe('ok')
  })

  it('[PRF-5] are valid up to PROFILE_LIFETIME_MS, from CLOCK_SKEW_MAX_MS ahead of their reader', async () => {
    const record = await make({ notAfter: NOW + DAY_MS })
    const at = async (now: number) => {
      const verified = await verifyProfileRecord(crypto, record.bytes, now)
      return verified.ok ? 'ok' : verified.reason
    }
    expect(await at(NOW + DAY_MS - 1)).toBe('ok')
    expect(await at(NOW + DAY_MS)).toBe('expired')
    expect(await at(NOW - CLOCK_SKEW_MAX_MS)).toBe('ok')
    expect(await at(NOW - CLOCK_SKEW_MAX_MS - 1)).toBe('not-yet-valid')
    const longest = NOW + PROFILE_LIFETIME_MS + CLOCK_SKEW_MAX_MS
    expect(await creates({ notAfter: longest })).toBe('ok')
    expect(await creates({ notAfter: longest + 1 })).toBe('bad-lifetime')
    expect(await creates({ notAfter: NOW })).toBe('bad-lifetime')
    expect(await creates({ changedAt: NOW + 1, notAfter: NOW + 1 })).toBe('bad-lifetime')
    for (const odd of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect([odd, await creates({ changedAt: odd })]).toEqual([odd, 'malformed'])
      expect([odd, await creates({ notAfter: odd })]).toEqual([odd, 'malformed'])
      expect([odd, await creates({ sequence: odd })]).toEqual([odd, 'malformed'])
    }
    expect(parseProfileRecord(record.bytes).ok).toBe(true)
  })

  it('[PRF-6] name themselves and the record before by CID', async () => {
    const first = await make()
    const second = await make({ sequence: 2, previous: first.cid })
    expect(first.cid).toEqual(blockCid(first.bytes))
    expect(second.previous).toEqual(first.cid)
    expect(parseProfileRecord(second.bytes)).toMatchObject({ value: { previous: first.cid, cid: second.cid } })
  })

  it('[PRF-6] own their bytes', async () => {
    const { bytes } = await make()
    const sent = bytes.slice()
    const record = expectOk(await verifyProfileRecord(crypto, sent, NOW))
    sent.fill(0)
    expect(record.bytes).toEqual(bytes)
  })
})

describe('the order of records', () => {
  it('[PRF-7] the greater sequence is newer, whenever it comes', async () => {
    const [first, second] = [await make({ sequence: 1 }), await make({ sequence: 2 })]
    expect(compareProfiles(undefined, first)).toBe('newer')
    expect(compareProfiles(first, second)).toBe('newer')
    expect(compareProfiles(second, first)).toBe('older')
    expect(compareProfiles(first, await make({ sequence: 1 }))).toBe('same')
    expect(compareProfiles(first, await make({ sequence: 9 }, mallory))).toBe('other-account')
  })

  it('[PRF-7] is total: all who have seen the same records agree on the newest', async () => {
    const records: ProfileRecord[] = []
    for (const sequence of [1, 2, 3]) {
      for (const name of ['A', 'B', 'C']) records.push(await make({ sequence, name }))
    }
    const sign = { newer: 1, same: 0, older: -1, 'other-account': Number.NaN }
    const compare = (a: ProfileRecord, b: ProfileRecord) => sign[compareProfiles(b, a)]
    for (const a of records) {
      for (const b of records) {
        expect(compare(a, b) + compare(b, a)).toBe(0)
        expect(compare(a, b) === 0).toBe(a === b)
        for (const c of records) if (compare(a, b) > 0 && compare(b, c) > 0) expect(compare(a, c)).toBe(1)
      }
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: 1 }), (seen) => {
        const newest = (order: readonly ProfileRecord[]) =>
          order.reduce((held, record) => (compareProfiles(held, record) === 'newer' ? record : held))
        expect(newest(seen)).toBe(newest(seen.toReversed()))
        expect(newest(seen).sequence).toBe(Math.max(...seen.map(({ sequence }) => sequence)))
      }),
    )
  })
})
