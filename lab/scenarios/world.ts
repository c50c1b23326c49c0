/** A few people with real engines on one clock and one network in memory: the stage of the scenarios. */
import {
  createMemoryLog,
  createMemoryNetworkHub,
  createMemoryStore,
  createTestClock,
  seededRandom,
  type MemoryNetworkHub,
  type MemoryStore,
  type TestClock,
} from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { decodeFrame, peerIdOfKey, type CryptoPort } from '@parley/core'
import {
  createHolder,
  openEngine,
  PortError,
  type ContactRequest,
  type Conversation,
  type Engine,
  type EngineOptions,
  type Holder,
  type HolderFigures,
  type HolderLimits,
  type Message,
  type Ports,
} from '@parley/engine'
import { tapNetwork, type Wire } from './wire.ts'

export interface Person {
  readonly name: string
  readonly engine: Engine
  readonly account: string
  readonly peerId: string
  readonly log: ReturnType<typeof createMemoryLog>
  readonly disk: Disk
  readonly wire: Wire
  /** Ends the engine; the data stays for {@link World.restart}. */
  stop(): Promise<void>
}

/** A disk that can be full, copied while it is in use, and opened again. */
export interface Disk {
  readonly store: MemoryStore
  isFull: boolean
  reopen(): Disk
}

export function createDisk(): Disk {
  const state = { isFull: false }
  const beforeCommit = () => {
    if (state.isFull) throw new PortError('STORE_FULL', 'no space left', true)
  }
  const over = (store: MemoryStore): Disk => ({
    store,
    get isFull() {
      return state.isFull
    },
    set isFull(isFull) {
      state.isFull = isFull
    },
    reopen: () => over(store.reopen()),
  })
  return over(createMemoryStore({ beforeCommit }))
}

export interface OpenOptions extends EngineOptions {
  readonly disk?: Disk
  readonly storage?: Ports['storage']
  readonly openNames?: Ports['openNames']
  /** How far this person's clock is off. */
  readonly skewMs?: number
}

export interface World extends AsyncDisposable {
  /** Lets `ms` of time pass, with everything that happens in it. */
  pass(ms: number): Promise<void>
  open(name: string, options?: OpenOptions): Promise<Person>
  restart(person: Person, options?: OpenOptions): Promise<Person>
  /**
   * A copy of everything that `person` has now, in the hands of somebody who can also pose as `contact` to it but says
   * nothing by himself: what the copy hears is what is injected into its wire.
   */
  steal(person: Person, contact: Person): Promise<Person>
  readonly clock: TestClock
  /** A push node that everybody who is opened from now on has configured. */
  openPushNode(limits?: Partial<HolderLimits>): Promise<PushNode>
}

/** A real holder on a store in memory. */
export interface PushNode {
  readonly address: string
  readonly store: MemoryStore
  figures(): HolderFigures
  /** Answers asked of it, in place of its own, when set. */
  bend: ((answer: Uint8Array | undefined, request: Uint8Array) => Uint8Array | undefined) | undefined
  /** Everything that it was asked, encoded. */
  readonly requests: Uint8Array[]
  /** Goes away; what it holds stays for {@link resume}. */
  stop(): void
  resume(): void
}

let sharedCrypto: Promise<CryptoPort> | undefined

export async function createWorld(): Promise<World> {
  const clock = createTestClock()
  const hub = createMemoryNetworkHub({ clock })
  const crypto = await (sharedCrypto ??= createNodeCrypto())
  const people = new Set<Person>()
  const pushNodes: PushNode[] = []
  let seed = 1
  const openOn = async (
    network: MemoryNetworkHub,
    name: string,
    { disk = createDisk(), storage, openNames, skewMs = 0, ...options }: OpenOptions,
  ) => {
    const log = createMemoryLog()
    let wire: Wire | undefined
    const ports: Ports = {
      store: disk.store,
      storage,
      openNames,
      clock: { now: () => clock.now() + skewMs, after: (delayMs, fire) => clock.after(delayMs, fire) },
      random: seededRandom(seed++),
      crypto,
      log,
      async createNetwork(deviceSeed) {
        const peerId = peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed))
        wire = tapNetwork(network.createNetwork(peerId, { pushNodes: pushNodes.map(({ address }) => address) }))
        return wire.network
      },
    }
    const engine = await openEngine(ports, { name, ...options })
    const { account, peerId } = await engine.call('me.get', {})
    if (wire === undefined) throw new Error('the engine made a network')
    const person: Person = {
      name,
      engine,
      account,
      peerId,
      log,
      disk,
      wire,
      async stop() {
        people.delete(person)
        await engine[Symbol.asyncDispose]()
      },
    }
    people.add(person)
    return person
  }
  return {
    clock,
    pass: (ms) => clock.run(ms),
    open: (name, options = {}) => openOn(hub, name, options),
    async openPushNode(limits = {}) {
      const deviceSeed = seededRandom(1_000 + pushNodes.length)(32)
      const peerId = peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed))
      const node = createPushNode({ hub, clock, crypto, peerId, deviceSeed, limits })
      pushNodes.push(node)
      return node
    },
    async restart(person, options = {}) {
      await person.stop()
      return openOn(hub, person.name, { ...options, disk: person.disk.reopen() })
    },
    async steal(person, contact) {
      const lair = createMemoryNetworkHub({ clock })
      const copies: Person[] = []
      for (const { name, disk } of [person, contact]) {
        const copy = createDisk()
        copyDatabase(disk.store, copy.store)
        const thief = await openOn(lair, `${name} (copy)`, { disk: copy })
        thief.wire.bend = (frame) => (decodeFrame(frame)?.type === 'auth' ? frame : undefined)
        copies.push(thief)
      }
      await clock.run(5_000)
      const [thief] = copies
      if (thief === undefined || thief.wire.links !== 1) throw new Error('the copies have found each other')
      return thief
    },
    async [Symbol.asyncDispose]() {
      for (const person of [...people]) await person.stop()
    },
  }
}

