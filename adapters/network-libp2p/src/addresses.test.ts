import { ADDRESS_LENGTH_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressPeer, addressesOf, parseAddress, parsePeerId } from './addresses.ts'
import { toListenError } from './listen-error.ts'
import { placeOf } from './relay-places.ts'

const ALICE = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'
const BOB = '12D3KooWFpjURZyv6gKsvzsVQzeapFABhpc3nDNemoD3pMDLXS87'

describe('addresses from others', () => {
  it('[NET-3] any text is an address, a peer id or neither, never an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `/ip4/${text}`),
        ),
        (text) => {
          parseAddress(text)
          expect(parsePeerId(text)).toBeUndefined()
        },
      ),
    )
    for (const text of [
      '',
      '/',
      '/p2p',
      `/p2p/${ALICE}`,
      '/ip4/1.2.3',
      `/ip4/1.2.3.4/tcp/1${'/ws'.repeat(ADDRESS_LENGTH_MAX)}`,
    ]) {
      expect(parseAddress(text)).toBeUndefined()
    }
  })

  it('[NET-1] lead to the peer that is wanted or are left out', () => {
    const alice = parsePeerId(ALICE)
    const parsed = [
      '/ip4/10.0.0.1/tcp/1',
      `/ip4/10.0.0.1/tcp/1/p2p/${ALICE}`,
      `/ip4/10.0.0.2/tcp/2/p2p/${BOB}`,
      `/ip4/10.0.0.3/tcp/3/p2p/${BOB}/p2p-circuit`,
      `/ip4/10.0.0.3/tcp/3/p2p/${BOB}/p2p-circuit/p2p/${ALICE}`,
      `/ip4/10.0.0.4/tcp/4/p2p/${ALICE}/p2p-circuit/p2p/${BOB}`,
    ].flatMap((text) => parseAddress(text) ?? [])
    expect(parsed.map(addressPeer)).toEqual([undefined, ALICE, BOB, undefined, ALICE, BOB])
    expect(alice && addressesOf(alice, parsed).map(String)).toEqual([
      `/ip4/10.0.0.1/tcp/1/p2p/${ALICE}`,
      `/ip4/10.0.0.3/tcp/3/p2p/${BOB}/p2p-circuit/p2p/${ALICE}`,
    ])
  })

  it('[PUSH-1] belong to one place by IPv4 address or IPv6 /64', () => {
    const place = (text: string): string | undefined => {
      const address = parseAddress(text)
      return address && placeOf(address)
    }
    expect(place('/ip4/10.0.0.1/tcp/1')).toBe(place('/ip4/10.0.0.1/tcp/2/ws'))
    expect(place('/ip4/10.0.0.1/tcp/1')).not.toBe(place('/ip4/10.0.0.2/tcp/1'))
    expect(place('/ip6/2001:db8::1/tcp/1')).toBe(place('/ip6/2001:db8::ffff:1/tcp/1'))
    expect(place('/ip6/2001:db8::1/tcp/1')).not.toBe(place('/ip6/2001:db8:0:1::1/tcp/1'))
  })
})

describe('a failure to listen', () => {
  it('[NET-8] names the address that another program holds', () => {
    const error = new Error('Some configured addresses failed:\n\n  /ip4/127.0.0.1/tcp/4001: Error: listen EADDRINUSE')
    expect(toListenError(error, ['/ip4/127.0.0.1/tcp/4001', '/ip4/127.0.0.1/tcp/4002/ws'])).toMatchObject({
      code: 'ADDRESS_IN_USE',
      isRetryable: false,
      message: 'Another program already listens on port 4001 of 127.0.0.1 (/ip4/127.0.0.1/tcp/4001).',
    })
    const other = new Error('anything else')
    expect(toListenError(other, [])).toBe(other)
  })
})
