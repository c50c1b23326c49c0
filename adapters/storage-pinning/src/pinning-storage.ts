/** Blocks at a service that fetches them from us over IPFS and holds them for pay. Spec: BLK-15. */
import { assertBlock, parseCid } from '@parley/core'
import { PortError } from '@parley/engine'
import type { BlockStoragePort } from '@parley/engine'
import { realAfter, withDeadline, type After } from './deadline.ts'
import { toPinFailure, toPortError } from './pinning-errors.ts'
import { Pins } from './pins.ts'
import type { Pin } from './pins.ts'
import { Turns } from './turns.ts'

export const PIN_TIMEOUT_MS = 600_000
const POLL_MIN_MS = 250
const POLL_MAX_MS = 10_000

export interface PinningStorageOptions {
  /** `https://api.example.org/psa`, before `/pins`. */
  readonly endpoint: string
  readonly accessToken: string
  /** Where the service can fetch from us: our multiaddrs, each with `/p2p/` at the end. */
  readonly origins: () => readonly string[]
  /** Serves the block until it is pinned. Not stopped by this storage. */
  readonly keep: BlockStoragePort
  /** Peers of the service that serve what it pins, when its answers do not name them. */
  readonly peers?: readonly string[]
  /** From the request to the pin. Default PIN_TIMEOUT_MS. */
  readonly timeoutMs?: number
  /** First pause between two looks at the state; grows to ten seconds. Default 250. */
  readonly pollMs?: number
  /** Pauses between two looks; default this machine's timers. */
  readonly after?: After
  /** Default the platform's. A node behind Tor passes one that does not connect directly. */
  readonly fetch?: typeof fetch
}

/**
 * `store` resolves when the service has the block, which may take minutes; when that fails or is aborted the block stays
 * in `keep` and the request with the service, and the next `store` goes on from there. The client is loaded with the
 * first call.
 */
export function createPinningStorage(options: PinningStorageOptions): BlockStoragePort {
  const { keep } = options
  const pins = new Pins(options)
  const turns = new Turns()
  const stopping = new AbortController()
  const attempt: Attempt = async (signal, doing, work) => {
    signal.throwIfAborted()
    try {
      // each request is bounded by itself, and the wait for a pin
      return await withDeadline([signal, stopping.signal], 2 * (options.timeoutMs ?? PIN_TIMEOUT_MS), work)
    } catch (error) {
      signal.throwIfAborted()
      throw toPortError(error, doing)
    }
  }
  return {
    kind: 'pinning',
    async store(cid, block, signal) {
      signal.throwIfAborted()
      assertBlock(cid, block)
      return attempt(signal, 'storing a block', (call) =>
        turns.take(cid, call, async () => {
          const known = (await pins.list(cid, call)).filter(({ status }) => status !== 'failed')
          let pin = known.find(({ status }) => status === 'pinned') ?? known[0]
          if (pin?.status !== 'pinned') {
            await keep.store(cid, block, call)
            pin = await waitUntilPinned(pins, pin ?? (await pins.add(cid, options.origins(), call)), options, call)
          }
          const locations = [...new Set([...pin.delegates, ...(options.peers ?? [])])]
          if (locations.length === 0) {
            throw new PortError(
              'STORAGE_REFUSED',
              'the pinning service does not say which peer serves the block',
              false,
            )
          }
          await keep.remove(cid, call)
          return locations
        }),
      )
    },
    async has(cid, signal) {
      return attempt(signal, 'looking for a block', async (call) => {
        if (parseCid(cid) === undefined) return false
        return (await pins.list(cid, call)).some(({ status }) => status === 'pinned')
      })
    },
    async remove(cid, signal) {
      signal.throwIfAborted()
      if (parseCid(cid) === undefined) return
      await attempt(signal, 'removing a block', (call) =>
        turns.take(cid, call, async () => {
          await keep.remove(cid, call)
          // a page at a time; a service may go on naming for a while what it has removed
          const removed = new Set<string>()
          for (;;) {
            const known = (await pins.list(cid, call)).filter(({ id }) => !removed.has(id))
            if (known.length === 0) return
            for (const { id } of known) {
              await pins.remove(id, call)
              removed.add(id)
            }
          }
        }),
      )
    },
    async stop() {
      stopping.abort(new Error('this storage has stopped'))
    },
  }
}

type Attempt = <T>(signal: AbortSignal, doing: string, work: (call: AbortSignal) => Promise<T>) => Promise<T>

/** @throws PortError when the service gives up, or is not done in time. */
async function waitUntilPinned(
  pins: Pins,
  first: Pin,
  { timeoutMs = PIN_TIMEOUT_MS, pollMs = POLL_MIN_MS, after = realAfter }: PinningStorageOptions,
  signal: AbortSignal,
): Promise<Pin> {
  // Pauses are counted; the requests between them are bounded by themselves.
  let leftMs = timeoutMs
  let pin = first
  for (let pauseMs = pollMs; pin.status !== 'pinned'; pauseMs = Math.min(pauseMs * 1.5, POLL_MAX_MS)) {
    if (pin.status === 'failed') {
      await pins.remove(pin.id, signal)
      throw toPinFailure(pin.details)
    }
    leftMs -= pauseMs
    if (leftMs < 0) {
      throw new PortError('STORAGE_UNREACHABLE', `the pinning service is still ${pin.status}`, true)
    }
    await pause(after, pauseMs, signal)
    pin = await pins.get(pin.id, signal)
  }
  return pin
}

function pause(after: After, durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const end = (): void => {
    cancel()
    signal.removeEventListener('abort', abort)
  }
  const abort = (): void => {
    end()
    reject(signal.reason)
  }
  const cancel = after(durationMs, () => {
    end()
    resolve()
  })
  signal.addEventListener('abort', abort, { once: true })
  return promise
}
