/**
 * What the network costs: a raw libp2p stream, and our links on it, between two processes on loopback.
 *
 *     node lab/bench/network.bench.ts [--pin]
 *
 * Prints one JSON line a figure, `{metric, value, unit}`. `--pin` puts the two processes on cores 0 and 1; without it
 * the kernel may run both on one, which halves the throughput. The raw stream is the denominator of other benchmarks:
 * {@link measureRawStream}.
 */
import { execFileSync, fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createHost, createLibp2pNetwork, openStream } from '@parley/adapter-network-libp2p'
import { CONNECTIONS_MAX } from '@parley/core'
import type { Link, LogPort } from '@parley/engine'

export interface TransportFigures {
  readonly rttUsP50: number
  readonly rttUsP99: number
  /** Messages of 1 KiB, each written by itself. */
  readonly messagesPerSecond: number
}

export interface RawStreamFigures extends TransportFigures {
  /** Messages of 1 KiB, sixteen in a write. */
  readonly batchedMessagesPerSecond: number
}

export interface MeasureOptions {
  readonly isPinned?: boolean
  /** Repetitions of each figure, of which the median counts. Default 3. */
  readonly rounds?: number
}

const MESSAGE_BYTES = 1_024
const BATCH = 16
const PINGS = 2_000
const WARM_UP_PINGS = 500
const MESSAGES = 50_000
const BATCHED_MESSAGES = 200_000
const ECHO_PROTOCOL = '/parley-bench/echo/1.0.0'
const SINK_PROTOCOL = '/parley-bench/sink/1.0.0'
const LISTEN = '/ip4/127.0.0.1/tcp/0'
const silent: LogPort = { log: () => undefined }

/** A libp2p stream (TCP, Noise, Yamux) between two processes, nothing of ours on it. */
export async function measureRawStream(options: MeasureOptions = {}): Promise<RawStreamFigures> {
  return withServer('raw', options, async ({ addresses }) => {
    const host = await createHost({
      seed: randomBytes(32),
      listen: [],
      dhtMode: 'client',
      connectionsMax: CONNECTIONS_MAX,
    })
    const address = addresses[0] ?? ''
    const echo = await openStream(host, address, ECHO_PROTOCOL)
    const pings = await measurePings((received) => {
      echo.addEventListener('message', ({ data }) => received(data.byteLength))
      return (message) => echo.send(message)
    })
    const perSecond = async (messages: number, perWrite: number): Promise<number> => {
      const sink = await openStream(host, address, SINK_PROTOCOL)
      const done = new Promise((resolve) => sink.addEventListener('message', resolve, { once: true }))
      const write = new Uint8Array(MESSAGE_BYTES * perWrite)
      const total = new Uint8Array(8)
      new DataView(total.buffer).setBigUint64(0, BigInt(messages * MESSAGE_BYTES))
      const startedMs = performance.now()
      sink.send(total)
      for (let sent = 0; sent < messages; sent += perWrite) if (!sink.send(write)) await sink.onDrain()
      await done
      await sink.close()
      return messages / ((performance.now() - startedMs) / 1_000)
    }
    const figures = {
      ...pings,
      messagesPerSecond: await median(options, () => perSecond(MESSAGES, 1)),
      batchedMessagesPerSecond: await median(options, () => perSecond(BATCHED_MESSAGES, BATCH)),
    }
    await host.stop()
    return figures
  })
}

/** Our link between two processes: frames of 1 KiB, one `send` each. */
export async function measureLink(options: MeasureOptions = {}): Promise<TransportFigures> {
  return withServer('link', options, async ({ peerId, addresses }) => {
    const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap: [], log: silent })
    const opened = Promise.withResolvers<Link>()
    await network.start({
      onLink: opened.resolve,
      onStatus: () => undefined,
      onNetworkChanged: () => undefined,
      onWake: () => undefined,
      onPushNodes: () => undefined,
      onProfile: () => undefined,
    })
    await network.connect(peerId, addresses, new AbortController().signal)
    const link = await opened.promise
    let onFrame: (frame: Uint8Array) => void = () => undefined
    let onDrain: () => void = () => undefined
    link.listen({ onFrame: (frame) => onFrame(frame), onDrain: () => onDrain(), onClose: () => undefined })
    const pings = await measurePings((received) => {
      onFrame = (frame) => received(frame.length)
      return (message) => link.send(message)
    })
    const perSecond = async (): Promise<number> => {
      const done = new Promise<void>((resolve) => (onFrame = () => resolve()))
      const startedMs = performance.now()
      for (let sent = 0; sent < MESSAGES; sent++) {
        const frame = new Uint8Array(MESSAGE_BYTES)
        frame[0] = sent === MESSAGES - 1 ? LAST : MORE
        while (!link.send(frame)) await new Promise<void>((resolve) => (onDrain = resolve))
      }
      await done
      return MESSAGES / ((performance.now() - startedMs) / 1_000)
    }
    const figures = { ...pings, messagesPerSecond: await median(options, perSecond) }
    await network.stop()
    return figures
  })
}

/** First byte of a frame to the link server: answer it, count it, answer because it is the last. */
const PING = 0
const MORE = 1
const LAST = 2