interface PushNodeOptions {
  readonly hub: MemoryNetworkHub
  readonly clock: TestClock
  readonly crypto: CryptoPort
  readonly peerId: string
  readonly deviceSeed: Uint8Array
  readonly limits: Partial<HolderLimits>
}

function createPushNode({ hub, clock, crypto, peerId, deviceSeed, limits }: PushNodeOptions): PushNode {
  let store = createMemoryStore()
  let holder: Holder | undefined
  const log = createMemoryLog()
  const serve = (): string =>
    hub.serveMailbox(peerId, async (from, request) => {
      node.requests.push(request.slice())
      const answer = await holder?.serve(from, request)
      return node.bend === undefined ? answer : node.bend(answer, request)
    })
  const open = (): Holder =>
    createHolder({ store, clock, crypto, seed: deviceSeed, isPushNode: true, log, limits: { workBits: 4, ...limits } })
  holder = open()
  const node: PushNode = {
    address: serve(),
    get store() {
      return store
    },
    figures() {
      if (holder === undefined) throw new Error('the push node is away')
      return holder.figures()
    },
    bend: undefined,
    requests: [],
    stop() {
      hub.endMailbox(peerId)
      holder?.stop()
      holder = undefined
    },
    resume() {
      store = store.reopen()
      holder = open()
      serve()
    },
  }
  return node
}

function copyDatabase(from: MemoryStore, to: MemoryStore): void {
  const version = Number(from.all('PRAGMA user_version')[0]?.['user_version'])
  const tables = from.all("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  to.transaction(() => {
    for (const { name, sql } of tables) {
      to.run(String(sql))
      for (const row of from.all(`SELECT * FROM ${String(name)}`)) {
        const marks = Object.keys(row).map(() => '?')
        to.run(
          `INSERT INTO ${String(name)} (${Object.keys(row).join(', ')}) VALUES (${marks.join(', ')})`,
          Object.values(row),
        )
      }
    }
    to.run(`PRAGMA user_version = ${version}`)
  })
}

/** `bob` follows an invite of `alice`, she accepts, and both know it. @returns the conversation's id. */
export async function befriend(world: World, alice: Person, bob: Person): Promise<string> {
  const { id } = await ask(world, bob, alice)
  const request = await onlyRequest(alice)
  await alice.engine.call('requests.accept', { id: request.id })
  await world.pass(2_000)
  return id
}

/** `asker` follows an invite of `host`, and the request has arrived if it can. */
export async function ask(world: World, asker: Person, host: Person, text?: string): Promise<Conversation> {
  const { link } = await host.engine.call('invites.create', {})
  const conversation = await asker.engine.call('contacts.add', { link, ...(text === undefined ? {} : { text }) })
  await world.pass(2_000)
  return conversation
}

export async function onlyRequest(person: Person): Promise<ContactRequest> {
  const requests = await person.engine.call('requests.list', {})
  const [request] = requests
  if (request === undefined || requests.length !== 1) throw new Error(`${requests.length} requests`)
  return request
}

export const send = (person: Person, conversation: string, text: string): Promise<Message> =>
  person.engine.call('messages.send', { conversation, text })

/** The newest page, in display order. */
export async function messages(person: Person, conversation: string): Promise<readonly Message[]> {
  return (await person.engine.call('messages.page', { conversation, limit: 200 })).messages
}

/** Texts of the newest page, in display order. */
export async function texts(person: Person, conversation: string): Promise<readonly string[]> {
  const page = await messages(person, conversation)
  return page.map(({ content }) => (content.type === 'text' ? content.text : content.type))
}

/** The state of each own message of the newest page. */
export async function states(person: Person, conversation: string): Promise<readonly string[]> {
  const page = await messages(person, conversation)
  return page.filter(({ sender }) => sender === person.account).map(({ state }) => state)
}

/** The code with which `work` fails; 'done' when it does not. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
