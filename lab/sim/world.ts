/**
 * A world of a seed: people with real engines, nodes that hold for them, a network and disks that fail, and a time that
 * only moves when the next event is due. The same seed gives the same world to the last byte.
 */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { decodeRequest, decodeResponse, type CryptoPort, type MailboxResponse } from '@parley/core'
import { createDice, type Dice } from './dice.ts'
import { Exchange, type ExchangeHost } from './exchange.ts'
import { NO_FAULTS, type Faults } from './faults.ts'
import { Left } from './left.ts'
import { NO_MAILBOX_FAULTS, type Lie, type MailboxFaults } from './mailbox-faults.ts'
import { Switchboard } from './network.ts'
import { Person } from './person.ts'
import { SimNode, type NodeHost } from './push-node.ts'
import { remembering } from './remembering.ts'
import { Tally } from './tally.ts'
import { Timeline } from './timeline.ts'
import { Watch } from './watch.ts'

export interface WorldOptions {
  readonly seed: number
  readonly people: number
  /** One push node for each, lying like that or honest. Everybody has all of them configured. */
  readonly pushNodes?: readonly (Lie | undefined)[]
  /** DHT servers that are no push nodes. */
  readonly dhtNodes?: number
  readonly isTracing?: boolean
  /** Test hook: true drops this frame silently. `from` and `to` are peer ids. */
  readonly isDoomed?: (from: string, to: string, frame: Uint8Array) => boolean
}

let sharedCrypto: Promise<CryptoPort> | undefined

export async function createWorld(options: WorldOptions): Promise<World> {
  const world = new World(options, await (sharedCrypto ??= createNodeCrypto().then(remembering)))
  const { pushNodes = [], dhtNodes = 0 } = options
  for (const [index, lie] of pushNodes.entries()) (await world.addNode(`push-${index}`, true)).setLie(lie)
  for (let index = 0; index < dhtNodes; index++) await world.addNode(`dht-${index}`, false)
  for (const person of world.people) person.pushNodes = world.exchange.pushNodes.map(({ address }) => address)
  return world
}

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave']
const RESTART_MS_MAX = 4_000

export class World {
  readonly seed: number
  readonly timeline = new Timeline()
  readonly tally = new Tally()
  readonly watch: Watch
  readonly board: Switchboard
  readonly exchange: Exchange
  readonly people: readonly Person[]
  /** What was left with nodes. */
  readonly left: Left
  /** Changed by the storm, and set to none when it is over. */
  faults: Faults = NO_FAULTS
  mailboxFaults: MailboxFaults = NO_MAILBOX_FAULTS
  events = 0
  framesSent = 0
  /** Test hook: something is about to happen at which a process may die. `who`: name of a person or a node. */
  onStep: (who: string, what: string) => void = () => undefined
  readonly #dice: Dice
  readonly #crypto: CryptoPort

