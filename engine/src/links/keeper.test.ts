import { createTestClock, noMailbox, noProfiles, noReach } from '@parley/adapter-memory'
import { TOR_CONNECT_TIMEOUT_MS } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { PortError } from '../ports/port-error.ts'
import type { NetworkPort } from '../ports/network.ts'
import { saveContact } from '../store/contacts.ts'
import { saveDevice } from '../store/devices.ts'
import { createTestNode } from '../testing/node.ts'
import { DIAL_DELAY_MAX_MS, DIAL_DELAY_MIN_MS, Keeper } from './keeper.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A keeper of one contact, `peer`, over a network that does as it is told. */
async function createScene() {
  const clock = createTestClock()
  const { context } = await createTestNode(clock, 1)
  const { store } = context
  const account = 'did:key:contact'
  saveContact(store, {
    account,
    conversation: 'c',
    status: 'active',
    claimedName: '',
    givenName: '',
    isVerified: false,
    inviteSealed: undefined,
    isRequested: true,
    createdAt: 0,
  })
  saveDevice(store, {
    peerId: 'peer',
    account,
    addresses: ['/memory/peer'],
    bundle: undefined,
    bundleSequence: 0,
    inception: undefined,
    addedAt: 0,
    lastHeardAt: undefined,
  })
  const dials: { readonly at: number; readonly addresses: readonly string[] }[] = []
  const wish = { behaviour: 'fails' as 'fails' | 'connects' | 'says nothing', transport: 'direct' as 'direct' | 'tor' }
  const connected = new Set<string>()
  let aborted = 0
  const network: NetworkPort = {
    peerId: context.self.peerId,
    mailbox: noMailbox,
    reach: noReach,
    profiles: noProfiles,
    start: async () => undefined,
    permitDirect: () => undefined,
    addresses: () => [],
    status: () => ({
      transport: wish.transport,
      isListening: false,
      addresses: [],
      reach: 'computer',
      isReachFixed: true,
      portMapping: { state: 'off' },
      infrastructure: [],
      connections: 0,
    }),
    check: () => undefined,
    stop: async () => undefined,
    async connect(_peerId, addresses, signal) {
      dials.push({ at: clock.now(), addresses })
      if (wish.behaviour === 'fails') throw new PortError('UNREACHABLE', 'nobody there', true)
      if (wish.behaviour === 'connects') return
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted++
          reject(new Error('aborted'))
        })
      })
    },
  }
  const keeper = new Keeper(
    () => context,
    network,
    (peerId) => connected.has(peerId),
  )
  return {
    clock,
    context,
    keeper,
    dials,
    wish,
    connected,
    account,
    aborted: () => aborted,
    pass: (ms: number) => clock.run(ms),
  }
}
type Scene = Awaited<ReturnType<typeof createScene>>
const pauses = ({ dials }: Scene) => dials.slice(1).map(({ at }, index) => at - (dials[index]?.at ?? 0))

