/**
 * What was stopped is left alone by the engine, whatever the world still calls: every callback that a port was ever
 * given is called while the engine stops and after it has stopped. ARCHITECTURE, law 9.
 */
import {
  createMemoryLog,
  createMemoryNetworkHub,
  createMemoryStore,
  createTestClock,
  seededRandom,
} from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { encodeFrame, peerIdOfKey, type Frame } from '@parley/core'
import {
  createHolder,
  openEngine,
  type Cancel,
  type Engine,
  type Link,
  type LinkHandlers,
  type NetworkHandlers,
  type NetworkPort,
  type Ports,
  type StorePort,
} from '@parley/engine'
import { beforeAll, describe, expect, test } from 'vitest'

type KnownFrame = Exclude<Frame, { type: 'unknown' }>

const bytes = (length: number) => new Uint8Array(length).fill(7)

/** One of each kind, and one that cannot be read. */
const FRAMES: readonly Uint8Array[] = [
  ...(
    [
      { type: 'auth', flight: bytes(64) },
      { type: 'bundle.get' },
      { type: 'bundle', bundle: bytes(200) },
      { type: 'envelope', bytes: Uint8Array.of(1, ...bytes(400)) },
      { type: 'envelope', bytes: Uint8Array.of(2, ...bytes(2_000)) },
      { type: 'ack', ids: [bytes(32)] },
      { type: 'refuse', ids: [bytes(32)], reason: 'unknown-epoch' },
      { type: 'profile.get', have: 0 },
      { type: 'profile', record: undefined },
      { type: 'presence', status: 'online', seenAt: 1 },
    ] satisfies KnownFrame[]
  ).map((frame) => encodeFrame(frame)),
  bytes(12),
]

/** Everything that one engine was given, with a hand on it. */
class Watched {
  /** What the engine did after it had closed its store. */
  readonly misdeeds: string[] = []
  readonly timers = new Set<Cancel>()
  readonly #links: { readonly link: Link; readonly handlers: LinkHandlers }[] = []
  readonly #inner: Ports
  #network: NetworkHandlers | undefined
  #isClosed = false

  constructor(inner: Ports) {
    this.#inner = inner
  }

  get ports(): Ports {
    const inner = this.#inner
    return {
      ...inner,
      store: this.#store(inner.store),
      clock: { now: () => inner.clock.now(), after: (delayMs, fire) => this.#after(delayMs, fire) },
      createNetwork: async (seed, wish) => this.#tap(await inner.createNetwork(seed, wish)),
    }
  }

  /** Calls back whatever was ever given a callback, as a world does that does not know yet. */
  disturb(): void {
    for (const { link, handlers } of this.#links) {
      this.#call('onDrain', () => handlers.onDrain())
      for (const frame of FRAMES) this.#call('onFrame', () => handlers.onFrame(frame.slice()))
      this.#call('onClose', () => handlers.onClose('remote'))
      this.#call('onLink', () => this.#network?.onLink(silentLink(link.peerId)))
    }
    this.#call('onStatus', () => this.#network?.onStatus())
    this.#call('onPushNodes', () => this.#network?.onPushNodes())
    for (const topic of [0, 1]) this.#call('onWake', () => this.#network?.onWake(topic, bytes(8)))
    this.#call('onProfile', () => this.#network?.onProfile(0, bytes(300)))
  }

  #call(name: string, run: () => unknown): void {
    try {
      run()
    } catch (error) {
      this.misdeeds.push(`${name} threw ${String(error)}`)
    }
  }

  #misdeed(what: string): void {
    if (this.#isClosed) this.misdeeds.push(`${what}: ${engineFrames(new Error('here'))}`)
  }

  #store(store: StorePort): StorePort {
    return {
      all: (sql, parameters) => (this.#misdeed('read'), store.all(sql, parameters)),
      run: (sql, parameters) => (this.#misdeed('wrote'), store.run(sql, parameters)),
      transaction: (write) => (this.#misdeed('began a transaction'), store.transaction(write)),
      close: () => {
        store.close()
        this.#isClosed = true
      },
    }
  }

  #after(delayMs: number, fire: () => void): Cancel {
    this.#misdeed('set a timer')
    const cancelInner = this.#inner.clock.after(delayMs, () => {
      this.timers.delete(cancel)
      fire()
    })
    const cancel = () => {
      this.timers.delete(cancel)
      cancelInner()
    }
    this.timers.add(cancel)
    return cancel
  }

  #tap(network: NetworkPort): NetworkPort {
    return {
      peerId: network.peerId,
      mailbox: network.mailbox,
      profiles: network.profiles,
      permitDirect: (peerId) => network.permitDirect(peerId),
      reach: network.reach,
      addresses: () => network.addresses(),
      status: () => network.status(),
      check: (peerId) => network.check(peerId),
      stop: () => network.stop(),
      connect: (peerId, addresses, signal) => network.connect(peerId, addresses, signal),
      start: (handlers) => {
        this.#network = handlers
        return network.start({ ...handlers, onLink: (link) => handlers.onLink(this.#tapLink(link)) })
      },
    }
  }

  #tapLink(link: Link): Link {
    return {
      peerId: link.peerId,
      direction: link.direction,
      remoteAddress: link.remoteAddress,
      isRelayed: link.isRelayed,
      send: (frame) => link.send(frame),
      close: () => link.close(),
      listen: (handlers) => {
        this.#links.push({ link, handlers })
        link.listen(handlers)
      },
    }
  }
}

