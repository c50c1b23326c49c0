/** Being dialled back, and dialling others back: whether one can be reached from outside. Spec: NET-12. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { CODE_IP4, CODE_IP6, multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  decodeDialBackAnswer,
  decodeDialBackRequest,
  DIAL_BACK_TIMEOUT_MS,
  DIAL_BACKS_AT_ONCE_MAX,
  DIAL_BACKS_PER_PLACE_BURST_MAX,
  DIAL_BACKS_PER_PLACE_PER_MINUTE_MAX,
  encodeDialBackAnswer,
  encodeDialBackRequest,
  LINK_OPEN_TIMEOUT_MS,
  type DialBackAnswer,
  type DialBackPort,
} from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort } from '@parley/engine'
import { withDeadline } from '../deadline.ts'
import { openConnection } from '../dialer.ts'
import { createAllowance } from '../gossip/allowance.ts'
import type { Host } from '../host.ts'
import { placeOf } from '../relay-places.ts'

export const DIAL_BACK_PROTOCOL = '/parley/dial-back/1.0.0'
/** A question is shorter than this, an answer too. */
const MESSAGE_BYTES_MAX = 1_024
const STREAMS_PER_CONNECTION_MAX = 2

/** Answers since the start; they name nobody. */
export interface DialBackFigures {
  readonly reached: number
  readonly unreached: number
  readonly refused: number
}

export interface DialBackService {
  figures(): DialBackFigures
  stop(): void
}

export interface DialBackServiceOptions {
  /** Whether this peer is served at all. */
  readonly mayAsk: (peer: PeerId) => boolean
  readonly nowMs: () => number
  readonly log: LogPort
}

type Dialler = Pick<Host, 'handle'> & { readonly services: Pick<Host['services'], 'dials'> }

/**
 * Answers from now on. Only the address at which the asker is seen is dialled, on the ports that it names: whoever asks
 * can point us at nobody else. A fresh connection each time, on which the asker has to prove its key.
 */
export async function serveDialBack(host: Dialler, options: DialBackServiceOptions): Promise<DialBackService> {
  const stopping = new AbortController()
  const allowance = createAllowance({ nowMs: options.nowMs })
  const rate = {
    burst: DIAL_BACKS_PER_PLACE_BURST_MAX,
    perSecond: DIAL_BACKS_PER_PLACE_PER_MINUTE_MAX / 60,
  }
  const counts = { reached: 0, unreached: 0, refused: 0 }
  let running = 0

  const answer = async (connection: Connection, ports: readonly DialBackPort[]): Promise<DialBackAnswer> => {
    const { remotePeer, remoteAddr, direct } = connection
    const seenAt = ipOf(remoteAddr)
    if (!direct || seenAt === undefined) return { type: 'refused', reason: 'relayed' }
    if (!options.mayAsk(remotePeer)) return { type: 'refused', reason: 'stranger' }
    if (!allowance.take(placeOf(remoteAddr), rate)) return { type: 'refused', reason: 'too-often' }
    if (running >= DIAL_BACKS_AT_ONCE_MAX) return { type: 'refused', reason: 'busy' }
    running += 1
    try {
      return await dialBack(host, remotePeer, seenAt, ports, stopping.signal)
    } finally {
      running -= 1
    }
  }

  const serve = async (stream: Stream, connection: Connection): Promise<void> => {
    const messages = lpStream(stream, { maxDataLength: MESSAGE_BYTES_MAX })
    const asked = await withDeadline(stopping.signal, LINK_OPEN_TIMEOUT_MS, (signal) => messages.read({ signal }))
    const ports = decodeDialBackRequest(asked.subarray())
    if (ports === undefined) throw new Error('this is no question')
    const said = await answer(connection, ports)
    counts[said.type] += 1
    await withDeadline(stopping.signal, LINK_OPEN_TIMEOUT_MS, async (signal) => {
      await messages.write(encodeDialBackAnswer(said), { signal })
      await stream.close({ signal })
    })
  }

  await host.handle(
    DIAL_BACK_PROTOCOL,
    (stream, connection) => {
      serve(stream, connection).catch((error: unknown) => {
        options.log.log('debug', 'a question for a dial back was not answered', { error: String(error) })
        stream.abort(toError(error))
      })
    },
    { maxInboundStreams: STREAMS_PER_CONNECTION_MAX, maxOutboundStreams: STREAMS_PER_CONNECTION_MAX },
  )
  return { figures: () => ({ ...counts }), stop: () => stopping.abort(new Error('the network has stopped')) }
}

async function dialBack(
  host: Dialler,
  peer: PeerId,
  seenAt: string,
  ports: readonly DialBackPort[],
  stopping: AbortSignal,
): Promise<DialBackAnswer> {
  const attempts = ports.map(async ({ port, transport }) => {
    const address = `${seenAt}/tcp/${port}${transport === 'ws' ? '/ws' : ''}`
    const fresh = await withDeadline(stopping, DIAL_BACK_TIMEOUT_MS, (signal) =>
      host.services.dials.dial(multiaddr(`${address}/p2p/${peer.toString()}`), signal),
    )
    fresh.close().catch((error: unknown) => fresh.abort(toError(error)))
    return address
  })
  try {
    return { type: 'reached', address: await Promise.any(attempts) }
  } catch {
    stopping.throwIfAborted()
    return { type: 'unreached' }
  }
}

/** `/ip4/…` or `/ip6/…` of an address; `undefined` for what is behind a name, a relay or Tor. */
function ipOf(address: Multiaddr): string | undefined {
  const [first] = address.getComponents()
  if (first?.value === undefined || (first.code !== CODE_IP4 && first.code !== CODE_IP6)) return undefined
  return `/${first.code === CODE_IP4 ? 'ip4' : 'ip6'}/${first.value}`
}

/**
 * Asks the peer, over a direct connection that is open.
 * @throws PortError `UNREACHABLE` when there is none, it does not know the question, or does not answer; the abort reason.
 */
export async function askDialBack(
  host: Host,
  peer: PeerId,
  ports: readonly DialBackPort[],
  signal: AbortSignal,
): Promise<DialBackAnswer> {
  const connection = openConnection(host, peer)
  if (connection === undefined || !connection.direct)
    throw new PortError('UNREACHABLE', 'There is no direct connection to ask over.', true)
  try {
    return await withDeadline(signal, DIAL_BACK_TIMEOUT_MS + LINK_OPEN_TIMEOUT_MS, (asking) =>
      ask(connection, ports, asking),
    )
  } catch (cause) {
    signal.throwIfAborted()
    throw new PortError('UNREACHABLE', `It cannot be asked to dial back: ${String(cause)}`, true, { cause })
  }
}

async function ask(
  connection: Connection,
  ports: readonly DialBackPort[],
  signal: AbortSignal,
): Promise<DialBackAnswer> {
  const stream = await connection.newStream(DIAL_BACK_PROTOCOL, { signal })
  try {
    const messages = lpStream(stream, { maxDataLength: MESSAGE_BYTES_MAX })
    await messages.write(encodeDialBackRequest(ports), { signal })
    const answer = decodeDialBackAnswer((await messages.read({ signal })).subarray())
    if (answer === undefined) throw new Error('this is no answer')
    stream.close({ signal }).catch((error: unknown) => stream.abort(toError(error)))
    return answer
  } catch (error) {
    stream.abort(toError(error))
    throw error
  }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
