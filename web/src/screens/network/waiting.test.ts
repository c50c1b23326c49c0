import type { Network, Waiting } from '@parley/engine/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeNetwork, fakePushNode } from '../../dev/fake-network.ts'
import { accountOf, conversationIdOf } from '../../dev/fake-ids.ts'
import { t } from '../../locales/index.ts'
import { onlyHereOf, prospectOf, provenHolders, readableAddress, requestPlaceOf } from './waiting.ts'

const NOW = 10_000_000
const ours = '/dns4/push.example/tcp/443/wss/p2p/12D3KooWOurs'
const theirs = '/ip4/192.0.2.80/tcp/4001/p2p/12D3KooWTheirs'
const bob = accountOf('Bob')

const holder = (address: string, fields: Partial<Waiting['holders'][number]> = {}) => ({
  address,
  envelopes: 2,
  checkedAt: NOW,
  isLost: false,
  ...fields,
})
const waiting = (fields: Partial<Waiting> = {}): Waiting => ({
  account: bob,
  name: 'Bob',
  conversation: conversationIdOf('Bob'),
  messages: 2,
  envelopes: 2,
  bytes: 8_192,
  since: NOW - 60_000,
  onlyHere: 0,
  holders: [holder(ours)],
  ...fields,
})
const network = (fields: Partial<Network> = {}): Network => ({
  ...fakeNetwork(),
  addresses: [],
  peers: [],
  waitingMessages: 0,
  waiting: [],
  storedBytes: 0,
  ...fields,
})
const node = (isConnected: boolean) => fakePushNode(ours, isConnected)

describe('the address of a push node', () => {
  it.each([
    [ours, 'push.example', 'oWOurs'],
    [theirs, '192.0.2.80:4001', 'Theirs'],
    ['/ip6/2001:db8::7/udp/4001/quic-v1/p2p/12D3KooWSix', '[2001:db8::7]:4001', 'ooWSix'],
    ['/dns/push.example/tcp/4002/ws', 'push.example:4002', undefined],
    [`/onion3/${'a'.repeat(48)}bcdefghi:4001/p2p/12D3KooWOnion`, 'aaaaaaaa…bcdefghi.onion', 'WOnion'],
    ['/p2p/12D3KooWAlone', '12D3KooWAlone', undefined],
    ['nonsense', 'nonsense', undefined],
  ])('%s', (address, host, end) => {
    expect(readableAddress(address)).toEqual({ host, peerEnd: end })
  })

  it('has a short answer to any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(readableAddress(text).host.length).toBeLessThanOrEqual(64)
      }),
    )
  })
})

describe('what is only here', () => {
  it('[OFF-12] counts storage on this computer as this computer', () => {
    const kept = waiting({ holders: [] })
    expect(onlyHereOf(kept, undefined)).toBe(2)
    expect(onlyHereOf(kept, 'self-hosted')).toBe(2)
    expect(onlyHereOf(kept, 'dropbox')).toBe(0)
  })

  it('[OFF-10] does not count a push node that proves nothing', () => {
    const lost = waiting({ holders: [holder(ours, { isLost: true })] })
    expect(provenHolders(lost)).toEqual([])
    expect(onlyHereOf(lost, undefined)).toBe(2)
    expect(onlyHereOf(waiting({ onlyHere: 1 }), undefined)).toBe(1)
  })
})

describe('what becomes of what is written to somebody who is away', () => {
  const away = { account: bob, isConnected: false }
  it.each<[string, Partial<Network>, string]>([
    ['a push node is connected', { infrastructure: [node(true)] }, 'stored'],
    ['push nodes are set up, none is connected', { infrastructure: [node(false)] }, 'unreachable'],
    ['no push node is set up', {}, 'none'],
    ['no push node, storage on this computer', { storage: 'self-hosted' }, 'none'],
    ['no push node, storage elsewhere', { storage: 's3' }, 'stored'],
    [
      'a push node of theirs holds what was written before',
      { waiting: [waiting({ holders: [holder(theirs)] })] },
      'stored',
    ],
    [
      'the push node that holds what was written before is gone now',
      { infrastructure: [node(false)], waiting: [waiting()] },
      'unreachable',
    ],
    [
      'a push node is connected and takes nothing',
      { infrastructure: [node(true)], waiting: [waiting({ holders: [], onlyHere: 2 })] },
      'untaken',
    ],
    [
      'a push node is connected and was just asked',
      { infrastructure: [node(true)], waiting: [waiting({ holders: [], onlyHere: 2, since: NOW - 1_000 })] },
      'stored',
    ],
  ])('%s', (_name, fields, prospect) => {
    expect(prospectOf(away, network(fields), NOW)).toBe(prospect)
  })

  it('says nothing of somebody who is there, or before anything is known', () => {
    expect(prospectOf({ ...away, isConnected: true }, network(), NOW)).toBeUndefined()
    expect(prospectOf(away, undefined, NOW)).toBeUndefined()
  })
})

describe('where a request is', () => {
  it('[OFF-13] says who has it, or that it is here, and nothing when it does not wait', () => {
    const to = { account: bob, name: 'Bob' }
    const at = (fields: Partial<Waiting>, storage?: Network['storage']) =>
      requestPlaceOf(network({ waiting: [waiting(fields)], ...(storage === undefined ? {} : { storage }) }), to)
    expect(at({ holders: [holder(ours), holder(theirs)] })).toContain('sealed and waits for them on 2 push nodes')
    expect(at({ holders: [] })).toContain('waits here')
    expect(at({ holders: [] }, 'self-hosted')).toContain('waits here')
    expect(at({ holders: [] }, 'pinning')).toContain('in your pinning service')
    expect(requestPlaceOf(network(), to)).toBeUndefined()
    expect(requestPlaceOf(undefined, to)).toBeUndefined()
    const unmet = { account: bob, name: t.app.nameless }
    expect(requestPlaceOf(network(), unmet)).toContain('not found yet')
    expect(requestPlaceOf(network(), { ...unmet, lastHeardAt: NOW })).toBeUndefined()
  })
})
