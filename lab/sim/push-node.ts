/** One node that holds for others: the real holder over its own disk, its processes one after the other, and its lies. */
import { decodeRequest, encodeResponse, peerIdOfKey, utf8, sha256, type CryptoPort } from '@parley/core'
import { createHolder, type Holder, type LogPort } from '@parley/engine'
import { SimClock } from './clock.ts'
import type { Dice } from './dice.ts'
import { Liar, type Bent } from './lies.ts'
import type { Lie } from './mailbox-faults.ts'
import { Disk, SimStore } from './store.ts'
import type { Tally } from './tally.ts'
import type { Timeline } from './timeline.ts'

/** Few enough that the work of a world's strangers is done at once. */
const WORK_BITS = 4

export interface NodeHost {
  readonly timeline: Timeline
  readonly tally: Tally
  readonly dice: Dice
  readonly crypto: CryptoPort
  /** Before each commit of a node. */
  step(who: string, what: string): void
  /** A node went or came: everybody hears of it a little later. */
  changed(): void
  /** The process died; somebody has to start it again. */
  down(node: SimNode): void
  trace(line: string): void
  breach(what: string): void
}

interface Process {
  readonly clock: SimClock
  readonly store: SimStore
  readonly holder: Holder
}

export class SimNode {
  readonly name: string
  readonly peerId: string
  readonly address: string
  /** False: a DHT server that keeps pointers only. HLD-9 */
  readonly isPushNode: boolean
  /** Those who wait for an answer, to be told when the process is gone. */
  readonly pending = new Set<() => void>()
  isUp = true
  readonly #host: NodeHost
  readonly #seed: Uint8Array
  /** Made when there is something to hold: most nodes of a large world never hold anything. */
  #disk: Disk | undefined
  #process: Process | undefined
  #liar: Liar | undefined

  private constructor(
    host: NodeHost,
    options: {
      readonly name: string
      readonly seed: Uint8Array
      readonly peerId: string
      readonly isPushNode: boolean
    },
  ) {
    this.#host = host
    this.#seed = options.seed
    this.name = options.name
    this.peerId = options.peerId
    this.isPushNode = options.isPushNode
    this.address = `/sim/${options.name}/p2p/${options.peerId}`
  }

  static async create(host: NodeHost, worldSeed: number, name: string, isPushNode: boolean): Promise<SimNode> {
    const seed = sha256(utf8(`${worldSeed} ${name}`))
    const peerId = peerIdOfKey(await host.crypto.ed25519PublicKey(seed))
    return new SimNode(host, { name, seed, peerId, isPushNode })
  }

  get lie(): Lie | undefined {
    return this.#liar?.lie
  }

  /** From now on it lies like this, or not at all. */
  setLie(lie: Lie | undefined): void {
    const { tally, dice, crypto, timeline } = this.#host
    const now = () => new SimClock(timeline, { skewMs: 0 }).now()
    const lied = () => tally.count(`lie: ${lie}`)
    this.#liar = lie === undefined ? undefined : new Liar({ lie, dice, crypto, now, lied })
  }

  /** The disk, for the simulation to look at and to break; undefined when nothing was ever held. */
  get disk(): Disk | undefined {
    return this.#disk
  }

  /** What the node says, from its honest holder or bent. Undefined: it ends the stream. */
  async serve(from: string, request: Uint8Array): Promise<Bent> {
    const honest = (bytes: Uint8Array) => this.#honest(from, bytes)
    return this.#liar === undefined ? { answer: await honest(request), delayMs: 0 } : this.#liar.bend(request, honest)
  }

  async #honest(from: string, request: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.isUp) return undefined
    if (this.#disk === undefined && decodeRequest(request)?.type === 'find') {
      // What the holder says about an empty database.
      return encodeResponse({ type: 'records', records: [] })
    }
    this.#process ??= this.#opened()
    return this.#process?.holder.serve(from, request)
  }

  /** A new process on what is on the disk. */
  start(): void {
    if (this.isUp) return
    this.isUp = true
    if (this.#disk !== undefined) this.#process = this.#opened()
    if (this.isPushNode) this.#host.changed()
  }

  stop(): void {
    this.#process?.holder.stop()
    this.#end()
  }

  /** -9: nothing is flushed and nobody is told. `isSilent`: not even its host says that nobody is there. */
  kill(isSilent: boolean): void {
    this.#host.tally.count('push node killed')
    this.#host.trace(`${this.name} is killed`)
    this.#process?.store.kill()
    this.#end(isSilent)
    this.#host.down(this)
  }

  /** Everything that it held is gone; it does not know. */
  forget(): void {
    this.#host.tally.count('push node lost everything', this.#disk === undefined ? 0 : 1)
    this.#host.trace(`${this.name} forgets everything`)
    this.#process?.store.kill()
    this.#process?.clock.kill()
    this.#process = undefined
    this.#disk = undefined
  }

  #end(isSilent = false): void {
    this.isUp = false
    this.#process?.clock.kill()
    this.#process = undefined
    if (!isSilent) for (const fail of [...this.pending]) fail()
    this.pending.clear()
    if (this.isPushNode) this.#host.changed()
  }

  /** Undefined when it died while it was opening. */
  #opened(): Process | undefined {
    try {
      return this.#open()
    } catch (error) {
      if (this.isUp) throw error
      return undefined
    }
  }

  #open(): Process {
    const { timeline, crypto } = this.#host
    const disk = (this.#disk ??= new Disk())
    const clock = new SimClock(timeline, { skewMs: 0 })
    const store = new SimStore(disk, disk.open(), {
      crashed: () => this.kill(true),
      diskFull: () => this.#host.tally.count('push node disk full'),
      wroteOutside: (sql) => this.#host.breach(`${this.name} wrote outside a transaction: ${sql}`),
      committing: () => this.#host.step(this.name, 'commit'),
    })
    const { isPushNode } = this
    const limits = { workBits: WORK_BITS }
    const holder = createHolder({ store, clock, crypto, seed: this.#seed, isPushNode, limits, log: this.#log() })
    store.isOpening = false
    return { clock, store, holder }
  }

  #log(): LogPort {
    return {
      log: (level, message, fields = {}) => {
        const isEnding = !this.isUp || this.#disk?.isFull === true
        if (level === 'error' && !isEnding) this.#host.trace(`${this.name} ${message} ${JSON.stringify(fields)}`)
      },
    }
  }
}
