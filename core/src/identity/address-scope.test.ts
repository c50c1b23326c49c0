import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressScope, widestScope } from './address-scope.ts'

describe('how far an address carries', () => {
  it.each([
    ['/ip4/127.0.0.1/tcp/1', 'computer'],
    ['/ip4/0.0.0.0/tcp/1', 'computer'],
    ['/ip4/10.1.2.3/tcp/1', 'network'],
    ['/ip4/172.16.0.1/tcp/1', 'network'],
    ['/ip4/172.32.0.1/tcp/1', 'anywhere'],
    ['/ip4/192.168.178.20/tcp/1/ws', 'network'],
    ['/ip4/169.254.7.7/tcp/1', 'network'],
    ['/ip4/100.64.0.9/tcp/1', 'network'],
    ['/ip4/203.0.113.7/tcp/4001', 'anywhere'],
    ['/ip4/300.1.1.1/tcp/1', 'computer'],
    ['/ip6/::1/tcp/1', 'computer'],
    ['/ip6/::/tcp/1', 'computer'],
    ['/ip6/fe80::1/tcp/1', 'network'],
    ['/ip6/fd00:1::2/tcp/1', 'network'],
    ['/ip6/::ffff:192.168.1.1/tcp/1', 'network'],
    ['/ip6/2001:db8::2/tcp/1', 'anywhere'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/1', 'network'],
    ['/dns4/push.example.org/tcp/443/wss', 'anywhere'],
    ['/dns/localhost/tcp/1', 'computer'],
    ['/dns4/tower.local/tcp/1', 'network'],
    ['/dns4/tower/tcp/1', 'network'],
    ['/onion3/abc:4001', 'anywhere'],
    ['/ip4/203.0.113.9/tcp/4001/p2p/12D3KooW/p2p-circuit/p2p/12D3KooX', 'anywhere'],
    ['/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW/p2p-circuit', 'computer'],
    ['/unix/tmp', 'computer'],
    ['', 'computer'],
  ])('[NET-10] %s: %s', (address, scope) => {
    expect(addressScope(address)).toBe(scope)
  })

  it('[NET-10] the furthest of several counts, and none is this computer', () => {
    expect(widestScope([])).toBe('computer')
    expect(widestScope(['/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.1/tcp/1'])).toBe('network')
    expect(widestScope(['/ip4/10.0.0.1/tcp/1', '/ip4/203.0.113.1/tcp/1'])).toBe('anywhere')
  })

  it('[NET-10] any text has an answer', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '/ip4/', '/ip6/', '/dns/'), (text, head) => {
        expect(['computer', 'network', 'anywhere']).toContain(addressScope(head + text))
      }),
    )
  })
})
