/**
 * The streams of one socket, the node's half: items go out in frames of what is there already, and none is asked for
 * while the reader is slow. Spec: API-10, API-20.
 */

/** Streams that run on one socket at a time. */
export const SOCKET_STREAMS_MAX = 16
/** Items of one frame, and the letters of their JSON after which a frame is full. */
export const SOCKET_ITEMS_MAX = 256
export const SOCKET_ITEMS_LENGTH_MAX = 65_536
/** Turns of the microtask queue in which an item that is at hand arrives. */
const TURNS_MAX = 8

export interface StreamsPeer {
  isSlow(): boolean
  /** One frame of items, each of them JSON already. */
  sendItems(id: number, items: readonly string[]): void
  ended(id: number): void
  failed(id: number, error: unknown): void
}

export class SocketStreams {
  readonly #peer: StreamsPeer
  readonly #byId = new Map<number, AbortController>()
  /** Streams that wait for the reader. */
  #waiting: (() => void)[] = []

  constructor(peer: StreamsPeer) {
    this.#peer = peer
  }

  get size(): number {
    return this.#byId.size
  }

  has(id: number): boolean {
    return this.#byId.has(id)
  }

  /** Starts a stream. What `open` throws is thrown here. */
  open(id: number, open: (signal: AbortSignal) => AsyncIterable<unknown>): void {
    const controller = new AbortController()
    const items = open(controller.signal)[Symbol.asyncIterator]()
    this.#byId.set(id, controller)
    void this.#pump(id, controller.signal, items)
  }

  /** Nothing with this id is sent any more. */
  end(id: number): void {
    const controller = this.#byId.get(id)
    this.#byId.delete(id)
    controller?.abort()
    this.drained()
  }

  /** The network took bytes. */
  drained(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const proceed of waiting) proceed()
  }

  close(): void {
    for (const id of this.#byId.keys()) this.end(id)
  }

  async #pump(id: number, signal: AbortSignal, items: AsyncIterator<unknown>): Promise<void> {
    const batch = new Batch()
    let failure: { readonly error: unknown } | undefined
    try {
      for (let isOver = false; !isOver && !signal.aborted;) {
        const next = items.next()
        if (batch.isFull || (batch.isWaiting && !(await settlesSoon(next)))) await this.#flush(id, signal, batch)
        const item = await next
        if (item.done === true) isOver = true
        else batch.add(item.value)
      }
    } catch (error) {
      failure = { error }
    }
    await this.#flush(id, signal, batch)
    if (signal.aborted) {
      // Whoever is asked to stop may still be busy with the item before: nobody waits for that.
      items.return?.().catch(() => undefined)
      return
    }
    this.#byId.delete(id)
    if (failure === undefined) this.#peer.ended(id)
    else this.#peer.failed(id, failure.error)
  }

  async #flush(id: number, signal: AbortSignal, batch: Batch): Promise<void> {
    while (!signal.aborted && this.#peer.isSlow()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const texts = batch.take()
    if (!signal.aborted && texts.length > 0) this.#peer.sendItems(id, texts)
  }
}

class Batch {
  #texts: string[] = []
  #length = 0

  get isWaiting(): boolean {
    return this.#texts.length > 0
  }
  get isFull(): boolean {
    return this.#texts.length >= SOCKET_ITEMS_MAX || this.#length >= SOCKET_ITEMS_LENGTH_MAX
  }
  add(item: unknown): void {
    const text = JSON.stringify(item)
    this.#texts.push(text)
    this.#length += text.length
  }
  take(): readonly string[] {
    const texts = this.#texts
    this.#texts = []
    this.#length = 0
    return texts
  }
}

/** Whether `promise` is settled by what is at hand. Its failure is somebody else's to see. */
async function settlesSoon(promise: Promise<unknown>): Promise<boolean> {
  const seen = { isSettled: false }
  const settled = (): void => {
    seen.isSettled = true
  }
  promise.then(settled, settled)
  for (let turn = 0; turn < TURNS_MAX && !seen.isSettled; turn++) await Promise.resolve()
  return seen.isSettled
}
