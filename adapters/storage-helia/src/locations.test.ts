import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byReach } from './locations.ts'

const PEER = '/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
const PUBLIC = `/ip4/203.0.113.7/tcp/4001${PEER}`
const NAMED = `/dns4/push.example.org/tcp/443/wss${PEER}`
const RELAYED = `/ip4/198.51.100.2/tcp/4001${PEER}/p2p-circuit${PEER}`
const HOME = `/ip4/192.168.1.20/tcp/4001${PEER}`
const HOME6 = `/ip6/fd00::1/tcp/4001${PEER}`
const LOOPBACK = `/ip4/127.0.0.1/tcp/4001${PEER}`

describe('addresses for readers', () => {
  it('[BLK-12] puts what everybody reaches first, and loopback nowhere', () => {
    expect(byReach([LOOPBACK, HOME, RELAYED, HOME6, PUBLIC, NAMED])).toEqual([PUBLIC, NAMED, RELAYED, HOME, HOME6])
  })
  it('[BLK-12] gives loopback when there is nothing else', () => {
    expect(byReach([LOOPBACK])).toEqual([LOOPBACK])
    expect(byReach([])).toEqual([])
  })
  it('[BLK-12] invents nothing, whatever the addresses are', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (addresses) => {
        expect(byReach(addresses).toSorted()).toEqual(addresses.toSorted())
      }),
    )
  })
})
