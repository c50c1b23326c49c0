import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toBase64url } from '../base/bytes.ts'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { PUSH_LINK_ADDRESSES_MAX, PUSH_LINK_LENGTH_MAX } from '../base/limits.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { encodePushLink, isPushLink, parsePushLink } from './push-link.ts'
import { createPerson, expectOk } from './testing/people.ts'

const vectors: {
  readonly key: string
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly link: string
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/push-link.json', import.meta.url), 'utf8'))

const { peerId, deviceKey } = await createPerson(await createNobleCrypto(), createSeededRandom(9))
const at = (head: string, peer = peerId) => `${head}/p2p/${peer}`
const linkOf = (value: CborValue) => `parley:push/${toBase64url(encodeCbor(value))}`

describe('the link of a push node', () => {
  it('[PUSH-6] makes and reads the frozen link', () => {
    expect(encodePushLink(vectors)).toEqual({ ok: true, value: vectors.link })
    expect(parsePushLink(`  ${vectors.link}\n`)).toEqual({
      ok: true,
      value: { peerId: vectors.peerId, addresses: vectors.addresses },
    })
    expect(
      linkOf([1, fromHex(vectors.key), vectors.addresses.map((text) => text.slice(0, text.indexOf('/p2p/')))]),
    ).toBe(vectors.link)
  })

  it('[PUSH-6] names what carries furthest first, and this computer only when there is nothing else', () => {
    const own = at('/ip4/127.0.0.1/tcp/4001')
    const home = at('/ip4/192.168.1.2/tcp/4001')
    const outside = at('/ip4/203.0.113.2/tcp/4001')
    const link = expectOk(encodePushLink({ peerId, addresses: [own, home, outside, home] }))
    expect(expectOk(parsePushLink(link)).addresses).toEqual([outside, home])
    expect(expectOk(parsePushLink(expectOk(encodePushLink({ peerId, addresses: [own] })))).addresses).toEqual([own])
  })

  it('[PUSH-6] keeps its limits by leaving out the last addresses', () => {
    const many = Array.from({ length: 40 }, (_, index) => at(`/ip4/203.0.113.${index}/tcp/4001`))
    expect(expectOk(parsePushLink(expectOk(encodePushLink({ peerId, addresses: many })))).addresses).toEqual(
      many.slice(0, PUSH_LINK_ADDRESSES_MAX),
    )
    const long = Array.from({ length: 6 }, (_, index) => at(`/dns4/${'a'.repeat(150)}${index}.example/tcp/4001`))
    const link = expectOk(encodePushLink({ peerId, addresses: long }))
    expect(link.length).toBeLessThanOrEqual(PUSH_LINK_LENGTH_MAX)
    expect(expectOk(parsePushLink(link)).addresses.length).toBeGreaterThan(1)
  })

  it('[PUSH-6] is not made for nobody, or for somebody else', () => {
    expect(encodePushLink({ peerId, addresses: [] })).toEqual({ ok: false, reason: 'malformed' })
    expect(encodePushLink({ peerId: 'nobody', addresses: [] })).toEqual({ ok: false, reason: 'malformed' })
    const other = at('/ip4/203.0.113.2/tcp/1', vectors.peerId)
    expect(encodePushLink({ peerId, addresses: [other] })).toEqual({ ok: false, reason: 'malformed' })
  })

  it.each<[string, CborValue, string]>([
    ['another version', [2, deviceKey, ['/ip4/1.2.3.4/tcp/1']], 'unsupported-version'],
    ['no address', [1, deviceKey, []], 'malformed'],
    [
      'too many',
      [1, deviceKey, Array.from({ length: PUSH_LINK_ADDRESSES_MAX + 1 }, () => '/ip4/1.2.3.4/tcp/1')],
      'malformed',
    ],
    ['an address with a space', [1, deviceKey, ['/ip4/1.2.3.4/tcp/1 ']], 'malformed'],
    ['a key that is none', [1, new Uint8Array(32), ['/ip4/1.2.3.4/tcp/1']], 'malformed'],
    ['something more', [1, deviceKey, ['/ip4/1.2.3.4/tcp/1'], 0], 'malformed'],
    ['no list', 1, 'malformed'],
  ])('[PUSH-6] refuses %s', (_, value, reason) => {
    expect(parsePushLink(linkOf(value))).toEqual({ ok: false, reason })
  })

  it('[PUSH-6] any text is a link or none, never a throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        parsePushLink(text)
        const link = `parley:push/${toBase64url(bytes)}`
        expect(isPushLink(link)).toBe(true)
        const read = parsePushLink(link)
        if (read.ok) expect(read.value.addresses.length).toBeGreaterThan(0)
      }),
    )
    expect(parsePushLink(`parley:push/${'A'.repeat(PUSH_LINK_LENGTH_MAX)}`)).toEqual({ ok: false, reason: 'too-long' })
  })
})
