import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { inOrder } from './address-order.ts'

const PEER = '12D3KooWGjMCdUnZkWqY2yvLvVcUnTAEQ2WbU2oTtSS4LkDMKxvs'
const sorted = (...texts: string[]): string[] => inOrder(texts.map((text) => multiaddr(text))).map(String)

describe('the order of addresses', () => {
  it('[NET-30] the own network first, IPv6 and IPv4 in turn, this computer and relays last', () => {
    const relay = `/ip4/44.130.1.1/tcp/4001/p2p/${PEER}/p2p-circuit/p2p/${PEER}`
    expect(
      sorted(
        relay,
        '/ip4/127.0.0.1/tcp/1',
        '/dns4/example.org/tcp/1',
        '/ip4/44.130.1.1/tcp/1',
        '/ip4/44.130.1.2/tcp/1',
        '/ip4/44.130.1.3/tcp/1',
        '/ip6/2a0f:5c00::1/tcp/1',
        '/ip6/2a0f:5c00::2/tcp/1',
        '/ip4/192.168.1.10/tcp/1',
        '/ip6/fd00::1/tcp/1',
      ),
    ).toEqual([
      '/ip4/192.168.1.10/tcp/1',
      '/ip6/fd00::1/tcp/1',
      '/ip6/2a0f:5c00::1/tcp/1',
      '/ip4/44.130.1.1/tcp/1',
      '/ip6/2a0f:5c00::2/tcp/1',
      '/ip4/44.130.1.2/tcp/1',
      '/ip4/44.130.1.3/tcp/1',
      '/dns4/example.org/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
      relay,
    ])
  })

  it('[NET-30] keeps every address, and the order of equals', () => {
    expect(sorted('/ip4/10.0.0.2/tcp/1', '/ip4/172.16.0.1/tcp/1', '/ip4/10.0.0.1/tcp/1')).toEqual([
      '/ip4/10.0.0.2/tcp/1',
      '/ip4/172.16.0.1/tcp/1',
      '/ip4/10.0.0.1/tcp/1',
    ])
    expect(sorted()).toEqual([])
  })
})