describe('keeping a device reached', () => {
  it('[NET-15] tries at once where somebody on the local network says that it is, and nobody whom it does not seek', async () => {
    const scene = await createScene()
    scene.keeper.found('stranger', '/ip4/192.168.1.66/tcp/1')
    scene.keeper.keepAll()
    await scene.pass(60_000)
    const before = scene.dials.length
    scene.keeper.found('peer', '/ip4/192.168.1.7/tcp/4100')
    await scene.pass(0)
    expect(scene.dials.slice(before).map(({ addresses }) => addresses)).toEqual([
      ['/ip4/192.168.1.7/tcp/4100', '/memory/peer'],
    ])
    for (let last = 1; last < 9; last++) scene.keeper.found('peer', `/ip4/192.168.1.${last}/tcp/1`)
    await scene.pass(120_000)
    expect(scene.dials.at(-1)?.addresses.length).toBe(3)
    scene.keeper.connected('peer')
    scene.keeper.stop()
  })

  it('[DLV-10] dials for ever: half a second at first, doubling to a minute, half of each pause random', async () => {
    const scene = await createScene()
    scene.keeper.keepAll()
    await scene.pass(1_200_000)
    const ceilings = pauses(scene).map((_pause, index) => Math.min(DIAL_DELAY_MAX_MS, DIAL_DELAY_MIN_MS * 2 ** index))
    for (const [index, pause] of pauses(scene).entries()) {
      const ceiling = ceilings[index] ?? 0
      expect(pause).toBeGreaterThanOrEqual(Math.floor(ceiling / 2))
      expect(pause).toBeLessThanOrEqual(ceiling + 1)
    }
    expect(scene.dials.length).toBeGreaterThan(25)
    expect(new Set(pauses(scene).slice(-15)).size).toBeGreaterThan(3)
    expect(scene.dials[0]?.addresses).toEqual(['/memory/peer'])
    scene.keeper.stop()
  })

  it('[DLV-30] in another network it dials at once, whether it waits or a dial is under way, and with short pauses', async () => {
    const scene = await createScene()
    scene.keeper.keepAll()
    await scene.pass(600_000)
    const { length } = scene.dials
    scene.keeper.networkChanged()
    await scene.pass(0)
    expect(scene.dials).toHaveLength(length + 1)
    await scene.pass(DIAL_DELAY_MIN_MS + 1)
    expect(scene.dials).toHaveLength(length + 2)
    scene.wish.behaviour = 'says nothing'
    await scene.pass(2 * DIAL_DELAY_MIN_MS + 1)
    expect(scene.dials).toHaveLength(length + 3)
    scene.keeper.networkChanged()
    await turn()
    expect([scene.aborted(), scene.dials.length]).toEqual([1, length + 4])
    scene.keeper.stop()
    scene.keeper.networkChanged()
    await scene.pass(600_000)
    expect([scene.dials.length, scene.clock.timers]).toEqual([length + 4, 0])
  })

  it('[DLV-10] asking again does not dial faster, and a device that is connected is left alone', async () => {
    const scene = await createScene()
    for (let index = 0; index < 5; index++) scene.keeper.keep('peer')
    await turn()
    expect(scene.dials).toHaveLength(1)
    scene.connected.add('peer')
    scene.keeper.connected('peer')
    await scene.pass(300_000)
    scene.keeper.keep('peer')
    expect([scene.dials.length, scene.clock.timers]).toEqual([1, 0])
  })

  it('[DLV-10] after a connection the pauses start anew; after a refusal they go on growing', async () => {
    const scene = await createScene()
    scene.keeper.keep('peer')
    await scene.pass(60_000)
    const slow = pauses(scene).at(-1) ?? 0
    scene.keeper.connected('peer')
    const before = scene.dials.length
    scene.keeper.keep('peer')
    await scene.pass(1_500)
    expect(slow).toBeGreaterThan(4_000)
    expect(scene.dials.length - before).toBeGreaterThanOrEqual(3)
    scene.wish.behaviour = 'connects'
    for (let round = 0; round < 8; round++) {
      await scene.pass(60_000)
      scene.keeper.refused('peer')
    }
    expect(pauses(scene).at(-1)).toBeGreaterThan(15_000)
    scene.keeper.stop()
  })

  it('[TOR-13] over Tor a dial has the time that circuits take', async () => {
    const scene = await createScene()
    scene.wish.behaviour = 'says nothing'
    scene.wish.transport = 'tor'
    scene.keeper.keep('peer')
    await scene.pass(TOR_CONNECT_TIMEOUT_MS - 1)
    expect([scene.dials.length, scene.aborted()]).toEqual([1, 0])
    await scene.pass(1_000)
    expect([scene.dials.length, scene.aborted()]).toEqual([2, 1])
    scene.keeper.stop()
  })

  it('[DLV-10] a dial that says nothing is given up after twenty seconds', async () => {
    const scene = await createScene()
    scene.wish.behaviour = 'says nothing'
    scene.keeper.keep('peer')
    await scene.pass(19_999)
    expect([scene.dials.length, scene.aborted()]).toEqual([1, 0])
    await scene.pass(1_000)
    expect([scene.dials.length, scene.aborted()]).toEqual([2, 1])
    scene.keeper.stop()
  })

  it('[DLV-10] [FST-23] nobody dials a blocked account, or somebody nobody wants anything from', async () => {
    const scene = await createScene()
    scene.keeper.keep('stranger')
    scene.keeper.keep('peer')
    await turn()
    expect(scene.dials).toHaveLength(1)
    scene.context.store.run('INSERT INTO blocks (account, created_at) VALUES (?, 0)', [scene.account])
    await scene.pass(300_000)
    scene.keeper.keepAll()
    scene.keeper.keep('peer')
    await scene.pass(300_000)
    expect([scene.dials.length, scene.clock.timers]).toEqual([1, 0])
  })

  it('[DLV-10] stopping ends dials and pauses, and nothing starts again', async () => {
    const scene = await createScene()
    scene.wish.behaviour = 'says nothing'
    scene.keeper.keep('peer')
    await turn()
    scene.keeper.stop()
    await turn()
    expect([scene.aborted(), scene.clock.timers]).toEqual([1, 0])
    scene.keeper.keep('peer')
    scene.keeper.refused('peer')
    await scene.pass(100_000)
    expect([scene.dials.length, scene.clock.timers]).toEqual([1, 0])
  })
})
