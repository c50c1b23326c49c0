/**
 * Four ways to a public profile, in one run: an IPNS lookup by a quorum of the DHT, the record pushed at its change, one
 * question over a warm connection, and the closest peers asked by a device that knows nobody yet.
 *
 *     node lab/bench/profiles.bench.ts [nodes]
 *
 * As many DHT nodes (push nodes with a database in memory) and as many devices, all in this process and on its one thread,
 * on loopback: upper bounds of what machines of their own would take, without the way between them. Prints one JSON line
 * a figure, `{metric, value, unit}`. Takes two minutes.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createNameService } from '@parley/adapter-names-ipns'
import { leaseIpfs } from '@parley/adapter-storage-helia'
import { PROFILE_TOPICS, profileTopic } from '@parley/core'
import type { ProfileRecord } from '@parley/core'
import { ProfileWorld, ask, log, never, signProfile } from './profile-world.ts'
import type { Device } from './profile-world.ts'

const NODES = Number(process.argv[2] ?? 50)
/** Push nodes that devices have configured, two each. */
const ENTRANCES = 4
const CHANGES = 30
/** A device may push two records in a second. */
const CHANGE_PAUSE_MS = 700
const NAMES = 20
const ASKS = 300
const COLD_LOOKUPS = 20
const HEARD_MS_MAX = 10_000

const pairOf = (world: ProfileWorld, number: number) => [
  ...world.nodes.slice(number % ENTRANCES, (number % ENTRANCES) + 1),
  ...world.nodes.slice((number + 1) % ENTRANCES, ((number + 1) % ENTRANCES) + 1),
]

/** Change → heard, of each subscriber and of the last one. */
async function measurePush(publisher: Device, subscribers: readonly Device[]): Promise<void> {
  const seed = randomBytes(32)
  const topic = profileTopic((await signProfile(seed, 1)).digest)
  for (const { network } of subscribers) network.profiles.listen(new Set([topic, (topic + 1) % PROFILE_TOPICS]))
  await setTimeout(5_000)
  const heardMs: number[] = []
  const lastMs: number[] = []
  for (let sequence = 1; sequence <= CHANGES; sequence++) {
    const { bytes } = await signProfile(seed, sequence)
    let missing = subscribers.length
    const all = Promise.withResolvers<void>()
    const startedMs = performance.now()
    for (const subscriber of subscribers) {
      subscriber.onProfile = (record) => {
        if (record.length !== bytes.length || !record.every((byte, at) => byte === bytes[at])) return
        heardMs.push(performance.now() - startedMs)
        missing -= 1
        if (missing === 0) all.resolve()
      }
    }
    publisher.network.profiles.push(topic, bytes)
    const isHeard = await Promise.race([all.promise.then(() => true), setTimeout(HEARD_MS_MAX, false)])
    if (isHeard) lastMs.push(performance.now() - startedMs)
    await setTimeout(CHANGE_PAUSE_MS)
  }
  print('profile_push_heard', heardMs.length / (CHANGES * subscribers.length), 'ratio')
  printPercentiles('profile_push_ms', heardMs)
  printPercentiles('profile_push_last_ms', lastMs)
}

async function measureNames(world: ProfileWorld, publisher: Device, readers: readonly Device[]): Promise<void> {
  const services = await Promise.all(
    [publisher, ...readers].map(async ({ network }) => {
      const names = await createNameService({ libp2p: network.libp2p, ipfs: leaseIpfs(network.libp2p, log), log })
      world.onStop(() => names.stop())
      return names
    }),
  )
  const [writer, ...others] = services
  const publishMs: number[] = []
  const resolveMs: number[] = []
  let found = 0
  for (let count = 0; count < NAMES; count++) {
    const seed = randomBytes(32)
    const record = await signProfile(seed, 1)
    let startedMs = performance.now()
    await writer?.publish(seed, record.bytes, 1, never)
    publishMs.push(performance.now() - startedMs)
    startedMs = performance.now()
    const block = await others[count % others.length]?.resolve(record.rootKey, never)
    resolveMs.push(performance.now() - startedMs)
    if (block !== undefined && Buffer.compare(block, record.bytes) === 0) found += 1
  }
  print('profile_ipns_found', found / NAMES, 'ratio')
  printPercentiles('profile_ipns_publish_ms', publishMs)
  printPercentiles('profile_ipns_lookup_ms', resolveMs)
}

