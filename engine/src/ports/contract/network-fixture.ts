/** A network with everything that happened on its links, for the contract suite and the adapters' own tests. */
import type { Link, LinkCloseReason, NetworkPort } from '../network.ts'

/** One link as its owner sees it. */
export interface SeenLink {
  readonly link: Link
  /** Frames delivered on it. */
  readonly frames: number
  readonly closeReasons: readonly LinkCloseReason[]
  readonly closed: Promise<LinkCloseReason>
  /** Starts listening, when the member was told not to. */
  listen(): void
}

export interface Member {
  readonly id: string
  readonly network: NetworkPort
  readonly links: readonly SeenLink[]
  /** The newest link. */
  readonly last: SeenLink
  readonly link: Link
  readonly openLinks: number
  /** Frames delivered on any link. */
  readonly frames: number
  /** Frames that were not the expected next one. */
  readonly faults: readonly string[]
  onFrame: (frame: Uint8Array) => void
  connect(other: Member): Promise<void>
  /** Resolves with the newest link when there have been `count` of them. */
  opened(count: number): Promise<SeenLink>
  /** Sends frames of these lengths on the newest link, waiting for room; stops when the link closes. */
  sendAll(lengths: readonly number[]): Promise<void>
  /** Resolves when frames of these lengths have arrived since the last call; anything else is a fault. */
  receiveAll(lengths: readonly number[]): Promise<void>
  /** Takes one more frame and then none until the returned function is called. */
  hold(): () => void
  /** The next `onDrain` of the newest link. */
  drained(): Promise<void>
  /** A few turns of the event loop, with input and output in each. */
  turn(): Promise<void>
  /** Resolves when `condition` holds; it is looked at after everything that happens on a link or to the status. */
  until(condition: () => boolean): Promise<void>
}

/** A signal that never aborts. */
export const never = (): AbortSignal => new AbortController().signal

const HEADER = 4

/** Frame `index` of a run: says which one it is and has contents that depend on it. */
export function frameOf(index: number, length: number): Uint8Array {
  const frame = new Uint8Array(length)
  for (let at = 0; at < length; at++) frame[at] = (index * 31 + at * 7 + (at >>> 8)) & 0xff
  for (let at = 0; at < Math.min(HEADER, length); at++) frame[at] = (index >>> (8 * at)) & 0xff
  return frame
}

function isFrame(frame: Uint8Array, index: number, length: number): boolean {
  if (frame.length !== length) return false
  for (let at = 0; at < Math.min(HEADER, length); at++) if (frame[at] !== ((index >>> (8 * at)) & 0xff)) return false
  for (let at = HEADER; at < length; at++) {
    if (frame[at] !== ((index * 31 + at * 7 + (at >>> 8)) & 0xff)) return false
  }
  return true
}

/** Two members with a link, the first having dialled. */
export async function linkedPair(join: () => Promise<Member>): Promise<readonly [Member, Member]> {
  const [first, second] = [await join(), await join()]
  await first.connect(second)
  await Promise.all([first.opened(1), second.opened(1)])
  return [first, second]
}

/** `count` lengths from 1 to `lengthMax`, the same every time. */
export function randomLengths(count: number, lengthMax: number): readonly number[] {
  let state = 0x2545f491
  return Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return 1 + ((state >>> 0) % lengthMax)
  })
}

interface Waiter {
  readonly condition: () => boolean
  readonly resolve: () => void
}

/** Starts `network` and records what happens on it. */
export async function joinNetwork(network: NetworkPort, { isListening = true } = {}): Promise<Member> {
  const recorder = new Recorder(network, isListening)
  await network.start({
    onLink: (link) => recorder.add(link),
    onStatus: () => recorder.changed(),
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
  })
  return recorder
}

class Recorder implements Member {
  readonly network: NetworkPort
  readonly links: SeenLink[] = []
  readonly faults: string[] = []
  frames = 0
  onFrame: (frame: Uint8Array) => void = () => undefined
  readonly #isListening: boolean
  readonly #waiters = new Set<Waiter>()
  #drains = 0
  #held: Promise<void> | undefined
  /** Frames to come: their lengths, and how many of them came. */
  #expected: readonly number[] = []
  #received = 0
  /** Frames that came before anybody asked for them. */
  readonly #early: Uint8Array[] = []

  constructor(network: NetworkPort, isListening: boolean) {
    this.network = network
    this.#isListening = isListening
  }

  get id(): string {
    return this.network.peerId
  }

  get last(): SeenLink {
    const last = this.links.at(-1)
    if (last === undefined) throw new Error('no link yet')
    return last
  }

  get link(): Link {
    return this.last.link
  }

  get openLinks(): number {
    return this.links.filter(({ closeReasons }) => closeReasons.length === 0).length
  }

  add(link: Link): void {
    const { promise: closed, resolve } = Promise.withResolvers<LinkCloseReason>()
    const closeReasons: LinkCloseReason[] = []
    const count = { frames: 0 }
    const listen = (): void =>
      link.listen({
        onFrame: (frame) => {
          count.frames += 1
          return this.#take(frame)
        },
        onDrain: () => {
          this.#drains += 1
          this.changed()
        },
        onClose: (reason) => {
          closeReasons.push(reason)
          resolve(reason)
          this.changed()
        },
      })
    const seen: SeenLink = {
      link,
      closeReasons,
      closed,
      listen,
      get frames() {
        return count.frames
      },
    }
    this.links.push(seen)
    if (this.#isListening) listen()
    this.changed()
  }

  connect(other: Member): Promise<void> {
    return this.network.connect(other.id, other.network.addresses(), never())
  }

  async opened(count: number): Promise<SeenLink> {
    await this.until(() => this.links.length >= count)
    return this.last
  }

  async sendAll(lengths: readonly number[]): Promise<void> {
    const { link, closeReasons } = this.last
    for (const [index, length] of lengths.entries()) {
      const frame = frameOf(index, length)
      while (!link.send(frame)) {
        await this.drained()
        if (closeReasons.length > 0) return
      }
    }
  }

  async receiveAll(lengths: readonly number[]): Promise<void> {
    this.#expected = lengths
    this.#received = 0
    for (const frame of this.#early.splice(0)) this.#check(frame)
    await this.until(() => this.#received >= lengths.length)
    this.#expected = []
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  drained(): Promise<void> {
    const before = this.#drains
    const last = this.last
    return this.until(() => this.#drains > before || last.closeReasons.length > 0)
  }

  async turn(): Promise<void> {
    for (let round = 0; round < 5; round++) await macrotask()
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add({ condition, resolve })
    return promise
  }

  changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.condition()) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #take(frame: Uint8Array): void | Promise<void> {
    this.frames += 1
    this.onFrame(frame)
    if (this.#expected.length === 0) this.#early.push(frame)
    else this.#check(frame)
    this.changed()
    return this.#held
  }

  #check(frame: Uint8Array): void {
    const index = this.#received
    const length = this.#expected[index]
    this.#received += 1
    if (length !== undefined && isFrame(frame, index, length)) return
    this.faults.push(`frame ${index} of ${frame.length} bytes is not the one of ${length} bytes`)
  }
}

declare function setTimeout(task: () => void, delayMs: number): unknown
const macrotask = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))
