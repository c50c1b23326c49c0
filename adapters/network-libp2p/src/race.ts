/**
 * Many ways to the same place, tried one after the other without waiting for each to fail: the first that arrives
 * wins and the others end. As RFC 8305 does for addresses, with ways that are found out meanwhile. Spec: NET-2.
 */
import type { Cancel } from '@parley/engine'

export interface Source<Way> {
  /** When it is asked: this long after the start, or as soon as nothing else is under way. */
  readonly delayMs: number
  /** Finds ways, the best first. A rejection counts as one more failure. */
  readonly find: (signal: AbortSignal) => Promise<readonly Way[]>
}

export interface RaceOptions<Way, Result> {
  readonly sources: readonly Source<Way>[]
  /** Two ways with the same key are one. */
  readonly key: (way: Way) => string
  /** Goes one way; ends soon after its signal aborts. */
  readonly attempt: (way: Way, signal: AbortSignal) => Promise<Result>
  /** For a result that came after another had won. */
  readonly discard: (result: Result) => void
  /** Pause between the starts of two attempts while neither has failed. */
  readonly attemptDelayMs: number
  readonly attemptsAtOnceMax: number
  readonly after: (delayMs: number, fire: () => void) => Cancel
}

/**
 * The first attempt that succeeds. Rejects with an AggregateError of every failure once each source is asked and each
 * way tried, or with the reason of `signal`. Every attempt and timer has ended or been told to end then.
 */
export function race<Way, Result>(options: RaceOptions<Way, Result>, signal: AbortSignal): Promise<Result> {
  return new Race(options, signal).result
}

class Race<Way, Result> {
  readonly #options: RaceOptions<Way, Result>
  readonly #outcome = Promise.withResolvers<Result>()
  readonly #controller = new AbortController()
  readonly #seen = new Set<string>()
  readonly #failures: unknown[] = []
  /** Ways that wait, by the source that found them; the source whose turn is next comes first. */
  readonly #waiting = new Map<Source<Way>, Way[]>()
  /** Sources that were not asked yet, and the timers that ask them. */
  readonly #unasked: Map<Source<Way>, Cancel>
  #asking = 0
  #running = 0
  #pause: Cancel | undefined
  #isOver = false

  constructor(options: RaceOptions<Way, Result>, signal: AbortSignal) {
    this.#options = options
    this.#unasked = new Map()
    const abort = (): void => this.#end(() => this.#outcome.reject(signal.reason))
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#controller.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort))
    for (const source of options.sources) {
      this.#unasked.set(
        source,
        options.after(source.delayMs, () => void this.#ask(source)),
      )
    }
    this.#proceed()
  }

  get result(): Promise<Result> {
    return this.#outcome.promise
  }

  async #ask(source: Source<Way>): Promise<void> {
    this.#unasked.get(source)?.()
    if (this.#isOver || !this.#unasked.delete(source)) return
    this.#asking += 1
    try {
      const found = await source.find(this.#controller.signal)
      const fresh = found.filter((way) => {
        const key = this.#options.key(way)
        return !this.#seen.has(key) && this.#seen.add(key)
      })
      if (fresh.length > 0) this.#waiting.set(source, fresh)
    } catch (error) {
      this.#failures.push(error)
    } finally {
      this.#asking -= 1
    }
    this.#proceed()
  }

  #proceed(): void {
    if (this.#isOver) return
    if (this.#pause === undefined && this.#running < this.#options.attemptsAtOnceMax) {
      const way = this.#nextWay()
      if (way !== undefined) return this.#start(way)
    }
    if (this.#running + this.#asking + this.#waiting.size > 0) return
    const [next] = this.#unasked.keys()
    if (next !== undefined) return void this.#ask(next)
    this.#end(() => {
      const what = this.#seen.size === 0 ? 'no address is known' : `${this.#seen.size} addresses tried`
      this.#outcome.reject(new AggregateError(this.#failures, what))
    })
  }

  /** Sources take turns: the many ways of one do not keep the only one of another waiting. */
  #nextWay(): Way | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [source, [way, ...others]] = first
    this.#waiting.delete(source)
    if (others.length > 0) this.#waiting.set(source, others)
    return way
  }

  #start(way: Way): void {
    this.#running += 1
    this.#pause = this.#options.after(this.#options.attemptDelayMs, () => this.#goOn())
    this.#options.attempt(way, this.#controller.signal).then(
      (result) => {
        this.#running -= 1
        if (this.#isOver) this.#options.discard(result)
        else this.#end(() => this.#outcome.resolve(result))
      },
      (error: unknown) => {
        this.#running -= 1
        this.#failures.push(error)
        this.#goOn()
      },
    )
  }

  #goOn(): void {
    this.#pause?.()
    this.#pause = undefined
    this.#proceed()
  }

  #end(settle: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#pause?.()
    for (const cancel of this.#unasked.values()) cancel()
    settle()
    this.#controller.abort(new Error('another way was faster'))
  }
}
