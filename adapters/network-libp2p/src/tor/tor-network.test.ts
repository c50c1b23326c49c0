/** Whole nodes behind a Tor of this test: what they tell, whom they talk to, and what happens when Tor goes. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { NetworkPort } from '@parley/engine'
import { joinNetwork, never } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createLibp2pNetwork } from '../network.ts'
import { createPushHost } from '../push-host.ts'
import { Cleanup, LOOPBACK, silentLog } from '../testing/networks.ts'
import { createRogue } from '../testing/rogue.ts'
import { parseEndpoint } from './endpoint.ts'
import { deriveOnionKey } from './onion-key.ts'
import { FakeTor } from './testing/fake-tor.ts'
import type { FakeTorOptions } from './testing/fake-tor.ts'
import { watchSockets } from './testing/sockets.ts'
import { torConfig } from './tor-host.ts'

/** Tor and what a test joins to it, stopped together. */
class World extends Cleanup {
  readonly tor: FakeTor

  private constructor(tor: FakeTor) {
    super()
    this.tor = tor
    this.add(async () => tor[Symbol.asyncDispose]())
  }

  static async open(options: FakeTorOptions = {}): Promise<World> {
    return new World(await FakeTor.start(options))
  }

  async network(bootstrap: readonly string[] = [], seed = randomBytes(32)): Promise<NetworkPort> {
    this.tor.expect(await deriveOnionKey(seed))
    const { socks, control } = this.tor
    const tor = { socks, control }
    const network = await createLibp2pNetwork({ deviceSeed: seed, listen: [], bootstrap, tor, log: silentLog })
    this.add(() => network.stop())
    return network
  }

  async behindTor(bootstrap: readonly string[] = []): Promise<Member> {
    return joinNetwork(await this.network(bootstrap))
  }

  async pushNode(): Promise<string> {
    const push = await createPushHost({ seed: randomBytes(32), listen: [LOOPBACK], bootstrap: [], log: silentLog })
    this.add(() => push.stop())
    return push.addresses()[0] ?? ''
  }
}

const reachable = (member: Member): Promise<void> => member.until(() => member.network.status().isListening)

