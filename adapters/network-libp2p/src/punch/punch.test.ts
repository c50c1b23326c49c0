/** Two devices that only a push node reaches, on loopback: with the real library, and every byte really sent. */
import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import type { NetworkPort } from '@parley/engine'
import { frameOf, never } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { describe, expect, it, vi } from 'vitest'
import type { Libp2pNetworkPort } from '../network.ts'
import { createPushHost } from '../push-host.ts'
import type { PushHost } from '../push-host.ts'
import type { PunchOptions } from './direct-paths.ts'
import { PUNCH_PROTOCOL } from './puncher.ts'
import { Cleanup, LOOPBACK, silentLog } from '../testing/networks.ts'

const HERE: PunchOptions = { bindAddress: '127.0.0.1' }
const FRAMES = 1_000
const FRAME_BYTES = 700

async function relayedPair(
  cleanup: Cleanup,
  punch: readonly [PunchOptions | undefined, PunchOptions | undefined] = [HERE, HERE],
): Promise<{ push: PushHost; pair: readonly [Member, Member] }> {
  const push = await createPushHost({ seed: randomBytes(32), listen: [LOOPBACK], bootstrap: [], log: silentLog })
  cleanup.add(() => push.stop())
  const join = (own: PunchOptions | undefined): Promise<Member> =>
    cleanup.join({ listen: [], bootstrap: push.addresses(), ...(own === undefined ? {} : { punch: own }) })
  const pair = [await join(punch[0]), await join(punch[1])] as const
  const hasPlace = ({ network }: Member): boolean => network.addresses().length > 0
  await Promise.all(pair.map((member) => member.until(() => hasPlace(member))))
  await pair[0].network.connect(pair[1].id, pair[1].network.addresses(), never())
  await pair[1].opened(1)
  expect(pair.map(({ link }) => link.isRelayed)).toEqual([true, true])
  return { push, pair }
}

const connectionsOf = ({ network }: Member): readonly Connection[] =>
  'libp2p' in network ? (network as Libp2pNetworkPort).libp2p.getConnections() : []

const protocolsOf = (network: NetworkPort): string[] =>
  'libp2p' in network ? (network as Libp2pNetworkPort).libp2p.getProtocols() : []

const permitEachOther = ([one, other]: readonly [Member, Member]): void => {
  one.network.permitDirect(other.id)
  other.network.permitDirect(one.id)
}

const isDirect = (member: Member): Promise<void> => member.until(() => !member.link.isRelayed)

describe('two devices behind a relay', () => {
  it('[NET-20] [LINK-10] meet directly; what is sent meanwhile arrives once, in order, on the one link', async () => {
    await using cleanup = new Cleanup()
    const { pair } = await relayedPair(cleanup)
    const [alice, bob] = pair
    const lengths = Array.from({ length: FRAMES }, () => FRAME_BYTES)
    const send = async (member: Member): Promise<void> => {
      for (let index = 0; index < FRAMES; index++) {
        expect(member.link.send(frameOf(index, FRAME_BYTES))).toBe(true)
        // spread over the whole upgrade: half of it before the move is over, whatever it takes
        if (index % 2 === 0 && member.link.isRelayed) await member.turn()
      }
    }
    permitEachOther(pair)
    await Promise.all([
      ...[alice, bob].map((member) => send(member)),
      ...[alice, bob].map((member) => member.receiveAll(lengths)),
      ...[alice, bob].map((member) => isDirect(member)),
    ])
    expect([...alice.faults, ...bob.faults]).toEqual([])
    expect([alice.frames, bob.frames]).toEqual([FRAMES, FRAMES])
    expect([alice.links.length, bob.links.length]).toEqual([1, 1])
    expect(alice.link.remoteAddress).toContain('/webrtc/')
  })

  it('[NET-23] prove by Noise who they are, as on every connection', async () => {
    await using cleanup = new Cleanup()
    const { pair } = await relayedPair(cleanup)
    permitEachOther(pair)
    await Promise.all(pair.map((member) => isDirect(member)))
    for (const [at, member] of pair.entries()) {
      const direct = connectionsOf(member).filter((connection) => connection.direct)
      const toOther = direct.find(({ remotePeer }) => remotePeer.toString() === pair[1 - at]?.id)
      expect(toOther?.encryption).toBe('/noise')
      expect(toOther?.multiplexer).toContain('yamux')
      expect(toOther?.limits).toBeUndefined()
    }
  })

  it('[NET-21] tell nothing to whom they do not know; the other one is told so much', async () => {
    await using cleanup = new Cleanup()
    const { pair } = await relayedPair(cleanup)
    const [decider, asker] = pair[0].id < pair[1].id ? pair : [pair[1], pair[0]]
    const reason = (): unknown => decider.network.status().relayReasons?.get(asker.id)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    cleanup.add(async () => vi.useRealTimers())
    decider.network.permitDirect(asker.id)
    await vi.advanceTimersByTimeAsync(0)
    await decider.until(() => reason() === 'trying')
    const signals = asker.network.status().relayReasons
    while (reason() === 'trying') await vi.advanceTimersByTimeAsync(1_000)
    expect(reason()).toBe('no-path')
    expect(signals).toEqual(new Map())
    expect(decider.link.isRelayed).toBe(true)
  })

  it('[NET-20] look for no path where one of them does not want it', async () => {
    await using cleanup = new Cleanup()
    const { pair } = await relayedPair(cleanup, [HERE, undefined])
    permitEachOther(pair)
    const [wants, doesNot] = pair
    expect(doesNot.network.status().relayReasons).toBeUndefined()
    if (wants.id < doesNot.id) {
      await wants.until(() => wants.network.status().relayReasons?.get(doesNot.id) === 'not-offered')
    }
    expect(pair.map(({ link }) => link.isRelayed)).toEqual([true, true])
  })

  it('[NET-20] begin to look when it is wanted, and answer nobody before', async () => {
    await using cleanup = new Cleanup()
    let isWanted = false
    const { pair } = await relayedPair(cleanup, [{ ...HERE, isWanted: () => isWanted }, HERE])
    const [later, always] = pair
    permitEachOther(pair)
    const protocols = (): string[] => protocolsOf(later.network)
    expect(later.network.status().relayReasons).toBeUndefined()
    expect(protocols()).not.toContain(PUNCH_PROTOCOL)
    isWanted = true
    // anything that changes the status has it looked at
    const third = await cleanup.join()
    await third.connect(always)
    await third.network.connect(later.id, later.network.addresses(), never())
    await later.until(() => protocols().includes(PUNCH_PROTOCOL))
    // the first link of both is the one to each other
    await Promise.all(pair.map((member) => member.until(() => member.links[0]?.link.isRelayed === false)))
  })

  it('[NET-23] are linked through the relay again when the direct connection dies', async () => {
    await using cleanup = new Cleanup()
    const { pair } = await relayedPair(cleanup)
    const [alice, bob] = pair
    permitEachOther(pair)
    await Promise.all(pair.map((member) => isDirect(member)))
    for (const connection of connectionsOf(alice)) {
      if (connection.direct && connection.remotePeer.toString() === bob.id) connection.abort(new Error('cut'))
    }
    await Promise.all(pair.map((member) => member.last.closed))
    await alice.network.connect(bob.id, [], never())
    await Promise.all(pair.map((member) => member.opened(2)))
    expect(pair.map(({ link }) => link.isRelayed)).toEqual([true, true])
    await Promise.all([alice.sendAll([100]), bob.receiveAll([100])])
    expect(bob.faults).toEqual([])
  })
})
