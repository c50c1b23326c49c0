/**
 * What requests to a push node and wake-ups through it cost: the push node in a process of its own, devices in this
 * one, on loopback.
 *
 *     node lab/bench/mailbox.bench.ts
 *
 * Prints one JSON line a figure, `{metric, value, unit}`. The push node only echoes: what a holder does with a request
 * is not in these figures. Takes a minute, most of it to watch the push node being idle with DEVICES connected.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLibp2pNetwork, createPushHost } from '@parley/adapter-network-libp2p'
import { WAKE_TOPICS } from '@parley/core'
import type { LogPort, NetworkPort } from '@parley/engine'

const DEVICES = 20
const TOPICS_PER_DEVICE = 12
const REQUESTS = 1_000
const REQUEST_BYTES = 200
const WAKES = 300
const WAKE_PAUSE_MS = 10
const SETTLE_MS = 5_000
const IDLE_MS = 20_000
const TOPIC = 3
const LISTEN = '/ip4/127.0.0.1/tcp/0'
const log: LogPort = { log: () => undefined }
const never = new AbortController().signal

/** What the push node's process used since it was asked before. */
interface Usage {
  readonly cpuPercent: number
  readonly rssMb: number
}

async function serve(): Promise<void> {
  const host = await createPushHost({
    seed: randomBytes(32),
    listen: [LISTEN],
    bootstrap: [],
    mailbox: async (_from, request) => request,
    log,
  })
  let cpu = process.cpuUsage()
  let atMs = performance.now()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(cpu)
    const cpuPercent = (user + system) / 10 / (performance.now() - atMs)
    process.send?.({ cpuPercent, rssMb: process.memoryUsage.rss() / 1e6 } satisfies Usage)
    cpu = process.cpuUsage()
    atMs = performance.now()
  })
  process.once('disconnect', () => void host.stop())
  process.send?.(host.addresses()[0])
}

/** What it uses in `durationMs` from now on. */
async function usageOf(child: ChildProcess, durationMs: number): Promise<Usage> {
  const ask = async (): Promise<Usage> => {
    child.send('usage')
    const [usage] = await once(child, 'message')
    return usage
  }
  await ask()
  await setTimeout(durationMs)
  return ask()
}

/** A device that listens to some topics, and the time that the newest wake-up on TOPIC took. */
async function createDevice(address: string, number: number, onWake: (ms: number) => void): Promise<NetworkPort> {
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap: [address], log })
  await network.start({
    onLink: (link) => link.close(),
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
    onWake(topic, hint) {
      const { buffer, byteOffset } = hint
      if (topic === TOPIC) onWake(performance.now() - new DataView(buffer, byteOffset).getFloat64(0))
    },
  })
  const topics = Array.from({ length: TOPICS_PER_DEVICE }, (_, index) => (number * 5 + index * 17) % WAKE_TOPICS)
  network.mailbox.listen(new Set(topics.filter((topic) => topic !== TOPIC)))
  return network
}

function hintOfNow(): Uint8Array {
  const hint = new Uint8Array(8)
  new DataView(hint.buffer).setFloat64(0, performance.now())
  return hint
}

async function measureRequests({ mailbox }: NetworkPort, address: string): Promise<readonly number[]> {
  const tookMs: number[] = []
  for (let count = 0; count < REQUESTS; count++) {
    const startedMs = performance.now()
    await mailbox.request(address, randomBytes(REQUEST_BYTES), never)
    tookMs.push(performance.now() - startedMs)
  }
  return tookMs.slice(REQUESTS / 10)
}

function print(metric: string, value: number, unit: string): void {
  process.stdout.write(`${JSON.stringify({ metric, value: Math.round(value * 100) / 100, unit })}\n`)
}

function printPercentiles(metric: string, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN
  print(`${metric}_p50`, at(0.5), 'ms')
  print(`${metric}_p99`, at(0.99), 'ms')
}

async function main(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [address] = await once(child, 'message')
  await setTimeout(SETTLE_MS)
  const alone = await usageOf(child, IDLE_MS / 2)
  const wakes: number[] = []
  const devices: NetworkPort[] = []
  for (let number = 0; number < DEVICES; number++) {
    devices.push(await createDevice(address, number, (ms) => wakes.push(ms)))
  }
  const [waker, listener] = devices
  if (waker === undefined || listener === undefined) throw new Error('two devices are needed')
  await setTimeout(2 * SETTLE_MS)
  const idle = await usageOf(child, IDLE_MS)
  print('push_node_idle_cpu_alone', alone.cpuPercent, '%')
  print('push_node_idle_cpu', idle.cpuPercent, '%')
  print('push_node_rss_alone', alone.rssMb, 'MB')
  print('push_node_rss', idle.rssMb, 'MB')
  printPercentiles('mailbox_request_ms', await measureRequests(waker, address))
  listener.mailbox.listen(new Set([TOPIC]))
  await listener.mailbox.request(address, Uint8Array.of(1), never)
  for (let count = 0; count < WAKES; count++) {
    waker.mailbox.wake(TOPIC, hintOfNow())
    await setTimeout(WAKE_PAUSE_MS)
  }
  print('wake_heard', wakes.length / WAKES, 'ratio')
  printPercentiles('wake_ms', wakes)
  for (const device of devices) await device.stop()
  child.disconnect()
  await once(child, 'exit')
}

if (process.argv[2] === '--serve') await serve()
else await main()
