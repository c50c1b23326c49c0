/**
 * Keeps what a device needs of its push nodes: a connection to each and, where wanted, a reservation. Tries again for
 * ever, with a growing, jittered delay. Spec: NET-5.
 */
import { KEEPER_DELAY_MAX_MS, KEEPER_DELAY_MIN_MS, KEEPER_SPREAD_MS, KEEPER_STABLE_MS } from '@parley/core'
import type { Cancel, LogPort } from '@parley/engine'

export interface KeeperOptions {
  /** Names of what is kept, peer ids here. */
  readonly peers: readonly string[]
  /** Brings everything about one peer in order; rejects when it could not. Called again after a delay. */
  readonly ensure: (peer: string, signal: AbortSignal) => Promise<void>
  readonly after: (delayMs: number, fire: () => void) => Cancel
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: LogPort
}

export interface Keeper {
  start(): void
  /** Keeps one more peer, at once when it was started. */
  add(peer: string): void
  /** Lets it go; what runs for it is of no interest any more. */
  remove(peer: string): void
  /** Something about the peer is out of order: bring it in order after the next delay. */
  lost(peer: string): void
  /** Whatever waits or is under way begins anew at once, with short delays: the network is another one. */
  hurry(): void
  stop(): void
}

interface Kept {
  state: 'busy' | 'waiting' | 'kept'
  failures: number
  /** Lost again while busy. */
  isStale: boolean
  cancel: Cancel
  /** Ends the attempt that runs. */
  abort: Cancel
}

export function createKeeper(options: KeeperOptions): Keeper {
  const keptByPeer = new Map<string, Kept>(
    options.peers.map((peer) => [
      peer,
      { state: 'kept', failures: 0, isStale: false, cancel: () => undefined, abort: () => undefined },
    ]),
  )
  let isStopped = false
  let isStarted = false
  const isOver = (peer: string, kept: Kept): boolean => isStopped || keptByPeer.get(peer) !== kept

  const retry = (peer: string, kept: Kept, delayMs = keeperDelayMs(kept.failures, options.random())): void => {
    kept.cancel()
    kept.state = 'waiting'
    kept.cancel = options.after(delayMs, () => void attempt(peer, kept))
    kept.failures += 1
  }

  const attempt = async (peer: string, kept: Kept): Promise<void> => {
    kept.state = 'busy'
    kept.isStale = false
    const aborter = new AbortController()
    kept.abort = () => aborter.abort(new Error('the network is another one'))
    const failure = await options.ensure(peer, aborter.signal).then(() => undefined, String)
    if (isOver(peer, kept)) return
    if (aborter.signal.aborted) return attempt(peer, kept)
    if (failure !== undefined) options.log.log('debug', 'push node not in order', { error: failure })
    if (failure !== undefined || kept.isStale) return retry(peer, kept)
    kept.state = 'kept'
    kept.cancel = options.after(KEEPER_STABLE_MS, () => (kept.failures = 0))
  }

  return {
    start: () => {
      isStarted = true
      keptByPeer.forEach((kept, peer) => void attempt(peer, kept))
    },
    add: (peer) => {
      if (keptByPeer.has(peer) || isStopped) return
      const kept: Kept = {
        state: 'kept',
        failures: 0,
        isStale: false,
        cancel: () => undefined,
        abort: () => undefined,
      }
      keptByPeer.set(peer, kept)
      if (isStarted) void attempt(peer, kept)
    },
    remove: (peer) => {
      const kept = keptByPeer.get(peer)
      keptByPeer.delete(peer)
      kept?.cancel()
      kept?.abort()
    },
    lost: (peer) => {
      const kept = keptByPeer.get(peer)
      if (kept === undefined || isStopped) return
      if (kept.state === 'busy') kept.isStale = true
      else if (kept.state === 'kept')
        // Not everybody comes back to a push node that restarted in the same moment.
        retry(peer, kept, kept.failures === 0 ? Math.round(options.random() * KEEPER_SPREAD_MS) : undefined)
    },
    hurry: () => {
      if (isStopped) return
      keptByPeer.forEach((kept, peer) => {
        kept.failures = 0
        if (kept.state === 'busy') return kept.abort()
        if (kept.state !== 'waiting') return
        kept.cancel()
        void attempt(peer, kept)
      })
    },
    stop: () => {
      isStopped = true
      keptByPeer.forEach((kept) => {
        kept.abort()
        kept.cancel()
      })
    },
  }
}

/** Doubles from KEEPER_DELAY_MIN_MS to KEEPER_DELAY_MAX_MS; the upper half of each step is random. */
export function keeperDelayMs(failures: number, random: number): number {
  const ceilingMs = Math.min(KEEPER_DELAY_MAX_MS, KEEPER_DELAY_MIN_MS * 2 ** Math.min(failures + 1, 16))
  return Math.round(ceilingMs / 2 + (random * ceilingMs) / 2)
}
