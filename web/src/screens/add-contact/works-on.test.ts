import type { Network, WorksOn } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { fakeNetworkAnswer } from '../../dev/fake-network.ts'
import { compareWorksOn, invitePlace, type InvitePlace } from './works-on.ts'

const network = (state: Network['reachability']['state'], fields: Partial<Network> = {}): Network =>
  fakeNetworkAnswer({ reachability: { state, isTesting: false }, ...fields })

describe('where an invite works', () => {
  it.each<[WorksOn, Network, InvitePlace]>([
    ['computer', network('computer'), 'computer'],
    ['computer', network('public'), 'computer'],
    ['network', network('network'), 'network'],
    ['network', network('relayed'), 'network'],
    ['network', network('computer'), 'computer'],
    ['anywhere', network('public'), 'anywhere'],
    ['anywhere', network('relayed'), 'anywhere'],
    ['anywhere', network('network', { reach: 'anyone' }), 'unproven'],
    ['anywhere', network('network', { reach: 'network' }), 'network'],
    ['anywhere', network('computer'), 'computer'],
    ['anywhere', network('public', { transport: 'tor' }), 'anywhere'],
    ['anywhere', network('computer', { transport: 'tor' }), 'later'],
  ])('made for %s, now %o: %s', (worksOn, now, place) => {
    expect(invitePlace({ worksOn }, now)).toBe(place)
  })

  it('counts more machines as more', () => {
    const sorted = (['anywhere', 'computer', 'network'] as const).toSorted(compareWorksOn)
    expect(sorted).toEqual(['computer', 'network', 'anywhere'])
  })
})