const silentLink = (peerId: string): Link => ({
  peerId,
  direction: 'inbound',
  remoteAddress: '/memory/late',
  isRelayed: false,
  listen: () => undefined,
  send: () => true,
  close: () => undefined,
})

const engineFrames = ({ stack = '' }: Error): string =>
  [...stack.matchAll(/engine\/src\/([^):]+:\d+)/g)].map(([, place]) => place).join(' < ')

let crypto: Ports['crypto']
beforeAll(async () => {
  crypto = await createNodeCrypto()
})

/** Alice is watched; Bob asks her, she accepts, both talk and ask for each other's pictures. A push node stands by. */
async function createScene() {
  const clock = createTestClock()
  const hub = createMemoryNetworkHub({ clock })
  const nodeSeed = seededRandom(900)(32)
  const nodeId = peerIdOfKey(await crypto.ed25519PublicKey(nodeSeed))
  const holder = createHolder({
    store: createMemoryStore(),
    clock,
    crypto,
    seed: nodeSeed,
    isPushNode: true,
    log: createMemoryLog(),
    limits: { workBits: 4 },
  })
  const pushNodes = [hub.serveMailbox(nodeId, (from, request) => holder.serve(from, request))]
  const portsOf = (seed: number): Ports => ({
    store: createMemoryStore(),
    clock,
    random: seededRandom(seed),
    crypto,
    log: createMemoryLog(),
    createNetwork: async (deviceSeed) =>
      hub.createNetwork(peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed)), { pushNodes }),
  })
  const watched = new Watched(portsOf(1))
  const alice = await openEngine(watched.ports, { name: 'Alice' })
  const bob = await openEngine(portsOf(2), { name: 'Bob' })
  return { clock, watched, alice, bob }
}

type Scene = Awaited<ReturnType<typeof createScene>>

/** What happens in the life of the scene, one step after the other. */
function* life({ alice, bob }: Scene): Generator<() => Promise<unknown>> {
  let link = ''
  let id = ''
  yield async () => ({ link } = await alice.call('invites.create', {}))
  yield async () => ({ id } = await bob.call('contacts.add', { link, text: 'hello' }))
  yield async () => {
    const [request] = await alice.call('requests.list', {})
    if (request !== undefined) await alice.call('requests.accept', { id: request.id })
  }
  const write = (engine: Engine, text: string) => async () =>
    engine.call('messages.send', { conversation: id, text }).catch(() => undefined)
  yield write(alice, 'one')
  yield write(bob, 'two')
  yield async () => bob[Symbol.asyncDispose]()
  yield write(alice, 'while he is away')
}

/** Pauses between two steps: nothing, a moment, the time of a dial, of a deposit, of an upkeep. */
const PAUSES_MS = [0, 20, 300, 1_200, 15_000]

describe('an engine that was stopped', () => {
  for (const pauseMs of PAUSES_MS) {
    test(`law 9: leaves everything alone, whenever that is, with ${pauseMs} ms between what happens`, async () => {
      const all: unknown[] = []
      for (let steps = 0; steps <= 7; steps++) {
        const scene = await createScene()
        const { clock, watched, alice, bob } = scene
        let done = 0
        for (const step of life(scene)) {
          if (done++ === steps) break
          await step()
          await clock.run(done === steps ? pauseMs : Math.max(pauseMs, 2_000))
        }
        const query = alice.live('conversations.list', {})
        const stopped = alice[Symbol.asyncDispose]()
        watched.disturb()
        await Promise.resolve()
        watched.disturb()
        await clock.run(5_000)
        await stopped
        const { size } = watched.timers
        watched.disturb()
        alice.live('contacts.list', {}).dispose()
        query.dispose()
        await clock.run(120_000)
        watched.disturb()
        await clock.run(120_000)
        const found = [...new Set(watched.misdeeds)]
        if (size + watched.timers.size + found.length > 0) all.push({ steps, size, left: watched.timers.size, found })
        await bob[Symbol.asyncDispose]()
      }
      expect(all).toEqual([])
    })
  }
})
