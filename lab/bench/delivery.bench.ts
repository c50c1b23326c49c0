/**
 * From one daemon's API to the other daemon's event "decrypted and stored", on loopback: latency one by one, then
 * throughput with SENT_AHEAD calls in flight.
 *
 *     node lab/bench/delivery.bench.ts [--raw] [--profile DIR]
 *
 * `--raw` measures a plain libp2p stream in the same run for comparison; `--profile` writes CPU profiles of both daemons.
 */
import { measureRawStream } from './network.bench.ts'
import { befriend, cpuMs, onReceived, percentile, report, startDaemon, until, type Daemon } from './daemons.ts'

const WARM_UP = 200
const PINGS = 500
const MESSAGES = 20_000
const SENT_AHEAD = 256
const TEXT = 'x'.repeat(190)

const profileAt = process.argv.indexOf('--profile')
const profile = profileAt < 0 ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.argv[profileAt + 1] ?? '.'}`]

await using alice = await startDaemon('Alice', undefined, profile)
await using bob = await startDaemon('Bob', undefined, profile)
const conversation = await befriend(alice, bob)

const latencies = await measureLatency(alice, bob)
report('delivery_latency_p50', percentile(latencies, 0.5), 'ms', '<= 5')
report('delivery_latency_p99', percentile(latencies, 0.99), 'ms', '<= 25')

const perSecond = await measureThroughput(alice, bob)
report('delivery_throughput', perSecond, 'messages/s', '>= 2500')

if (process.argv.includes('--raw')) {
  const raw = await measureRawStream()
  report('raw_stream_messages', raw.messagesPerSecond, 'messages/s')
  report('delivery_to_raw_stream', perSecond / raw.messagesPerSecond, 'ratio')
  report('delivery_latency_to_raw_rtt', percentile(latencies, 0.5) / (raw.rttUsP50 / 1_000), 'ratio')
}

async function measureLatency(from: Daemon, to: Daemon): Promise<readonly number[]> {
  let arrived: (() => void) | undefined
  const stop = onReceived(to, () => arrived?.())
  const times: number[] = []
  for (let index = 0; index < WARM_UP + PINGS; index++) {
    const seen = new Promise<void>((resolve) => (arrived = resolve))
    const sentAt = performance.now()
    await from.api.call('messages.send', { conversation, text: `ping ${index}` })
    await seen
    if (index >= WARM_UP) times.push(performance.now() - sentAt)
    // Events are collected for LIVE_INTERVAL_MS after each other: measure the delivery, not the collecting.
    await new Promise((resolve) => setTimeout(resolve, 35))
  }
  stop()
  return times.sort((a, b) => a - b)
}

async function measureThroughput(from: Daemon, to: Daemon): Promise<number> {
  const received = new Set<string>()
  const stop = onReceived(to, ({ id }) => received.add(id))
  const cpuBefore = [from, to].map(({ process: { pid } }) => cpuMs(pid))
  const startedAt = performance.now()
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < MESSAGES) await from.api.call('messages.send', { conversation, text: `${next++} ${TEXT}` })
  }
  await Promise.all(Array.from({ length: SENT_AHEAD }, sender))
  await until(async () => (received.size >= MESSAGES ? true : undefined), 120_000)
  const seconds = (performance.now() - startedAt) / 1_000
  stop()
  for (const [index, side] of ['sender', 'receiver'].entries()) {
    const spentMs = cpuMs([from, to][index]?.process.pid) - (cpuBefore[index] ?? 0)
    report(`delivery_cpu_${side}`, (spentMs * 1_000) / MESSAGES, 'µs/message')
  }
  const { messages } = await until(async () => {
    const page = await from.api.call('messages.page', { conversation, limit: 200 })
    return page.messages.every(({ state }) => state === 'delivered') ? page : undefined
  })
  if (messages.length !== 200) throw new Error('the sender does not know that its messages arrived')
  return MESSAGES / seconds
}
