import type { Network } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { fakeNetwork, fakePushNode } from '../../dev/fake-network.ts'
import { accountOf } from '../../dev/fake-ids.ts'
import { connectionOf, pathText } from './connection.ts'
import { byteCount, diagnosticsOf } from './diagnostics.ts'

const peer = (path: 'direct' | 'relayed') => ({
  account: accountOf('Ada'),
  name: 'Ada',
  peerId: '12D3KooWSecretPeer',
  path,
  connectedAt: 0,
})
const network = (fields: Partial<Network> = {}): Network => ({
  ...fakeNetwork(),
  addresses: ['/ip4/192.0.2.7/tcp/4001'],
  peers: [],
  waitingMessages: 3,
  waiting: [],
  storedBytes: 18_400_000,
  ...fields,
})

describe('the connection in words', () => {
  it.each([
    [network({ peers: [peer('relayed'), peer('direct')] }), 'good', 'Connected to 1 contact'],
    [network({ peers: [peer('relayed')] }), 'good', 'Connected to 1 contact, through push nodes'],
    [network({ infrastructure: [fakePushNode('x')] }), 'ready', 'Online'],
    [network(), 'ready', 'Ready'],
    [network({ isListening: false }), 'off', 'Offline'],
    [undefined, 'off', 'Loading'],
  ])('%#', (state, tone, text) => {
    expect(connectionOf(state, 'open')).toMatchObject({ tone, text: expect.stringContaining(text) })
  })

  it('[TOR-12] says that it goes through Tor, beside everything else', () => {
    const tor = network({ transport: 'tor', peers: [peer('direct')] })
    expect(connectionOf(tor, 'open')).toMatchObject({ tone: 'good', text: 'Connected to 1 contact (through Tor)' })
    expect(connectionOf(tor, 'lost').text).not.toContain('Tor')
    expect(diagnosticsOf(tor, 'open', 'Test')).toContain('transport: tor')
    expect(diagnosticsOf(network(), 'open', 'Test')).toContain('transport: direct')
  })

  it('says first that the node is gone', () => {
    expect(connectionOf(network({ peers: [peer('direct')] }), 'lost').text).toContain('not running')
  })
})

it('says why a way is relayed where a direct one is looked for, and claims nothing of a cause', () => {
  expect(pathText(peer('direct'))).toBe('directly')
  expect(pathText(peer('relayed'))).toBe('through a push node')
  expect(pathText({ ...peer('relayed'), relayReason: 'no-path' })).toContain('no direct path was found')
  expect(pathText({ ...peer('relayed'), relayReason: 'not-offered' })).toContain('they look for no direct path')
})

it('never says that others can connect because somebody is connected', () => {
  expect(connectionOf(network({ peers: [peer('direct')] }), 'open').text).not.toMatch(/reach/iu)
})

describe('diagnostics', () => {
  it('holds kinds and counts, and nothing that names anybody', () => {
    const text = diagnosticsOf(network({ peers: [peer('direct')] }), 'open', 'Test')
    expect(text).toContain('1 direct, 0 relayed')
    expect(text).toContain('reach: computer, proven: computer, never tested')
    expect(text).toContain('port mapping: off')
    expect(text).toContain('/ip4/…/tcp/…')
    for (const secret of ['Ada', '12D3', 'z6Mk', '192.0.2.7', '4001']) expect(text).not.toContain(secret)
  })

  it('counts bytes for people', () => {
    expect(byteCount(0)).toMatch(/^0/u)
    expect(byteCount(18_400_000)).toMatch(/18[.,]4/u)
  })
})
