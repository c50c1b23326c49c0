import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../addresses.ts'
import { parseEndpoint } from './endpoint.ts'
import { isolatingLogin } from './socks-transport.ts'
import { socksTarget } from './target.ts'

const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd'
const ADA = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const BOB = '12D3KooWHVXoJnv2ifmr9K6LWwJPXxkfvzZRHzjiTZMvybeTnwPy'
const target = (text: string) => socksTarget(multiaddr(text))

describe('what may be said to the proxy', () => {
  it('[TOR-3] is an onion service, or TCP to an address or a name', () => {
    expect(target(`/onion3/${ONION}:4001`)).toEqual({ host: `${ONION}.onion`, port: 4_001 })
    expect(target(`/onion3/${ONION}:4001/p2p/${ADA}`)).toEqual({ host: `${ONION}.onion`, port: 4_001 })
    expect(target('/ip4/192.0.2.1/tcp/1')).toEqual({ host: '192.0.2.1', port: 1 })
    expect(target(`/ip6/2001:db8::1/tcp/65535/p2p/${ADA}`)).toEqual({ host: '2001:db8::1', port: 65_535 })
    for (const kind of ['dns', 'dns4', 'dns6']) {
      expect(target(`/${kind}/example.org/tcp/4001`)).toEqual({ host: 'example.org', port: 4_001 })
    }
  })
  it('[TOR-3] is nothing that would be looked up here, relayed, or go over something else', () => {
    for (const text of [
      '/dnsaddr/example.org',
      `/dnsaddr/example.org/p2p/${ADA}`,
      '/ip4/192.0.2.1/udp/4001/quic-v1',
      '/ip4/192.0.2.1/tcp/4001/ws',
      '/dns4/example.org/tcp/443/tls/ws',
      '/ip4/192.0.2.1/tcp/0',
      '/ip4/192.0.2.1',
      '/unix/tmp%2Fsocket',
      '/memory/1',
      `/onion3/${ONION}:4001/ws`,
      `/ip4/192.0.2.1/tcp/4001/p2p/${ADA}/p2p-circuit/p2p/${BOB}`,
      `/onion3/${ONION}:4001/p2p/${ADA}/p2p-circuit`,
    ]) {
      expect([text, target(text)]).toEqual([text, undefined])
    }
  })
  it('[TOR-3] is decided for every address that anybody can send', () => {
    const part = fc.oneof(fc.constantFrom('onion3', 'ip4', 'tcp', 'dns', 'p2p', ADA, `${ONION}:1`, '1'), fc.string())
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const address = parseAddress(`/${parts.join('/')}`)
        const found = address === undefined ? undefined : socksTarget(address)
        if (found !== undefined) expect(found.port).toBeGreaterThan(0)
      }),
      { numRuns: 1_000 },
    )
  })
  it('[TOR-5] has one login per peer, which does not name it, and another one at the next start', () => {
    const salts = [new Uint8Array(32), new Uint8Array(32).fill(1)] as const
    const login = (text: string, salt: Uint8Array) => isolatingLogin(multiaddr(text), salt).user
    const toAda = login(`/onion3/${ONION}:4001/p2p/${ADA}`, salts[0])
    expect(toAda).toMatch(/^[0-9a-f]{64}$/)
    expect(login(`/ip4/192.0.2.1/tcp/1/p2p/${ADA}`, salts[0])).toBe(toAda)
    expect(login(`/onion3/${ONION}:4001/p2p/${BOB}`, salts[0])).not.toBe(toAda)
    expect(login(`/onion3/${ONION}:4001/p2p/${ADA}`, salts[1])).not.toBe(toAda)
    expect(login('/ip4/192.0.2.1/tcp/1', salts[0])).not.toBe(login('/ip4/192.0.2.1/tcp/2', salts[0]))
  })
})

describe('where Tor is', () => {
  it('[TOR-2] is a port of this machine, by address', () => {
    expect(parseEndpoint('127.0.0.1:9050')).toEqual({ host: '127.0.0.1', port: 9_050 })
    expect(parseEndpoint('127.8.0.1:1')).toEqual({ host: '127.8.0.1', port: 1 })
    expect(parseEndpoint('[::1]:65535')).toEqual({ host: '::1', port: 65_535 })
    for (const text of [
      ...['', '9050', 'localhost:9050', '192.0.2.1:9050', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536'],
      ...['127.0.0.256:1', '[::2]:1', '::1:9050', '127.0.0.1:9050 ', 'socks://127.0.0.1:9050', '127.1:9050'],
    ]) {
      expect([text, parseEndpoint(text)]).toEqual([text, undefined])
    }
  })
})
