import { describe, expect, it } from 'vitest'
import { holderLimits, parseLoopback, pushNodeConfig } from './config.ts'

const ID = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'

describe('settings of a push node', () => {
  it('have defaults for all but the folder', () => {
    expect(pushNodeConfig.parse({ data: '/tmp/push' })).toEqual({
      ok: true,
      value: {
        data: '/tmp/push',
        listen: ['/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/4002/ws'],
        announce: [],
        bootstrap: [],
        metricsListen: '127.0.0.1:0',
        storageMib: '4096',
        stun: 'same-port',
        workBits: '18',
        relayReservations: '4096',
        relayReservationsPerAddress: '64',
        proxyProtocolFrom: [],
      },
    })
  })

  it('[HLD-3] say how much it holds for others, and for how much work', () => {
    const parsed = pushNodeConfig.parse({ data: 'x', storageMib: '16', workBits: '20' })
    expect(parsed.ok && holderLimits(parsed.value)).toEqual({ bytesMax: 16_777_216, workBits: 20 })
  })

  it('are refused in words when they are wrong', () => {
    const reason = (values: Readonly<Record<string, unknown>>): string | undefined => {
      const result = pushNodeConfig.parse({ data: 'x', ...values })
      return result.ok ? undefined : result.reason
    }
    expect(pushNodeConfig.parse({})).toEqual({ ok: false, reason: 'data is missing.' })
    expect(reason({ lisen: [] })).toBe('"lisen" is not a setting of a push node.')
    expect(reason({ listen: ['nonsense'] })).toBe(
      'listen: "nonsense" is not a multiaddr such as /ip4/0.0.0.0/tcp/4001.',
    )
    expect(reason({ listen: [1] })).toBe('listen is not text.')
    expect(reason({ data: ['a', 'b'] })).toBe('data is given more than once.')
    expect(reason({ data: '' })).toBe('data: a folder has a name.')
    expect(reason({ bootstrap: ['/ip4/1.2.3.4/tcp/1'] })).toBe(
      'bootstrap: "/ip4/1.2.3.4/tcp/1" does not end in /p2p/ID.',
    )
    expect(reason({ bootstrap: Array.from({ length: 17 }, () => `/ip4/1.2.3.4/tcp/1/p2p/${ID}`) })).toBe(
      'bootstrap: at most 16.',
    )
    expect(reason({ storageMib: 'much' })).toBe('storageMib: "much" is not a number from 0 to 16777216.')
    expect(reason({ storageMib: '-1' })).toContain('is not a number')
    expect(reason({ stun: '65536' })).toBe('stun: "65536" is not a UDP port, same-port or off.')
    expect(reason({ workBits: '25' })).toBe('workBits: "25" is not a number from 0 to 24.')
    expect(reason({ relayReservations: '65537' })).toContain('is not a number from 0 to 65536')
    for (const range of [
      '',
      'proxy',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      'fe80::1%eth0',
      '10.0.0/8',
    ]) {
      expect(reason({ proxyProtocolFrom: [range] })).toContain('is not an IP address or a range')
    }
    expect(reason({ proxyProtocolFrom: ['10.0.0.1', '10.0.0.0/8', '2001:db8::/32', '::1'] })).toBeUndefined()
    expect(reason({ metricsListen: '0.0.0.0:1' })).toContain('is not a loopback address')
    expect(reason({ bootstrap: `/ip4/1.2.3.4/tcp/1/p2p/${ID}` })).toBeUndefined()
  })

  it('[PUSH-3] know this machine by three names', () => {
    expect(parseLoopback('127.0.0.1:80')).toEqual({ host: '127.0.0.1', port: 80 })
    expect(parseLoopback('[::1]:80')).toEqual({ host: '::1', port: 80 })
    expect(parseLoopback('localhost:0')).toEqual({ host: 'localhost', port: 0 })
    for (const text of [
      '',
      ':80',
      '127.0.0.1',
      '127.0.0.1:65536',
      '0.0.0.0:80',
      'localhost.evil.example:80',
      '::1:80',
    ]) {
      expect(parseLoopback(text)).toBeUndefined()
    }
  })
})