async function measureAsk(device: Device, address: string): Promise<void> {
  const record = await signProfile(randomBytes(32), 1)
  await ask(device, address, { type: 'profile.put', record: record.bytes, avatar: undefined })
  const askMs: number[] = []
  for (let count = 0; count < ASKS; count++) {
    const startedMs = performance.now()
    const answer = await ask(device, address, { type: 'profile.get', digests: [record.digest] })
    if (answer?.type === 'profiles' && answer.records.length === 1) askMs.push(performance.now() - startedMs)
  }
  print('profile_ask_answered', askMs.length / ASKS, 'ratio')
  printPercentiles('profile_ask_ms', askMs)
}

/** Put by one device at the closest peers; asked for by one that started a moment ago. */
async function measureCold(world: ProfileWorld, writer: Device): Promise<void> {
  const firstMs: number[] = []
  const allMs: number[] = []
  const copies: number[] = []
  const cpuMs: number[] = []
  for (let count = 0; count < COLD_LOOKUPS; count++) {
    const record = await signProfile(randomBytes(32), 1)
    const places = await writer.network.mailbox.closest(record.digest, never)
    await Promise.all(
      places.map((place) => ask(writer, place, { type: 'profile.put', record: record.bytes, avatar: undefined })),
    )
    const reader = await world.device(pairOf(world, count))
    const before = process.cpuUsage()
    const cold = await lookUp(reader, record)
    const { user, system } = process.cpuUsage(before)
    cpuMs.push((user + system) / 1_000)
    if (cold.copies > 0) firstMs.push(cold.firstMs)
    allMs.push(cold.allMs)
    copies.push(cold.copies)
    await reader.network.stop()
  }
  print('profile_cold_copies', copies.reduce((sum, value) => sum + value, 0) / copies.length, 'copies')
  print('profile_cold_found', firstMs.length / COLD_LOOKUPS, 'ratio')
  printPercentiles('profile_cold_first_ms', firstMs)
  printPercentiles('profile_cold_all_ms', allMs)
  // of all nodes and the reader, whatever else the machine does: what it would take with a core of its own
  printPercentiles('profile_cold_cpu_ms', cpuMs)
}

async function lookUp(
  reader: Device,
  { digest, bytes }: ProfileRecord,
): Promise<{ readonly firstMs: number; readonly allMs: number; readonly copies: number }> {
  const startedMs = performance.now()
  const places = await reader.network.mailbox.closest(digest, never)
  let firstMs = Number.POSITIVE_INFINITY
  let copies = 0
  await Promise.all(
    places.map(async (place) => {
      const answer = await ask(reader, place, { type: 'profile.get', digests: [digest] })
      const [record] = answer?.type === 'profiles' ? answer.records : []
      if (record === undefined || Buffer.compare(record, bytes) !== 0) return
      copies += 1
      firstMs = Math.min(firstMs, performance.now() - startedMs)
    }),
  )
  return { firstMs, allMs: performance.now() - startedMs, copies }
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function printPercentiles(metric: string, values: readonly number[]): void {
  print(`${metric}_p50`, percentile(values, 0.5), 'ms')
  print(`${metric}_p99`, percentile(values, 0.99), 'ms')
}

function print(metric: string, value: number, unit: string): void {
  process.stdout.write(`${JSON.stringify({ metric, value: Math.round(value * 100) / 100, unit })}\n`)
}

async function main(): Promise<void> {
  await using world = await ProfileWorld.open(NODES)
  print('profile_dht_nodes', NODES, 'nodes')
  print('profile_dht_table_min', Math.min(...world.nodes.map((node) => node.figures().dhtPeers)), 'nodes')
  const devices: Device[] = []
  for (let count = 0; count < NODES; count++) devices.push(await world.device(pairOf(world, count)))
  const [first, ...others] = devices
  const [entrance] = world.nodes
  if (first === undefined || entrance === undefined) throw new Error('a world has nodes')
  await setTimeout(3_000)
  await measureNames(world, first, others.slice(0, 8))
  await measurePush(first, others)
  await measureAsk(first, entrance.addresses()[0] ?? '')
  await measureCold(world, first)
  print('profile_rss_mb', process.memoryUsage.rss() / 1e6, 'MB')
}

await main()
