/** At which UDP port a push node answers STUN: two bytes that it says on a stream, big-endian. Spec: PUSH-11, NET-22. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { CODE_IP4, CODE_IP6 } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { withDeadline } from '../deadline.ts'
import { openConnection } from '../dialer.ts'
import type { Host } from '../host.ts'
import { isVersionMismatch } from '../protocol-mismatch.ts'
import type { StunAddress } from './rtc-peer.ts'

export const STUN_PROTOCOL = '/parley/stun/1.0.0'
const ANSWER_MS = 2_000
const PORT_BYTES = 2

/** Tells everybody who asks that STUN is answered at `port`. */
export async function announceStun(host: Pick<Host, 'handle'>, port: number): Promise<void> {
  await host.handle(STUN_PROTOCOL, (stream) => {
    stream.send(Uint8Array.of(port >> 8, port & 0xff))
    stream.close().catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))))
  })
}

/**
 * Where `pushNodes` answer STUN: those of them to which we are connected directly, by the address at which we reach
 * them. IPv4 first, because that is what routers translate.
 */
export async function findStun(
  host: Host,
  pushNodes: readonly PeerId[],
  signal: AbortSignal,
): Promise<readonly StunAddress[]> {
  const found = await Promise.all(pushNodes.map((peer) => stunOf(host, peer, signal)))
  return found
    .flat()
    .toSorted((one, other) => Number(one.hostname.includes(':')) - Number(other.hostname.includes(':')))
}

async function stunOf(host: Host, peer: PeerId, signal: AbortSignal): Promise<readonly StunAddress[]> {
  const connection = openConnection(host, peer)
  const hostname = connection?.direct === true ? ipOf(connection.remoteAddr) : undefined
  if (connection === undefined || hostname === undefined) return []
  try {
    const port = await withDeadline(signal, ANSWER_MS, (askSignal) => askPort(connection, askSignal))
    return port === undefined ? [] : [{ hostname, port }]
  } catch (error) {
    signal.throwIfAborted()
    // it answers no STUN, or is just going: the others are asked too
    if (!isVersionMismatch(error)) host.services.upgrades.log.trace('no answer about STUN - %e', error)
    return []
  }
}

async function askPort(connection: Connection, signal: AbortSignal): Promise<number | undefined> {
  const stream = await connection.newStream(STUN_PROTOCOL, { signal })
  try {
    return await readPort(stream, signal)
  } finally {
    stream.abort(new Error('what was asked is known'))
  }
}

function readPort(stream: Stream, signal: AbortSignal): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  let bytes = new Uint8Array(0)
  const read = (): number | undefined =>
    bytes.length < PORT_BYTES ? undefined : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) || undefined
  stream.addEventListener('message', ({ data }) => {
    bytes = Uint8Array.of(...bytes, ...data.subarray().subarray(0, PORT_BYTES))
    if (bytes.length >= PORT_BYTES) resolve(read())
  })
  stream.addEventListener('close', () => resolve(read()))
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

function ipOf(address: Multiaddr): string | undefined {
  return address.getComponents().find(({ code }) => code === CODE_IP4 || code === CODE_IP6)?.value
}
