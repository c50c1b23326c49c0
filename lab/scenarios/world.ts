/** A few people with real engines on one clock and one network in memory: the stage of the scenarios. */
import { createMemoryLog, createMemoryNetworkHub, createMemoryStore, createTestClock, seededRandom } from '@parley/adapter-memory'
import type { MemoryStore } from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { peerIdOfKey, type CryptoPort } from '@parley/core'
import { openEngine, type Engine, type EngineOptions, type Message, type Ports } from '@parley/engine'

export interface Person {
  readonly name: string
  readonly engine: Engine
  readonly account: string
  readonly log: ReturnType<typeof createMemoryLog>
  readonly store: MemoryStore
  /** Ends the engine; the data stays for {@link World.restart}. */
  stop(): Promise<void>
}

export interface World extends AsyncDisposable {
  /** Lets `ms` of time pass, with everything that happens in it. */
  pass(ms: number): Promise<void>
  open(name: string, options?: EngineOptions & { readonly store?: MemoryStore }): Promise<Person>
  restart(person: Person, options?: EngineOptions): Promise<Person>
  readonly clock: ReturnType<typeof createTestClock>
}

let sharedCrypto: Promise<CryptoPort> | undefined

export async function createWorld(): Promise<World> {
  const clock = createTestClock()
  const hub = createMemoryNetworkHub({ clock })
  const crypto = await (sharedCrypto ??= createNodeCrypto())
  const people = new Set<Person>()
  let seed = 1
  const world: World = {
    clock,
    async pass(ms) {
      await clock.run(ms)
    },
    async open(name, options = {}) {
      const log = createMemoryLog()
      const store = options.store ?? createMemoryStore()
      const ports: Ports = {
        store,
        clock,
        random: seededRandom(seed++),
        crypto,
        log,
        createNetwork: async (deviceSeed) => hub.createNetwork(peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed))),
      }
      const engine = await openEngine(ports, { name, ...options })
      const { account } = await engine.call('me.get', {})
      const person: Person = {
        name,
        engine,
        account,
        log,
        store,
        async stop() {
          people.delete(person)
          await engine[Symbol.asyncDispose]()
        },
      }
      people.add(person)
      return person
    },
    async restart(person, options = {}) {
      await person.stop()
      return world.open(person.name, { ...options, store: person.store.reopen() })
    },
    async [Symbol.asyncDispose]() {
      for (const person of [...people]) await person.stop()
    },
  }
  return world
}

/** `bob` follows an invite of `alice`, she accepts, and both know it. @returns the conversation's id. */
export async function befriend(world: World, alice: Person, bob: Person): Promise<string> {
  const { link } = await alice.engine.call('invites.create', {})
  const { id } = await bob.engine.call('contacts.add', { link })
  await world.pass(2_000)
  const [request] = await alice.engine.call('requests.list', {})
  if (request === undefined) throw new Error('the request has not arrived')
  await alice.engine.call('requests.accept', { id: request.id })
  await world.pass(2_000)
  return id
}

export const send = (person: Person, conversation: string, text: string): Promise<Message> =>
  person.engine.call('messages.send', { conversation, text })

/** Texts of the newest page, in display order. */
export async function texts(person: Person, conversation: string): Promise<readonly string[]> {
  const { messages } = await person.engine.call('messages.page', { conversation, limit: 200 })
  return messages.map(({ content }) => (content.type === 'text' ? content.text : content.type))
}
