import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { DIAL_BACKS_PER_PLACE_BURST_MAX } from '@parley/core'
import type { Link, LogPort, NetworkPort, Reach } from '@parley/engine'
import { joinNetwork } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createLibp2pNetwork } from '../network.ts'
import type { Libp2pNetworkOptions } from '../network.ts'
import { createPushHost } from '../push-host.ts'
import type { PushHost } from '../push-host.ts'
import { Cleanup, LOOPBACK, silentLog } from '../testing/networks.ts'
import type { RouterSearch } from './port-mapping.ts'

const OUTSIDE = '198.51.100.7'
const hasOtherInterface = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ internal, family }) => !internal && family === 'IPv4'),
)

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '0.0.0.0', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

const noRouters: RouterSearch = { async *find() {} }
/** Only loopback in tests: the second one stands for "all interfaces". */
const listenOf = (port: number) => async (reach: Reach) =>
  reach === 'computer' ? [`/ip4/127.0.0.1/tcp/${port}`] : [`/ip4/127.0.0.2/tcp/${port}`, `/ip4/127.0.0.1/tcp/${port}`]

async function create(cleanup: Cleanup, options: Partial<Libp2pNetworkOptions> = {}) {
  const network = await createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [],
    bootstrap: [],
    log: silentLog,
    ...options,
  })
  cleanup.add(() => network.stop())
  return network
}

async function push(cleanup: Cleanup, log: LogPort = silentLog): Promise<PushHost> {
  const host = await createPushHost({ seed: randomBytes(32), listen: [LOOPBACK], bootstrap: [], log })
  cleanup.add(() => host.stop())
  return host
}

