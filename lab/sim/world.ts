/**
 * A world of a seed: people with real engines, a network and disks that fail, and a time that only moves when the next
 * event is due. The same seed gives the same world to the last byte.
 */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import type { CryptoPort } from '@parley/core'
import { createDice, type Dice } from './dice.ts'
import { NO_FAULTS, type Faults } from './faults.ts'
import { Switchboard } from './network.ts'
import { Person } from './person.ts'
import { Tally } from './tally.ts'
import { Timeline } from './timeline.ts'
import { Watch } from './watch.ts'

export interface WorldOptions {
  readonly seed: number
  readonly people: number
  readonly isTracing?: boolean
  /** Test hook: true drops this frame silently. `from` and `to` are peer ids. */
  readonly isDoomed?: (from: string, to: string, frame: Uint8Array) => boolean
}

let sharedCrypto: Promise<CryptoPort> | undefined

export async function createWorld(options: WorldOptions): Promise<World> {
  return new World(options, await (sharedCrypto ??= createNodeCrypto()))
}

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave']
const RESTART_MS_MAX = 4_000

export class World {
  readonly seed: number
  readonly timeline = new Timeline()
  readonly tally = new Tally()
  readonly watch: Watch
  readonly board: Switchboard
  readonly people: readonly Person[]
  /** Changed by the storm, and set to none when it is over. */
  faults: Faults = NO_FAULTS
  events = 0
  framesSent = 0
  readonly #dice: Dice

  constructor({ seed, people, isTracing = false, isDoomed = () => false }: WorldOptions, crypto: CryptoPort) {
    this.seed = seed
    this.#dice = createDice(seed, 'world')
    this.watch = new Watch(this.timeline, isTracing)
    this.board = new Switchboard({
      timeline: this.timeline,
      dice: createDice(seed, 'network'),
      tally: this.tally,
      faults: () => this.faults,
      isPartitioned: (a, b) => this.board.isPartitioned(a, b),
      onSent: (from, to, frame) => this.#onSent(from, to, frame),
      isDoomed,
      trace: (line) => this.watch.trace(line),
    })
    const shared = { board: this.board, watch: this.watch, crypto, seed }
    this.people = NAMES.slice(0, people).map(
      (name) => new Person(name, shared, { down: (person) => this.#onDown(person) }),
    )
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
    this.after(this.#dice.between(10, RESTART_MS_MAX), () => person.open())
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
