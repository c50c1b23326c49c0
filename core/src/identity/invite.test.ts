import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toBase64url, toHex, utf8 } from '../base/bytes.ts'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { CLOCK_SKEW_MAX_MS, DAY_MS, INVITE_LIFETIME_MS, INVITE_LINK_LENGTH_MAX } from '../base/limits.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import {
  encodeInvite,
  type Invite,
  inviteId,
  inviteProof,
  inviteTranscript,
  isInviteProof,
  parseInvite,
} from './invite.ts'
import { createPerson, expectOk, NOW } from './testing/people.ts'

const vectors: {
  readonly now: number
  readonly account: string
  readonly devices: readonly { readonly deviceKey: string; readonly addresses: readonly string[] }[]
  readonly secret: string
  readonly expiresAt: number
  readonly link: string
  readonly inviteId: string
  readonly requester: string
  readonly requesterDevice: string
  readonly transcript: string
  readonly proof: string
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/invite.json', import.meta.url), 'utf8'))

const crypto = await createNobleCrypto()
const random = createSeededRandom(6)
const alice = await createPerson(crypto, random)
const bob = await createPerson(crypto, random)
const addressOf = (head: string, peerId = alice.peerId) => `${head}/p2p/${peerId}`
const invite: Invite = {
  account: alice.account,
  devices: [
    {
      deviceKey: alice.deviceKey,
      addresses: [
        addressOf('/ip4/192.168.1.10/tcp/4001'),
        addressOf('/dns4/push.example/tcp/443/wss/p2p/12D3KooWRelay/p2p-circuit'),
      ],
    },
  ],
  secret: random(16),
  expiresAt: NOW + 7 * DAY_MS,
}
const link = expectOk(encodeInvite(invite)).link
const linkOf = (value: CborValue) => `parley:invite/${toBase64url(encodeCbor(value))}`
const wire = (changes: Readonly<Record<number, CborValue>> = {}): CborValue =>
  [1, alice.secrets.rootKey, [[alice.deviceKey, ['/ip4/127.0.0.1/tcp/1']]], invite.secret, NOW + DAY_MS].map(
    (field, index) => changes[index] ?? field,
  )

describe('invites', () => {
  it('[FST-6] makes and reads the frozen link', () => {
    const frozen: Invite = {
      account: vectors.account,
      devices: vectors.devices.map(({ deviceKey, addresses }) => ({ deviceKey: fromHex(deviceKey), addresses })),
      secret: fromHex(vectors.secret),
      expiresAt: vectors.expiresAt,
    }
    expect(encodeInvite(frozen)).toEqual({ ok: true, value: { link: vectors.link, omittedAddresses: 0 } })
    expect(parseInvite(vectors.link, vectors.now)).toEqual({ ok: true, value: frozen })
    expect(vectors.link.length).toBeLessThan(320)
  })

  it('[FST-6] forgives white space around it', () => {
    expect(parseInvite(` \n\t${link}\r\n`, NOW)).toEqual({ ok: true, value: invite })
  })

  it('[FST-6] round trip for every shape, in one spelling', async () => {
    const device = fc.tuple(
      fc.constantFrom(alice, bob),
      fc.array(fc.stringMatching(/^\/[!-~]{1,40}$/), { maxLength: 4 }),
    )
    const shapes = fc.tuple(
      fc.array(device, { minLength: 1, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.integer({ min: NOW + 1, max: NOW + INVITE_LIFETIME_MS }),
    )
    fc.assert(
      fc.property(shapes, ([devices, secret, expiresAt]) => {
        const made: Invite = {
          account: bob.account,
          devices: devices.map(([{ deviceKey, peerId }, heads]) => ({
            deviceKey,
            addresses: heads.map((head) => addressOf(head, peerId)),
          })),
          secret,
          expiresAt,
        }
        const encoded = expectOk(encodeInvite(made))
        const parsed = expectOk(parseInvite(encoded.link, NOW))
        expect(parsed).toEqual(made)
        expect(expectOk(encodeInvite(parsed)).link).toBe(encoded.link)
      }),
    )
  })

  it('[FST-7] leaves out the last addresses that find no room, and says how many', () => {
    const many = Array.from({ length: 16 }, (_, index) => addressOf(`/ip6/${'f'.repeat(150)}/tcp/${1_000 + index}`))
    const crowded: Invite = { ...invite, devices: [{ deviceKey: alice.deviceKey, addresses: many }] }
    const encoded = expectOk(encodeInvite(crowded))
    expect(encoded.link.length).toBeLessThanOrEqual(INVITE_LINK_LENGTH_MAX)
    const kept = expectOk(parseInvite(encoded.link, NOW)).devices[0]?.addresses ?? []
    expect(kept.length).toBeGreaterThan(5)
    expect(kept).toEqual(many.slice(0, kept.length))
    expect(encoded.omittedAddresses).toBe(many.length - kept.length)
  })

  it('[FST-7] will not make a link that nobody could read', () => {
    const [device] = invite.devices
    if (device === undefined) throw new Error('the invite has a device')
    const wrong: readonly Partial<Invite>[] = [
      { account: 'did:key:z6Mk' },
      { secret: new Uint8Array(15) },
      { devices: [] },
      { devices: Array.from({ length: 9 }, () => device) },
      { devices: [{ ...device, addresses: ['/ip4/127.0.0.1/tcp/1'] }] },
      { devices: [{ ...device, addresses: [addressOf('not an address')] }] },
      { devices: [{ ...device, deviceKey: new Uint8Array(32) }] },
      { expiresAt: -1 },
    ]
    for (const changes of wrong) expect(encodeInvite({ ...invite, ...changes })).toMatchObject({ reason: 'malformed' })
  })

  it('[FST-8] tells malformed, too long, expired and newer links apart', () => {
    expect(parseInvite(linkOf(wire()), NOW)).toMatchObject({ ok: true })
    expect(parseInvite(link, invite.expiresAt - 1)).toMatchObject({ ok: true })
    expect(parseInvite(link, invite.expiresAt)).toMatchObject({ reason: 'expired' })
    expect(parseInvite(linkOf(wire({ 0: 2 })), NOW)).toMatchObject({ reason: 'unsupported-version' })
    expect(parseInvite(linkOf([2, 'whatever']), NOW)).toMatchObject({ reason: 'unsupported-version' })
    expect(parseInvite(link + 'A'.repeat(INVITE_LINK_LENGTH_MAX), NOW)).toMatchObject({ reason: 'too-long' })
    expect(parseInvite(' '.repeat(10_000_000), NOW)).toMatchObject({ reason: 'too-long' })
    const farAhead = NOW + INVITE_LIFETIME_MS + CLOCK_SKEW_MAX_MS
    expect(parseInvite(linkOf(wire({ 4: farAhead })), NOW)).toMatchObject({ ok: true })
    expect(parseInvite(linkOf(wire({ 4: farAhead + 1 })), NOW)).toMatchObject({ reason: 'malformed' })
  })

  it.each<[string, string]>([
    ['nothing', ''],
    ['another scheme', link.replace('parley:', 'https:')],
    ['a link cut off', link.slice(0, -9)],
    ['a link with something behind it', `${link}AAAA`],
    ['padding', `${link}=`],
    ['letters outside of base64url', link.replace(/.$/, '!')],
    ['white space inside', `${link.slice(0, 40)} ${link.slice(40)}`],
    ['a map', linkOf({ v: 1 })],
    ['no version', linkOf(['1'])],
    ['too few fields', linkOf([1, alice.secrets.rootKey])],
    ['a field too many', linkOf([...[wire()].flat(), 1])],
    ['an account of small order', linkOf(wire({ 1: new Uint8Array(32) }))],
    ['no devices', linkOf(wire({ 2: [] }))],
    ['a device without a list', linkOf(wire({ 2: [[alice.deviceKey]] }))],
    ['a device key of another length', linkOf(wire({ 2: [[alice.deviceKey.slice(1), []]] }))],
    ['an address that is none', linkOf(wire({ 2: [[alice.deviceKey, ['localhost']]] }))],
    ['an address that is too long with its tail', linkOf(wire({ 2: [[alice.deviceKey, [`/${'x'.repeat(250)}`]]] }))],
    ['a short secret', linkOf(wire({ 3: new Uint8Array(15) }))],
    ['a time that is none', linkOf(wire({ 4: 'soon' }))],
  ])('[FST-8] refuses %s as malformed', (_what, text) => {
    expect(parseInvite(text, NOW)).toEqual({ ok: false, reason: 'malformed' })
  })

  it('[FST-8] a link has one spelling also where base64url leaves bits to spare', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const port of ['/tcp/1', '/tcp/10', '/tcp/100']) {
      const sample = linkOf(wire({ 2: [[alice.deviceKey, [port]]] }))
      expect(parseInvite(sample, NOW)).toMatchObject({ ok: true })
      for (const letter of letters) {
        const parsed = parseInvite(sample.slice(0, -1) + letter, NOW)
        if (parsed.ok) expect(expectOk(encodeInvite(parsed.value)).link).toBe(sample.slice(0, -1) + letter)
      }
    }
  })

  it('[FST-8] any text has an outcome', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => `parley:invite/${toBase64url(bytes)}`),
      fc
        .tuple(fc.nat(link.length - 1), fc.string({ maxLength: 2 }))
        .map(([at, piece]) => link.slice(0, at) + piece + link.slice(at + 1)),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parseInvite(text, NOW)
        if (parsed.ok) expect(expectOk(encodeInvite(parsed.value)).link).toBe(text.trim())
      }),
      { numRuns: 1_000 },
    )
  })

  it('[FST-9] computes the frozen id and proof', () => {
    const secret = fromHex(vectors.secret)
    const transcript = inviteTranscript({
      inviter: vectors.account,
      requester: vectors.requester,
      requesterDevice: fromHex(vectors.requesterDevice),
    })
    expect(toHex(inviteId(secret))).toBe(vectors.inviteId)
    expect(toHex(transcript)).toBe(vectors.transcript)
    expect(toHex(inviteProof(secret, transcript))).toBe(vectors.proof)
  })

  it('[FST-9] a proof is good for one secret, one inviter, one requester and one device', () => {
    const parties = { inviter: alice.account, requester: bob.account, requesterDevice: bob.deviceKey }
    const proof = inviteProof(invite.secret, inviteTranscript(parties))
    expect(isInviteProof(invite.secret, inviteTranscript(parties), proof)).toBe(true)
    expect(isInviteProof(random(16), inviteTranscript(parties), proof)).toBe(false)
    for (const changes of [
      { inviter: bob.account },
      { requester: alice.account },
      { requesterDevice: alice.deviceKey },
    ]) {
      expect(isInviteProof(invite.secret, inviteTranscript({ ...parties, ...changes }), proof)).toBe(false)
    }
    expect(isInviteProof(invite.secret, inviteTranscript(parties), proof.slice(1))).toBe(false)
    expect(isInviteProof(invite.secret, utf8('x'), new Uint8Array(32))).toBe(false)
    expect(toHex(proof)).not.toContain(toHex(inviteId(invite.secret)))
  })
})