  constructor({ seed, people, isTracing = false, isDoomed = () => false }: WorldOptions, crypto: CryptoPort) {
    this.seed = seed
    this.#crypto = crypto
    this.#dice = createDice(seed, 'world')
    this.watch = new Watch(this.timeline, isTracing)
    this.left = new Left(this.tally)
    this.exchange = new Exchange(this.#exchangeHost())
    const host = {
      timeline: this.timeline,
      dice: createDice(seed, 'network'),
      tally: this.tally,
      faults: () => this.faults,
      isPartitioned: (a: string, b: string) => this.board.isPartitioned(a, b),
      onSent: (from: string, to: string, frame: Uint8Array) => this.#onSent(from, to, frame),
      isDoomed,
      trace: (line: string) => this.watch.trace(line),
    }
    this.board = new Switchboard(host, this.exchange)
    const shared = { board: this.board, watch: this.watch, crypto, seed }
    this.people = Array.from({ length: people }, (_, index) => NAMES[index] ?? `Person-${index}`).map(
      (name) =>
        new Person(name, shared, {
          down: (person) => this.#onDown(person),
          committing: ({ name: who }) => this.onStep(who, 'commits'),
        }),
    )
  }

  /** A node that holds for others from now on. */
  async addNode(name: string, isPushNode: boolean): Promise<SimNode> {
    const node = await SimNode.create(this.#nodeHost(), this.seed, name, isPushNode)
    this.exchange.add(node)
    return node
  }

  /** Lets everything happen that is due in the next `durationMs`. @throws Breach when a law is broken. */
  async run(durationMs: number): Promise<void> {
    const endMs = this.timeline.nowMs + durationMs
    await this.settle()
    for (
      let nextMs = this.timeline.nextAtMs();
      nextMs !== undefined && nextMs <= endMs;
      nextMs = this.timeline.nextAtMs()
    ) {
      this.timeline.step()
      this.events++
      await this.settle()
    }
    this.timeline.advanceTo(endMs)
  }

  /**
   * Everything that awaits goes on until nothing does. Ports answer synchronously or in microtasks, all of which run
   * before the next turn; only the seeded encapsulation may need more of them, and says so.
   */
  async settle(): Promise<void> {
    do await turn()
    while (this.people.some(({ keys }) => keys.busy > 0))
    this.watch.check()
  }

  after(delayMs: number, run: () => void): void {
    this.timeline.after(delayMs, run)
  }

  /** Work that an event began and nobody waits for; it ends within the event, and must not fail. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.watch.breach(`the simulation failed: ${String(error)}`))
  }

  /** Whoever listens under this peer id. */
  personOf(peerId: string): Person | undefined {
    return this.people.find((person) => person.peerId === peerId)
  }

  /** The app is closed, and stays closed until {@link comeBack}. */
  async sendAway(person: Person): Promise<void> {
    person.isAway = true
    // One that is just opening is closed when it has.
    while (person.isRunning) {
      await person.stop()
      await this.run(person.isRunning ? 100 : 0)
    }
  }

  comeBack(person: Person): void {
    person.isAway = false
    person.open()
  }

  async stop(): Promise<void> {
    for (const person of this.people) {
      await person.stop()
      await this.settle()
    }
  }

  #onSent(from: string, to: string, frame: Uint8Array): void {
    this.framesSent++
    const person = this.personOf(from)
    this.watch.onSent(person?.name ?? from, frame)
    const wrong = person?.keys.onFrame(to, frame)
    if (wrong !== undefined) this.watch.breach(`${person?.name}: ${wrong}`)
  }

  #onDown(person: Person): void {
    this.after(this.#dice.between(10, RESTART_MS_MAX), () => person.isAway || person.open())
  }

  #onAsked(from: string, node: SimNode, request: Uint8Array): void {
    const person = this.personOf(from)
    if (person === undefined) return
    this.watch.onSent(person.name, request)
    const type = decodeRequest(request)?.type
    this.tally.count(`request: ${type}`)
    this.watch.trace(`${person.name} asks ${node.name}: ${type}`)
    for (const { block, to } of this.left.asked(person, node, request, this.timeline.nowMs)) {
      const wrong = person.keys.onBlock(to, block)
      if (wrong !== undefined) this.watch.breach(`${person.name}: ${wrong}`)
    }
  }

  #onAnswered(from: string, node: SimNode, answer: Uint8Array): void {
    this.watch.record(answer)
    const said = decodeResponse(answer)
    if (said?.type === 'blocks' && said.blocks.length > 0) this.tally.count('blocks fetched', said.blocks.length)
    if (said?.type === 'records' && said.records.length > 0) this.tally.count('pointers found', said.records.length)
    this.watch.trace(`${node.name} answers ${this.personOf(from)?.name ?? from}: ${gistOf(said)}`)
  }

  #step(who: string, what: string): void {
    this.onStep(this.personOf(who)?.name ?? who, what)
  }

  #exchangeHost(): ExchangeHost {
    return {
      timeline: this.timeline,
      dice: createDice(this.seed, 'exchange'),
      tally: this.tally,
      faults: () => this.mailboxFaults,
      isPartitioned: (a, b) => this.board.isPartitioned(a, b),
      onAsked: (from, node, request) => this.#onAsked(from, node, request),
      onAnswered: (from, node, _request, answer) => this.#onAnswered(from, node, answer),
      step: (who, what) => this.#step(who, what),
    }
  }

  #nodeHost(): NodeHost {
    const { timeline, tally, watch } = this
    return {
      timeline,
      tally,
      dice: createDice(this.seed, 'nodes'),
      crypto: this.#crypto,
      step: (who, what) => this.#step(who, what),
      changed: () => this.exchange.changed(),
      down: (node) => this.after(this.#dice.between(10, RESTART_MS_MAX), () => node.start()),
      trace: (line) => watch.trace(line),
      breach: (what) => watch.breach(what),
    }
  }
}

function gistOf(said: MailboxResponse | undefined): string {
  if (said === undefined) return 'garbage'
  switch (said.type) {
    case 'refused':
      return `refused ${said.reason}`
    case 'statuses':
      return said.statuses.join()
    case 'records':
      return `${said.records.length} records`
    case 'blocks':
      return `${said.blocks.length} blocks`
    case 'digests':
      return said.digests.map(({ length }) => (length > 0 ? 'has' : 'has not')).join()
    default:
      return said.type
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
