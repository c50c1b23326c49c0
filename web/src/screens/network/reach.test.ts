import type { Network } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { fakeNetworkAnswer, fakePushNode } from '../../dev/fake-network.ts'
import { momentTime } from '../../ui/time.ts'
import { isReachOpen, reachOf } from './reach.ts'

const NOW = Date.UTC(2026, 4, 12, 12)
const at = momentTime(NOW, NOW)
const node = '/dns4/push.example/tcp/443/wss/p2p/12D3KooWOne'
const wordsOf = (fields: Partial<Network>) => reachOf(fakeNetworkAnswer(fields), NOW)
const proven = (state: Network['reachability']['state'], fields: Partial<Network['reachability']> = {}) => ({
  reachability: { state, isTesting: false, ...fields },
})

describe('what was proven of who can connect, in words', () => {
  it.each<[string, Partial<Network>, string, string]>([
    [
      'a push node dialled back',
      { reach: 'anyone', ...proven('public', { testedAt: NOW, by: 'push-node' }) },
      `Reachable from outside (tested ${at})`,
      'A push node connected to you from outside',
    ],
    [
      'a contact dialled back',
      { reach: 'anyone', ...proven('public', { testedAt: NOW, by: 'contact' }) },
      `Reachable from outside (tested ${at})`,
      'A contact connected to you from outside',
    ],
    [
      'a push node holds a place',
      { reach: 'anyone', ...proven('relayed', { testedAt: NOW }) },
      `Through push nodes only (confirmed ${at})`,
      'Push nodes pass on',
    ],
    [
      'a push node holds a place, since the router lets nobody in',
      { reach: 'anyone', ...proven('relayed'), portMapping: { state: 'failed' } },
      'Through push nodes only',
      'allow port mapping',
    ],
    [
      'the network was chosen',
      { reach: 'network', ...proven('network') },
      'Only on this network',
      'same Wi-Fi or cable',
    ],
    [
      'anyone may, without a push node',
      { reach: 'anyone', ...proven('network') },
      'Only on this network',
      'Add a push node',
    ],
    [
      'anyone may, and no push node answers',
      { reach: 'anyone', ...proven('network'), infrastructure: [fakePushNode(node, false)] },
      'Only on this network',
      'None of your push nodes answers',
    ],
    [
      'anyone may, and the push node is full',
      {
        reach: 'anyone',
        ...proven('network'),
        infrastructure: [fakePushNode(node, true, { relay: 'refused', refusal: 'All of its places are taken.' })],
      },
      'Only on this network',
      'has no place for you',
    ],
    [
      'anyone may, and it was not tried yet',
      { reach: 'anyone', ...proven('network'), infrastructure: [fakePushNode(node, true, { relay: 'none' })] },
      'Only on this network',
      'Test again in a moment',
    ],
    ['this computer was chosen', {}, 'Only on this computer', 'To change this, choose below'],
    ['this computer was set at the start', { isReachFixed: true }, 'Only on this computer', 'Nobody else can connect'],
    [
      'there is no network',
      { reach: 'anyone', ...proven('computer') },
      'Only on this computer',
      'has no network right now',
    ],
  ])('%s', (_name, fields, title, next) => {
    const words = wordsOf(fields)
    expect(words.title).toBe(title)
    expect(words.next).toContain(next)
  })

  it('asks nobody to choose below where there is nothing to choose', () => {
    expect(wordsOf({ isReachFixed: true }).next).not.toContain('choose')
  })

  it('says the day of an older test', () => {
    const testedAt = NOW - 5 * 86_400_000
    expect(wordsOf(proven('public', { testedAt })).title).toContain(momentTime(testedAt, NOW))
    expect(momentTime(testedAt, NOW)).not.toBe(momentTime(NOW, NOW))
  })
})

describe('what became of asking the router', () => {
  it.each<[Network['portMapping'], string | undefined]>([
    [{ state: 'off' }, undefined],
    [{ state: 'searching' }, 'Asking your router'],
    [{ state: 'mapped', address: '/ip4/198.51.100.7/tcp/4001' }, 'at 198.51.100.7:4001'],
    [{ state: 'mapped' }, 'Your router lets connections in.'],
    [{ state: 'failed', reason: 'No router here.' }, 'No router here.'],
    [{ state: 'failed' }, 'could not be asked'],
  ])('%j', (portMapping, words) => {
    const { mapping } = wordsOf({ reach: 'anyone', portMapping })
    if (words === undefined) expect(mapping).toBeUndefined()
    else expect(mapping).toContain(words)
  })

  it('is nobody’s business while not everybody may connect', () => {
    expect(wordsOf({ reach: 'network', portMapping: { state: 'failed' } }).mapping).toBeUndefined()
  })
})

describe('the question who may connect', () => {
  it('is open until it was answered, and never through Tor', () => {
    expect(isReachOpen(undefined)).toBe(false)
    expect(isReachOpen(fakeNetworkAnswer({ isReachChosen: false }))).toBe(true)
    expect(isReachOpen(fakeNetworkAnswer())).toBe(false)
    expect(isReachOpen(fakeNetworkAnswer({ isReachChosen: false, transport: 'tor' }))).toBe(false)
    expect(isReachOpen(fakeNetworkAnswer({ isReachChosen: false, isReachFixed: true }))).toBe(false)
  })
})