describe('nodes behind Tor', () => {
  it('[TOR-1] meet at their onion addresses, and no socket goes anywhere but to Tor', async () => {
    await using world = await World.open()
    using watch = watchSockets()
    const [ada, bob] = [await world.behindTor(), await world.behindTor()]
    await Promise.all([reachable(ada), reachable(bob)])
    await bob.connect(ada)
    const { link } = await bob.opened(1)
    expect(link.remoteAddress).toMatch(/^\/onion3\/[a-z2-7]{56}:4001\/p2p\//)
    expect(link.isRelayed).toBe(false)
    expect(world.tor.asked.length).toBe(1)
    expect(watch.connected.length).toBeGreaterThan(4)
    expect(new Set(watch.connected)).toEqual(new Set([world.tor.socks, world.tor.control]))
    expect(watch.leaks).toEqual([])
  })
  it('[TOR-1, TOR-3] reach addresses and names through Tor, look nothing up, and leave out all other kinds', async () => {
    await using world = await World.open()
    await using direct = new Cleanup()
    const carol = await direct.join()
    const ada = await world.behindTor()
    const stranger = (await direct.join()).id
    using watch = watchSockets()
    for (const unknown of ['/dns4/example.org/tcp/4001', '/dnsaddr/example.org', '/ip4/192.0.2.1/udp/1/quic-v1']) {
      await expect(ada.network.connect(stranger, [unknown], never())).rejects.toMatchObject({ code: 'UNREACHABLE' })
    }
    expect(world.tor.asked.map(({ host }) => host)).toEqual(['example.org'])
    await ada.connect(carol)
    const [address = ''] = carol.network.addresses()
    const [, asked = { host: '', port: 0 }] = world.tor.asked
    expect(`/ip4/${asked.host}/tcp/${asked.port}/p2p/${carol.id}`).toBe(address)
    expect(new Set(watch.connected)).toEqual(new Set([world.tor.socks]))
    expect(watch.leaks).toEqual([])
  })
  it('[TOR-5] tell nobody any address but the onion one, and ask for each peer with another login', async () => {
    await using world = await World.open()
    await using direct = new Cleanup()
    const [carol, dave] = [await direct.join(), await direct.join()]
    const ada = await world.behindTor()
    const own = new RegExp(`^/onion3/[a-z2-7]{56}:4001/p2p/${ada.id}$`)
    expect(ada.network.addresses()).toEqual([expect.stringMatching(own)])
    await ada.connect(carol)
    await ada.connect(dave)
    expect(new Set(world.tor.asked.map(({ user }) => user)).size).toBe(2)
    const rogue = await createRogue()
    world.add(() => rogue.stop())
    const told = new Promise<readonly string[]>((resolve) => {
      rogue.host.addEventListener('peer:identify', ({ detail }) => resolve(detail.listenAddrs.map(String)))
    })
    await expect(ada.network.connect(rogue.id, rogue.host.getMultiaddrs().map(String), never())).rejects.toThrow(
      'speak',
    )
    expect(await told).toEqual([expect.stringMatching(/^\/onion3\/[a-z2-7]{56}:4001$/)])
  })
  it('[TOR-5] have one transport that dials, no resolver, and a DHT that only asks', async () => {
    const proxy = parseEndpoint('127.0.0.1:9050')
    if (proxy === undefined) throw new Error('this is an endpoint')
    const address = `/onion3/${'a'.repeat(56)}:4001`
    const config = await torConfig({ seed: randomBytes(32), proxy, address, onListening: () => undefined })
    expect(config.transports?.length).toBe(2)
    expect(config.connectionManager?.resolvers).toEqual({})
    await expect(config.dns?.query('example.org')).rejects.toThrow('resolved by Tor')
    expect(config.addresses).toMatchObject({ listen: ['/ip4/127.0.0.1/tcp/0'], appendAnnounce: [address] })
    // A service that is new here has to be judged first: does it open sockets, does it tell addresses?
    // `dials` uses the transports above, `upgrades` starts nothing by itself, `identifyPush` tells what identify tells, and
    // `listeners` opens what it is told to, which over Tor is nothing.
    const judged = ['identify', 'ping', 'relays', 'dht', 'pubsub', 'gossip']
    judged.push('dials', 'upgrades', 'identifyPush', 'listeners')
    expect(Object.keys(config.services).filter((name) => !judged.includes(name))).toEqual([])
  })
  it('[TOR-5] listen on loopback alone', async () => {
    await using world = await World.open()
    await world.behindTor()
    const [port = 0] = world.tor.onions.values()
    const socket = connect({ host: '127.0.0.1', port })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.destroy()
  })
  it('[TOR-10] keep a place at a push node through Tor, by which others without Tor reach them', async () => {
    await using world = await World.open()
    await using direct = new Cleanup()
    const push = await world.pushNode()
    using watch = watchSockets()
    const ada = await world.behindTor([push])
    await ada.until(() => ada.network.addresses().length === 2)
    expect(ada.network.addresses()).toContainEqual(`${push}/p2p-circuit/p2p/${ada.id}`)
    expect(new Set(watch.connected)).toEqual(new Set([world.tor.socks, world.tor.control]))
    const carol = await direct.join({ bootstrap: [push] })
    await carol.connect(ada)
    expect((await carol.opened(1)).link.isRelayed).toBe(true)
  })
})

describe('a service that others find', () => {
  it('[TOR-6] has the same address at each start, and is gone after the stop', async () => {
    await using world = await World.open()
    const seed = randomBytes(32)
    const { serviceId } = await deriveOnionKey(seed)
    for (let start = 0; start < 2; start++) {
      const network = await world.network([], seed)
      expect(network.addresses()).toEqual([`/onion3/${serviceId}:4001/p2p/${network.peerId}`])
      expect(world.tor.onions.has(serviceId)).toBe(true)
      await network.stop()
      expect([...world.tor.onions.keys(), ...network.addresses()]).toEqual([])
      expect(network.status()).toMatchObject({ transport: 'tor', isListening: false, connections: 0 })
    }
    expect(world.tor.commands.filter((line) => line.startsWith('DEL_ONION'))).toHaveLength(2)
  })
  it('[TOR-9] counts as listening only once it is uploaded', async () => {
    await using world = await World.open({ isOnline: false })
    const ada = await world.behindTor()
    expect(ada.network.status()).toMatchObject({ transport: 'tor', isListening: false })
    expect(ada.network.addresses().length).toBe(1)
  })
  it('[TOR-9] is published again after Tor restarted', async () => {
    await using world = await World.open()
    const [ada, bob] = [await world.behindTor(), await world.behindTor()]
    await Promise.all([reachable(ada), reachable(bob)])
    world.tor.dropControl()
    await Promise.all([ada, bob].map((each) => each.until(() => !each.network.status().isListening)))
    await Promise.all([reachable(ada), reachable(bob)])
    await bob.connect(ada)
    expect(world.tor.onions.size).toBe(2)
  })
})

describe('without Tor', () => {
  const failure = async (world: World, options: { socks?: string; control?: string; bootstrap?: string[] }) => {
    const { bootstrap = [], ...changed } = options
    const { socks, control } = world.tor
    const tor = { socks, control, ...changed }
    const made = createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap, tor, log: silentLog })
    return made.then(
      () => 'made',
      (error: unknown) => String(error),
    )
  }

  it('[TOR-8] a network is not made, says what is missing, and opens nothing else', async () => {
    await using world = await World.open()
    let gone: FakeTor
    {
      await using away = await FakeTor.start()
      gone = away
    }
    using watch = watchSockets()
    const absent = await failure(world, { socks: gone.socks })
    expect(absent).toBe(`PortError: Tor is not running at ${gone.socks}.`)
    expect(await failure(world, { control: gone.control })).toContain(`does not answer at ${gone.control}`)
    expect(await failure(world, { socks: '192.0.2.1:9050' })).toContain('Tor has to be on this machine: 192.0.2.1:9050')
    const push = `/dns4/example.org/tcp/443/tls/ws/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA`
    expect(await failure(world, { bootstrap: [push] })).toContain(
      'cannot be reached through Tor: only /onion3 and plain TCP',
    )
    expect(watch.connected.every((place) => [gone.socks, gone.control, world.tor.socks].includes(place))).toBe(true)
    expect([...world.tor.onions.keys(), ...watch.leaks]).toEqual([])
  })
})
