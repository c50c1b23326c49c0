/** One person with one device: the processes that its engine lives in, one after the other, over one disk. */
import { createSeededCrypto, createSeededRandom } from '@parley/adapter-crypto-node'
import { peerIdOfKey, utf8, type CryptoPort } from '@parley/core'
import { EngineError, openEngine, PortError } from '@parley/engine'
import type { Engine, LogPort, OperationName, Params, Ports, ResultOf, StreamName } from '@parley/engine'
import { SimClock, type Wall } from './clock.ts'
import { KeyWatch } from './key-watch.ts'
import type { SimNetwork, Switchboard } from './network.ts'
import { Disk, SimStore } from './store.ts'
import type { Watch } from './watch.ts'

/** What a person may be told without anything being wrong: the world moved on while they were pressing the button. */
const ORDINARY_ERRORS: readonly string[] = [
  'CONTACT_BLOCKED',
  'CONVERSATION_NOT_FOUND',
  'INVITE_EXPIRED',
  'MESSAGE_NOT_FOUND',
  'REQUEST_NOT_FOUND',
]

/** Looked at all the time, as the page does. */
const LIVE_QUERIES = ['conversations.list', 'requests.list', 'contacts.list'] as const

/** One run of the program. */
interface Process {
  readonly number: number
  readonly clock: SimClock
  readonly store: SimStore
  network: SimNetwork | undefined
  engine: Engine | undefined
  live: readonly { readonly name: (typeof LIVE_QUERIES)[number]; peek(): unknown }[]
  isDead: boolean
}

export interface PersonEvents {
  /** The process died; somebody has to start it again. */
  down(person: Person): void
  /** Before each commit. */
  committing(person: Person): void
}

export class Person {
  readonly name: string
  readonly wall: Wall = { skewMs: 0 }
  readonly disk = new Disk()
  readonly keys = new KeyWatch()
  /** Set when the device first opens. */
  account = ''
  peerId = ''
  /** A restarted device listens elsewhere. */
  movesOnRestart = false
  /** Addresses of the push nodes that the next process has configured. */
  pushNodes: readonly string[] = []
  /** The app is closed on purpose: a crash does not open it again. */
  isAway = false
  readonly #board: Switchboard
  readonly #watch: Watch
  readonly #events: PersonEvents
  readonly #base: CryptoPort
  readonly #seed: number
  #process: Process | undefined
  #processes = 0

  constructor(
    name: string,
    world: { board: Switchboard; watch: Watch; crypto: CryptoPort; seed: number },
    events: PersonEvents,
  ) {
    this.name = name
    this.#board = world.board
    this.#watch = world.watch
    this.#base = world.crypto
    this.#seed = world.seed
    this.#events = events
  }

