/**
 * What a place at the relay costs: a real push node in a process of its own, and devices that connect to it over loopback,
 * reserve a place and stay. Ten push nodes that carry 10,000 users with two each have 2,000 places each.
 *
 *     node lab/bench/relay-places.bench.ts [--count 2000]
 */
import { randomBytes } from 'node:crypto'
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { report, temporaryFolder } from './daemons.ts'

const PROGRAM = fileURLToPath(new URL('../../nodes/daemon/bin/parley.mjs', import.meta.url))
const DEVICES_PER_PROCESS = 500
/** Devices of one process that connect at a time: more only time each other out. */
const AT_A_TIME = 8
const READY_TIMEOUT_MS = 30_000
/** Several rounds of liveness checks and heartbeats. */
const IDLE_MS = 30_000
const FREED_TIMEOUT_MS = 60_000
const POLL_MS = 100
const CLOCK_TICKS_PER_SECOND = 100
const silent = { log: () => undefined }

const flag = (name: string): string | undefined => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** A process full of devices: it says when all of them have a place, and ends when it is told to. */
async function beDevices(): Promise<void> {
  // Whoever measures may be ended in the middle.
  process.once('disconnect', () => process.exit())
  const address = flag('--address') ?? ''
  let left = Number(flag('--devices'))
  const join = async (): Promise<void> => {
    while (left-- > 0) {
      const network = await createLibp2pNetwork({
        deviceSeed: randomBytes(32),
        listen: [],
        bootstrap: [address],
        log: silent,
      })
      const reserved = Promise.withResolvers<undefined>()
      const look = (): void => void (network.addresses().length > 0 && reserved.resolve(undefined))
      const ignore = () => undefined
      await network.start({
        ...{ onLink: ignore, onNetworkChanged: ignore, onWake: ignore, onPushNodes: ignore, onProfile: ignore },
        onStatus: look,
      })
      look()
      await reserved.promise
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, join))
  process.send?.('reserved')
  await once(process, 'message')
  process.exit()
}

async function measure(count: number): Promise<void> {
  const folder = temporaryFolder()
  const flags = ['--data', folder, '--listen', '/ip4/127.0.0.1/tcp/0', '--relay-reservations-per-address', '65536']
  const push = spawn(PROGRAM, ['push-node', '--json', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] })
  const lines = createInterface({ input: push.stdout })
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
  const { addresses, metricsUrl } = JSON.parse(String(line))
  const pid = push.pid ?? 0
  const places = async (): Promise<number> =>
    Number(/^parley_push_relay_reservations (\d+)$/m.exec(await (await fetch(metricsUrl)).text())?.[1])
  const emptyBytes = residentBytes(pid)
  const startMs = performance.now()
  const devices = Array.from({ length: Math.ceil(count / DEVICES_PER_PROCESS) }, (_, index) => {
    const size = Math.min(DEVICES_PER_PROCESS, count - index * DEVICES_PER_PROCESS)
    return fork(fileURLToPath(import.meta.url), ['--address', addresses[0], '--devices', String(size)])
  })
  try {
    await Promise.all(devices.map((child) => once(child, 'message')))
    report('relay_places_reserved', await places(), 'places', `>= ${count}`)
    report('relay_places_reserve_rate', (count / (performance.now() - startMs)) * 1_000, 'places/s', '>= 20')
    const before = cpuSeconds(pid)
    await wait(IDLE_MS)
    const fullBytes = residentBytes(pid)
    report('relay_places_idle_cpu', ((cpuSeconds(pid) - before) / IDLE_MS) * 100_000, '% of a core', '<= 25')
    report('relay_places_push_node_rss', fullBytes / 1_048_576, 'MiB', '<= 700')
    report('relay_places_bytes_each', (fullBytes - emptyBytes) / count / 1_024, 'KiB', '<= 300')
    const leaveMs = performance.now()
    for (const child of devices) child.send('leave')
    while ((await places()) > 0 && performance.now() - leaveMs < FREED_TIMEOUT_MS) await wait(POLL_MS)
    report('relay_places_left_taken', await places(), 'places', '<= 0')
    report('relay_places_freed_after', (performance.now() - leaveMs) / 1_000, 's', '<= 30')
  } finally {
    for (const child of devices) child.kill('SIGKILL')
    const exited = once(push, 'exit')
    push.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024

/** User and system time of the process so far. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
}

await (process.send === undefined ? measure(Number(flag('--count') ?? 2_000)) : beDevices())
