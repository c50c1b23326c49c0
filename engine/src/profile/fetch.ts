/** One stream of answers: what is here at once, the others as they are found, each id exactly once. Spec: PFX-10, PFX-12. */
import { PROFILES_WAITING_MAX } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { ProfileAnswer } from '../api/schema.ts'
import type { CachedProfile } from './cache.ts'
import type { Priority } from './lane.ts'
import type { LookedUp } from './lookups.ts'

/** Ids that are looked up in memory and on disk before the first of them is given. */
const CHUNK = 256

/** Counts the ids of all streams of one account that still wait for their answer. */
export interface Waiting {
  count: number
}

export interface FetchHost {
  readonly waiting: Waiting
  fromCache(id: string): ProfileAnswer | undefined
  /** `undefined`: there is no such person. */
  look(id: string, priority: Priority): { readonly result: Promise<LookedUp>; readonly cancel: () => void } | undefined
  /** Whether it was confirmed lately. */
  isFresh(cached: CachedProfile): boolean
  /** A look that nobody waits for. */
  refresh(id: string, priority: Priority): void
}

/**
 * Answers each distinct id once: from the cache at once, and then looks again behind it if that is old; else when it was
 * looked up. Leaving the loop cancels what nobody else waits for.
 * @throws EngineError `RATE_LIMITED` before anything is asked, when PROFILES_WAITING_MAX ids would wait in all streams; the
 * reason of the first of `signals` that aborts.
 */
export async function* fetchProfiles(
  host: FetchHost,
  ids: readonly string[],
  priority: Priority,
  signals: readonly AbortSignal[],
): AsyncGenerator<ProfileAnswer, void, undefined> {
  const distinct = [...new Set(ids)]
  const { waiting } = host
  if (waiting.count + distinct.length > PROFILES_WAITING_MAX)
    throw new EngineError('RATE_LIMITED', 'too many profiles are waited for')
  let left = distinct.length
  waiting.count += left
  const answered = () => {
    left--
    waiting.count--
  }
  const looks = new Looks(host, signals)
  try {
    for (let start = 0; start < distinct.length; start += CHUNK) {
      looks.check()
      const hits: ProfileAnswer[] = []
      for (const id of distinct.slice(start, start + CHUNK)) {
        const hit = host.fromCache(id)
        if (hit === undefined) looks.add(id, host.look(id, priority))
        else hits.push(hit)
        if (hit?.isFresh === false) host.refresh(id, priority)
      }
      for (const hit of hits) {
        answered()
        yield hit
        looks.check()
      }
    }
    for (let answer = await looks.next(); answer !== undefined; answer = await looks.next()) {
      answered()
      yield answer
    }
  } finally {
    waiting.count -= left
    looks.end()
  }
}

class Looks {
  readonly #host: FetchHost
  readonly #signals: readonly AbortSignal[]
  readonly #cancels = new Set<() => void>()
  readonly #ready: ProfileAnswer[] = []
  #left = 0
  #isEnded = false
  #changed = Promise.withResolvers<void>()
  readonly #wake = () => this.#changed.resolve()

  constructor(host: FetchHost, signals: readonly AbortSignal[]) {
    this.#host = host
    this.#signals = signals
    for (const signal of signals) signal.addEventListener('abort', this.#wake, { once: true })
  }

  check(): void {
    for (const signal of this.#signals) signal.throwIfAborted()
  }

  add(id: string, look: ReturnType<FetchHost['look']>): void {
    this.#left++
    if (look === undefined) {
      this.#ready.push({ id, outcome: 'failed', isFresh: false, source: 'none' })
      return
    }
    this.#cancels.add(look.cancel)
    void look.result.then((result) => {
      if (this.#isEnded) return
      this.#cancels.delete(look.cancel)
      look.cancel()
      this.#ready.push(this.#answerOf(id, result))
      this.#wake()
    })
  }

  /** The next answer as soon as there is one; `undefined` after the last. */
  async next(): Promise<ProfileAnswer | undefined> {
    for (;;) {
      this.check()
      const answer = this.#ready.shift()
      if (answer !== undefined) this.#left--
      if (answer !== undefined || this.#left === 0) return answer
      this.#changed = Promise.withResolvers<void>()
      if (this.#signals.some(({ aborted }) => aborted)) continue
      await this.#changed.promise
    }
  }

  end(): void {
    this.#isEnded = true
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#wake)
    for (const cancel of this.#cancels) cancel()
  }

  #answerOf(id: string, result: LookedUp): ProfileAnswer {
    if (result.type !== 'found') return { id, outcome: result.type, isFresh: false, source: 'none' }
    const { cached, source } = result
    return { id, outcome: 'found', profile: cached.profile, isFresh: this.#host.isFresh(cached), source }
  }
}