  get engine(): Engine | undefined {
    return this.#process?.engine
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Starts the program. Whatever stops it on its way is reported as a crash. */
  open(): void {
    if (this.#process !== undefined) return
    const { timeline } = this.#board.host
    const number = ++this.#processes
    const process: Process = {
      number,
      clock: new SimClock(timeline, this.wall, this.#watch.isTracing),
      store: new SimStore(this.disk, this.disk.open(), {
        crashed: (isDurable) => this.#onCrash(process, isDurable),
        diskFull: () => this.#board.host.tally.count('commit refused: disk full'),
        wroteOutside: (sql) => this.#watch.breach(`${this.name} wrote outside a commit: ${sql}`),
        usedAfterClose: () => {
          const { stack = '' } = new Error('here')
          this.#watch.breach(`${this.name} uses the store after it was closed:\n${stack}`)
        },
        committing: () => this.#events.committing(this),
      }),
      network: undefined,
      engine: undefined,
      live: [],
      isDead: false,
    }
    this.#process = process
    this.#watch.trace(`${this.name} opens #${number}`)
    openEngine(this.#ports(process), { name: this.name })
      .then((engine) => this.#onOpened(process, engine))
      .catch((error: unknown) => {
        if (process.isDead) return
        const isEnvironment = error instanceof PortError && error.code === 'STORE_FULL'
        if (!isEnvironment) this.#watch.breach(`${this.name} cannot open: ${textOf(error)}`)
        this.#end(process, true)
        this.#events.down(this)
      })
  }

  /** Ends the program as it should be ended, and looks for what it leaves behind. */
  async stop(): Promise<void> {
    const process = this.#process
    if (process?.engine === undefined) return
    this.#watch.trace(`${this.name} stops`)
    const { engine, clock, network } = process
    this.#process = undefined
    try {
      await engine[Symbol.asyncDispose]()
    } catch (error) {
      this.#watch.breach(`${this.name} cannot stop: ${textOf(error)}`)
    }
    if (process.isDead) return
    if (clock.timers > 0) this.#watch.breach(`${this.name} left ${clock.timers} timers behind: ${clock.origins()}`)
    if (network !== undefined && network.openLinks > 0)
      this.#watch.breach(`${this.name} left ${network.openLinks} links behind`)
    this.#end(process, false)
  }

  /** The power fails, now. */
  crash(): void {
    const process = this.#process
    if (process !== undefined) this.#onCrash(process, false)
  }

  /**
   * What a person does through the app; `undefined` when the app is not running, or says no for an ordinary reason.
   * Anything else that goes wrong is a breach.
   */
  async do<N extends Exclude<OperationName, StreamName>>(name: N, params: Params<N>): Promise<ResultOf<N> | undefined> {
    const process = this.#process
    if (process?.engine === undefined) return undefined
    this.#watch.trace(`${this.name} ${name}`)
    try {
      return await process.engine.call(name, params)
    } catch (error) {
      if (!process.isDead && !this.#isOrdinary(error)) this.#watch.breach(`${this.name} ${name}: ${textOf(error)}`)
      return undefined
    }
  }

  /** At rest, what a live query shows is what a fresh one would. */
  async compareLive(): Promise<void> {
    for (const { name, peek } of this.#process?.live ?? []) {
      const shown = JSON.stringify(peek())
      const fresh = JSON.stringify(await this.do(name, {}))
      if (shown !== fresh) this.#watch.breach(`${this.name} is shown an old ${name}:\n  ${shown}\n  ${fresh}`)
    }
    this.#watch.check()
  }

  #isOrdinary(error: unknown): boolean {
    if (!(error instanceof EngineError)) return false
    const isDiskFull = error.code === 'STORE_FULL' && this.disk.isFull
    return isDiskFull || error.code === 'CLOSED' || ORDINARY_ERRORS.includes(error.code)
  }

  #ports(process: Process): Ports {
    const identity = utf8(`${this.#seed} ${this.name} ${process.number}`)
    const crypto = this.keys.over(createSeededCrypto(this.#base, identity))
    return {
      store: process.store,
      clock: process.clock,
      random: createSeededRandom(identity),
      crypto,
      log: this.#log(process),
      createNetwork: async (deviceSeed) => {
        this.peerId = peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed))
        const place = this.movesOnRestart ? process.number : 0
        process.network = this.#board.createNetwork(this.peerId, `/sim/${this.name}/${place}`, this.pushNodes)
        return process.network
      },
    }
  }

  #log(process: Process): LogPort {
    return {
      log: (level, message, fields = {}) => {
        if (process.isDead) return
        this.#board.host.tally.count(`log: ${message}`)
        this.#watch.onLogged(this.name, level, message, fields)
        if (level === 'error' && !this.disk.isFull) {
          this.#watch.breach(`${this.name} logged an error: ${message} ${JSON.stringify(fields)}`)
        }
      },
    }
  }

  async #onOpened(process: Process, engine: Engine): Promise<void> {
    if (process.isDead) return
    process.store.isOpening = false
    engine.on('messages.changed', ({ messages }) => {
      if (!process.isDead) this.#watch.onShown(this.name, messages)
    })
    process.live = LIVE_QUERIES.map((name) => ({ name, peek: engine.live(name, {}).peek }))
    const { account } = await engine.call('me.get', {})
    if (this.account !== '' && this.account !== account) this.#watch.breach(`${this.name} has another account`)
    this.account = account
    process.engine = engine
  }

  #onCrash(process: Process, isDurable: boolean): void {
    if (process.isDead) return
    this.#watch.trace(`${this.name} crashes${isDurable ? ' after a commit' : ''}`)
    this.#board.host.tally.count(process.engine === undefined ? 'crash while opening' : 'crash')
    this.#end(process, true)
    this.#events.down(this)
  }

  /** `isSudden`: nobody said goodbye, and sometimes not even the operating system. */
  #end(process: Process, isSudden: boolean): void {
    process.isDead = true
    // Whoever ended well has closed the store, and leaves it alone: that goes on being watched.
    if (isSudden) process.store.kill()
    process.clock.kill()
    if (isSudden) process.network?.kill(this.#board.host.dice.chance(0.5))
    if (this.#process === process) this.#process = undefined
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
