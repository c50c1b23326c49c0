/**
 * Asks the other ends of connections whether they are there, when something says that they may not be. libp2p asks too,
 * but by a timer of LIVENESS_INTERVAL_MS and with much patience. Spec: NET-32.
 */
import type { Connection } from '@libp2p/interface'
import { PING_PROTOCOL } from '@libp2p/ping'
import { LIVENESS_RTT_FACTOR } from '@parley/core'
import type { Cancel, LogPort } from '@parley/engine'

const PING_BYTES = 32

export interface LivenessOptions {
  /** Uniform random bytes. */
  readonly randomBytes: (length: number) => Uint8Array
  readonly after: (delayMs: number, fire: () => void) => Cancel
  readonly log: LogPort
}

/** What is used of a connection. */
export type LivenessConnection = Pick<Connection, 'abort' | 'newStream' | 'rtt' | 'status'>

export interface Liveness {
  /**
   * Aborts the connection unless its other end answers within `patienceMs`, or LIVENESS_RTT_FACTOR of its usual round
   * trips when those are longer. One question at a time for each connection.
   */
  check(connection: LivenessConnection, patienceMs: number): void
}

export function createLiveness({ randomBytes, after, log }: LivenessOptions): Liveness {
  const checking = new WeakSet<LivenessConnection>()

  const ask = async (connection: LivenessConnection, patienceMs: number): Promise<boolean> => {
    const controller = new AbortController()
    // In two steps: a process that stood still reads first what came meanwhile, and judges then.
    let cancel = after(patienceMs / 2, () => {
      cancel = after(patienceMs / 2, () => controller.abort(new Error(`no answer within ${patienceMs} ms`)))
    })
    try {
      await ping(connection, randomBytes(PING_BYTES), controller.signal)
      return true
    } catch (error) {
      // Whoever refuses or resets a stream is there; only silence says that nobody is.
      if (!controller.signal.aborted) log.log('debug', 'a question for a sign of life failed', { error: String(error) })
      return !controller.signal.aborted
    } finally {
      cancel()
    }
  }

  return {
    check(connection, patienceMs) {
      if (checking.has(connection) || connection.status !== 'open') return
      checking.add(connection)
      void ask(connection, Math.max(patienceMs, (connection.rtt ?? 0) * LIVENESS_RTT_FACTOR))
        .then((isAlive) => {
          if (isAlive || connection.status !== 'open') return
          log.log('info', 'a connection is dead: nobody answers at its other end')
          connection.abort(new Error('nobody answers at the other end'))
        })
        .finally(() => checking.delete(connection))
    },
  }
}

async function ping(connection: LivenessConnection, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const stream = await connection.newStream(PING_PROTOCOL, { signal, runOnLimitedConnection: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort)
  stream.addEventListener('message', () => resolve())
  stream.addEventListener('close', () => reject(new Error('the stream closed before an answer')))
  try {
    stream.send(bytes)
    await promise
    await stream.close({ signal })
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
