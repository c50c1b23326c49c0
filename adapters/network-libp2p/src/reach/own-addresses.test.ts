import { multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_DEVICE_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { tellable } from './own-addresses.ts'

const ME = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'
const RELAY = '12D3KooWFpjURZyv6gKsvzsVQzeapFABhpc3nDNemoD3pMDLXS87'
const told = (addresses: readonly string[], further: readonly string[] = []): readonly string[] =>
  tellable(
    new Set(further),
    ME,
  )(addresses.map((address) => multiaddr(`${address}/p2p/${ME}`))).map((address) =>
    address.toString().replace(`/p2p/${ME}`, ''),
  )

describe('own addresses that are told', () => {
  it('[NET-11] those that carry furthest first, relays behind what is direct and as far', () => {
    const circuit = `/ip4/203.0.113.1/tcp/4001/p2p/${RELAY}/p2p-circuit`
    expect(
      told(
        ['/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1', circuit, '/ip6/2001:db8::1/tcp/1'],
        ['/ip4/203.0.113.9/tcp/2'],
      ),
    ).toEqual([
      '/ip6/2001:db8::1/tcp/1',
      '/ip4/203.0.113.9/tcp/2',
      circuit,
      '/ip4/192.168.1.5/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
    ])
  })

  it('[NET-11] no more than a device may have, each once, and none that works on one cable alone', () => {
    const many = Array.from({ length: 30 }, (_, index) => `/ip4/192.168.1.${index + 1}/tcp/1`)
    expect(told([...many, '/ip4/203.0.113.9/tcp/2'])).toHaveLength(ADDRESSES_PER_DEVICE_MAX)
    expect(told([...many, '/ip4/203.0.113.9/tcp/2'])[0]).toBe('/ip4/203.0.113.9/tcp/2')
    expect(told(['/ip4/203.0.113.9/tcp/2'], ['/ip4/203.0.113.9/tcp/2'])).toHaveLength(1)
    expect(told(['/ip6/fe80::1/tcp/1', '/ip4/169.254.1.1/tcp/1'])).toEqual([])
  })
})