const until = async (network: Pick<NetworkPort, 'status'>, condition: () => boolean): Promise<void> => {
  const end = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not in time: ${JSON.stringify(network.status())}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('reach', () => {
  it('[NET-11] opens and closes listeners while links stay, and keeps its port', async () => {
    await using cleanup = new Cleanup()
    const port = await freePort()
    const network = await create(cleanup, {
      reach: { reach: 'computer', listenOf: listenOf(port), routers: noRouters },
    })
    const alice = await joinNetwork(network)
    const bob = await cleanup.join()
    expect(network.status()).toMatchObject({ reach: 'computer', isReachFixed: false, portMapping: { state: 'off' } })
    expect(network.addresses()).toEqual([`/ip4/127.0.0.1/tcp/${port}/p2p/${network.peerId}`])
    await bob.connect(alice)
    await alice.opened(1)
    await network.reach.change('network')
    expect(network.addresses().toSorted()).toEqual(
      [1, 2].map((last) => `/ip4/127.0.0.${last}/tcp/${port}/p2p/${network.peerId}`),
    )
    const carol = await cleanup.join()
    await carol.network.connect(network.peerId, [`/ip4/127.0.0.2/tcp/${port}`], AbortSignal.timeout(10_000))
    await network.reach.change('computer')
    expect(network.addresses()).toHaveLength(1)
    // both links, also the one through the listener that is closed
    await Promise.all([bob.sendAll([100]), carol.sendAll([100])])
    await alice.receiveAll([100, 100])
    const dave = await cleanup.join()
    await expect(
      dave.network.connect(network.peerId, [`/ip4/127.0.0.2/tcp/${port}`], AbortSignal.timeout(10_000)),
    ).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('[NET-11] a port that is taken leaves everything as it was', async () => {
    await using cleanup = new Cleanup()
    const port = await freePort()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.2', resolve))
    cleanup.add(() => new Promise((resolve) => taken.close(resolve)))
    const network = await create(cleanup, {
      reach: { reach: 'computer', listenOf: listenOf(port), routers: noRouters },
    })
    const alice = await joinNetwork(network)
    await expect(network.reach.change('network')).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    expect(network.status()).toMatchObject({ reach: 'computer', isListening: true })
    const bob = await cleanup.join()
    await bob.connect(alice)
  })

  it('[NET-11] given addresses cannot be changed', async () => {
    await using cleanup = new Cleanup()
    const network = await create(cleanup, { listen: [LOOPBACK] })
    expect(network.status()).toMatchObject({ reach: 'computer', isReachFixed: true })
    await expect(network.reach.change('network')).rejects.toThrow('at its start')
  })

  it('[NET-14] a port of the router is among our addresses while it is mapped, and given back', async () => {
    await using cleanup = new Cleanup()
    const calls: string[] = []
    const routers: RouterSearch = {
      async *find() {
        yield {
          map: async (port) => {
            calls.push(`map ${port}`)
            return { host: OUTSIDE, port: 40_404, lifetimeMs: 3_600_000 }
          },
          unmap: async () => void calls.push('unmap'),
        }
      },
    }
    const port = await freePort()
    const network = await create(cleanup, { reach: { reach: 'computer', listenOf: listenOf(port), routers } })
    await joinNetwork(network)
    const mapped = `/ip4/${OUTSIDE}/tcp/40404`
    await network.reach.change('anyone')
    await until(network, () => network.status().portMapping.state === 'mapped')
    expect(network.status().portMapping).toEqual({ state: 'mapped', address: mapped })
    expect(network.addresses()[0]).toBe(`${mapped}/p2p/${network.peerId}`)
    network.reach.confirm(mapped, true)
    expect(network.status().portMapping).toEqual({ state: 'mapped', address: mapped, isVerified: true })
    network.reach.confirm(mapped, false)
    expect(network.addresses()).not.toContain(`${mapped}/p2p/${network.peerId}`)
    network.reach.confirm(mapped, true)
    await network.reach.change('computer')
    expect(network.addresses()).toEqual([`/ip4/127.0.0.1/tcp/${port}/p2p/${network.peerId}`])
    expect(calls).toEqual([`map ${port}`, 'unmap'])
    await network.reach.change('anyone')
    await until(network, () => network.status().portMapping.state === 'mapped')
    await network.stop()
    expect(calls).toEqual([`map ${port}`, 'unmap', `map ${port}`, 'unmap'])
  })

  it.runIf(hasOtherInterface)('[NET-10] listens on the local network when it is told to', async () => {
    await using cleanup = new Cleanup()
    const network = await create(cleanup, { listen: ['/ip4/0.0.0.0/tcp/0'] })
    expect(network.status().reach).toBe('network')
    expect(network.addresses().at(-1)).toContain('/ip4/127.0.0.1/')
  })
})

describe('dial back', () => {
  it('[NET-12] a push node dials where it sees the asker, on its ports, and within a budget', async () => {
    await using cleanup = new Cleanup()
    const node = await push(cleanup)
    const network = await create(cleanup, { listen: [LOOPBACK], bootstrap: node.addresses() })
    await joinNetwork(network)
    await until(network, () => network.status().infrastructure[0]?.isConnected === true)
    const ask = () => network.reach.askDialBack(node.peerId, AbortSignal.timeout(20_000))
    const own = network.addresses()[0]?.split('/p2p/')[0]
    expect(await ask()).toEqual({ type: 'reached', address: own })
    for (let count = 1; count < DIAL_BACKS_PER_PLACE_BURST_MAX; count++)
      expect(await ask()).toMatchObject({ type: 'reached' })
    expect(await ask()).toEqual({ type: 'refused', reason: 'too-often' })
    expect(node.figures().dialBacks).toEqual({ reached: DIAL_BACKS_PER_PLACE_BURST_MAX, unreached: 0, refused: 1 })
    expect(network.status().infrastructure[0]?.isConnected).toBe(true)
  })

  it('[NET-12] who listens nowhere is not reached, and who is not connected cannot ask', async () => {
    await using cleanup = new Cleanup()
    const node = await push(cleanup)
    const network = await create(cleanup, { bootstrap: node.addresses() })
    await joinNetwork(network)
    await until(network, () => network.status().infrastructure[0]?.isConnected === true)
    expect(await network.reach.askDialBack(node.peerId, AbortSignal.timeout(20_000))).toEqual({ type: 'unreached' })
    const stranger = await create(cleanup, { listen: [LOOPBACK] })
    await joinNetwork(stranger)
    await expect(stranger.reach.askDialBack(node.peerId, AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  it('[NET-12] a device dials back for those it may, and for nobody else', async () => {
    await using cleanup = new Cleanup()
    let isFriend = false
    const bob = await create(cleanup, { listen: [LOOPBACK] })
    await bob.start({
      onLink: (link: Link) =>
        link.listen({ onFrame: () => undefined, onDrain: () => undefined, onClose: () => undefined }),
      onStatus: () => undefined,
      onNetworkChanged: () => undefined,
      onWake: () => undefined,
      onPushNodes: () => undefined,
      onProfile: () => undefined,
      mayAskDialBack: () => isFriend,
    })
    const alice = await create(cleanup, { listen: [LOOPBACK] })
    await joinNetwork(alice)
    await alice.connect(bob.peerId, bob.addresses(), AbortSignal.timeout(10_000))
    const ask = () => alice.reach.askDialBack(bob.peerId, AbortSignal.timeout(20_000))
    expect(await ask()).toEqual({ type: 'refused', reason: 'stranger' })
    isFriend = true
    expect(await ask()).toMatchObject({ type: 'reached' })
  })
})

describe('push nodes that are added', () => {
  it('[NET-16] are kept, reserved at, and let go while the node runs', async () => {
    await using cleanup = new Cleanup()
    const [first, second] = [await push(cleanup), await push(cleanup)]
    const network = await create(cleanup, { listen: [LOOPBACK], bootstrap: first.addresses() })
    await joinNetwork(network)
    network.reach.usePushNodes([second.addresses()])
    await until(network, () => network.status().infrastructure.every(({ relay }) => relay === 'reserved'))
    expect(network.status().infrastructure.map(({ peerId }) => peerId)).toEqual([first.peerId, second.peerId])
    expect(network.mailbox.pushNodes()).toHaveLength(2)
    network.reach.usePushNodes([])
    await until(network, () => network.addresses().every((address) => !address.includes(second.peerId)))
    expect(network.status().infrastructure.map(({ peerId }) => peerId)).toEqual([first.peerId])
    expect(network.mailbox.pushNodes()).toEqual(first.addresses())
  })

  it('[NET-16] what is no address is left out', async () => {
    await using cleanup = new Cleanup()
    const network = await create(cleanup, { listen: [LOOPBACK] })
    await joinNetwork(network)
    network.reach.usePushNodes([['nonsense'], [], ['/ip4/127.0.0.1/tcp/1']])
    expect(network.status().infrastructure).toEqual([])
  })

  it('[NET-16] are tried without being kept', async () => {
    await using cleanup = new Cleanup()
    const node = await push(cleanup)
    const network = await create(cleanup, { listen: [LOOPBACK] })
    await joinNetwork(network)
    const signal = AbortSignal.timeout(60_000)
    expect(await network.reach.tryPushNode(node.addresses(), signal)).toMatchObject({
      isReachable: true,
      offersRelay: true,
      offersMailbox: false,
    })
    await until(network, () => network.libp2p.getConnections().length === 0)
    const friend = await create(cleanup, { listen: [LOOPBACK] })
    await joinNetwork(friend)
    expect(await network.reach.tryPushNode(friend.addresses(), signal)).toMatchObject({
      isReachable: true,
      problem: 'Somebody answers there, but it is no push node.',
    })
    await node.stop()
    expect(
      await network.reach.tryPushNode(node.addresses().concat(`/ip4/127.0.0.1/tcp/1/p2p/${node.peerId}`), signal),
    ).toMatchObject({
      isReachable: false,
    })
  })
})