async function measurePings(
  connect: (received: (bytes: number) => void) => (message: Uint8Array) => unknown,
): Promise<{ rttUsP50: number; rttUsP99: number }> {
  let pending = 0
  let answered: () => void = () => undefined
  const send = connect((bytes) => {
    pending -= bytes
    if (pending <= 0) answered()
  })
  const ping = async (): Promise<number> => {
    const done = new Promise<void>((resolve) => (answered = resolve))
    pending = MESSAGE_BYTES
    const startedMs = performance.now()
    send(new Uint8Array(MESSAGE_BYTES).fill(PING))
    await done
    return (performance.now() - startedMs) * 1_000
  }
  for (let count = 0; count < WARM_UP_PINGS; count++) await ping()
  const times: number[] = []
  for (let count = 0; count < PINGS; count++) times.push(await ping())
  times.sort((a, b) => a - b)
  return { rttUsP50: times[PINGS / 2] ?? 0, rttUsP99: times[Math.floor(PINGS * 0.99)] ?? 0 }
}

async function median({ rounds = 3 }: MeasureOptions, measure: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let round = 0; round < rounds; round++) values.push(await measure())
  return values.toSorted((a, b) => a - b)[rounds >> 1] ?? 0
}

interface ServerAddress {
  readonly peerId: string
  readonly addresses: readonly string[]
}

async function withServer<T>(
  kind: 'raw' | 'link',
  { isPinned = false }: MeasureOptions,
  measure: (server: ServerAddress) => Promise<T>,
): Promise<T> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', kind], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    if (isPinned) {
      pin(process.pid, 0)
      pin(child.pid ?? 0, 1)
    }
    const [server] = await Promise.race([once(child, 'message'), once(child, 'exit').then(failed)])
    return await measure(server)
  } finally {
    await end(child)
  }
}

function failed([code]: readonly unknown[]): never {
  throw new Error(`the other process ended with ${String(code)}`)
}

const pin = (pid: number, core: number): unknown => execFileSync('taskset', ['-acp', String(core), String(pid)])

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

async function serve(kind: 'raw' | 'link'): Promise<void> {
  const stop = kind === 'raw' ? await serveRaw() : await serveLink()
  process.once('disconnect', () => void stop())
}

async function serveRaw(): Promise<() => Promise<unknown>> {
  const host = await createHost({
    seed: randomBytes(32),
    listen: [LISTEN],
    dhtMode: 'client',
    connectionsMax: CONNECTIONS_MAX,
  })
  await host.handle(ECHO_PROTOCOL, (stream) => {
    stream.addEventListener('message', ({ data }) => stream.send(data))
    stream.addEventListener('remoteCloseWrite', () => void stream.close())
  })
  await host.handle(SINK_PROTOCOL, (stream) => {
    let wanted: number | undefined
    let received = 0
    stream.addEventListener('remoteCloseWrite', () => void stream.close())
    stream.addEventListener('message', ({ data }) => {
      const bytes = data.subarray()
      received += bytes.length
      wanted ??= 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
      if (received >= wanted) stream.send(Uint8Array.of(1))
    })
  })
  process.send?.({
    peerId: host.peerId.toString(),
    addresses: host.getMultiaddrs().map(String),
  } satisfies ServerAddress)
  return async () => host.stop()
}

async function serveLink(): Promise<() => Promise<unknown>> {
  const network = await createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [LISTEN],
    bootstrap: [],
    log: silent,
  })
  await network.start({
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
    onLink: (link) =>
      link.listen({
        onFrame: (frame) => {
          if (frame[0] !== MORE) link.send(frame)
        },
        onDrain: () => undefined,
        onClose: () => undefined,
      }),
  })
  process.send?.({ peerId: network.peerId, addresses: network.addresses() } satisfies ServerAddress)
  return () => network.stop()
}

async function main(): Promise<void> {
  const isPinned = process.argv.includes('--pin')
  const raw = await measureRawStream({ isPinned })
  const link = await measureLink({ isPinned })
  const lines: readonly (readonly [metric: string, value: number, unit: string])[] = [
    ['network_raw_rtt_us_p50', raw.rttUsP50, 'us'],
    ['network_raw_rtt_us_p99', raw.rttUsP99, 'us'],
    ['network_raw_messages_per_second', raw.messagesPerSecond, '1/s'],
    ['network_raw_batched_messages_per_second', raw.batchedMessagesPerSecond, '1/s'],
    ['network_link_rtt_us_p50', link.rttUsP50, 'us'],
    ['network_link_rtt_us_p99', link.rttUsP99, 'us'],
    ['network_link_frames_per_second', link.messagesPerSecond, '1/s'],
    ['network_link_frames_of_raw_messages', link.messagesPerSecond / raw.messagesPerSecond, 'ratio'],
    ['network_link_frames_of_raw_batched', link.messagesPerSecond / raw.batchedMessagesPerSecond, 'ratio'],
  ]
  for (const [metric, value, unit] of lines) {
    process.stdout.write(`${JSON.stringify({ metric, value: Math.round(value * 100) / 100, unit })}\n`)
  }
}

if (process.argv[2] === '--serve') await serve(process.argv[3] === 'link' ? 'link' : 'raw')
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
