/**
 * What waiting envelopes cost a push node: a real one in a process of its own, devices that leave envelopes and pointers over
 * libp2p on loopback, one pointer an envelope. At 1,000, 10,000 and 100,000 of them.
 *
 *     node lab/bench/holder.bench.ts [--size BYTES] [--counts 1000,10000]
 *
 * `--size`: of an envelope, one of ENVELOPE_BUCKETS_BYTES, 2,048 by default.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import {
  blockCid,
  chainSecret,
  DAY_MS,
  decodeResponse,
  encodeRequest,
  fittingItems,
  keyPrefix,
  MAILBOX_BLOCKS_MAX,
  type MailboxRequest,
  type MailboxResponse,
  pointerKey,
  POINTER_SLOTS,
  sealPointer,
  WAITING_LIFETIME_MS,
} from '@parley/core'
import { createHolder, type NetworkPort } from '@parley/engine'
import { percentile, report, temporaryFolder } from './daemons.ts'

const PROGRAM = fileURLToPath(new URL('../../nodes/daemon/bin/parley.mjs', import.meta.url))
/** Enough peers that no quota and no allowance is what is measured. */
const DEVICES = 16
/** Envelopes in one request. */
const BATCH = 32
const READS = 500
const READ_KEYS = 32
const SINGLES = 1_000
const READY_TIMEOUT_MS = 20_000
const REST_MS = 3_000

const flag = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}
const size = Number(flag('--size', '2048'))
const counts = flag('--counts', '1000,10000,100000').split(',').map(Number)

const crypto = await createNodeCrypto()
const silent = { log: () => undefined }

interface Waiting {
  readonly cid: Uint8Array
  readonly prefix: Uint8Array
}

interface PushNodeProcess {
  readonly child: ChildProcess
  readonly address: string
}

async function startPushNode(data: string): Promise<PushNodeProcess> {
  const flags = [
    'push-node',
    '--json',
    '--data',
    data,
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
    '--metrics-listen',
    '127.0.0.1:0',
  ]
  const child = spawn(PROGRAM, flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  const lines = createInterface({ input: child.stdout })
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
  const { addresses } = JSON.parse(String(line))
  return { child, address: String(addresses[0]) }
}

async function stopPushNode({ child }: PushNodeProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

async function joinDevice(): Promise<NetworkPort> {
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap: [], log: silent })
  const ignore = () => undefined
  await network.start({
    onLink: ignore,
    onStatus: ignore,
    onNetworkChanged: ignore,
    onWake: ignore,
    onPushNodes: ignore,
    onProfile: ignore,
  })
  return network
}

async function ask(device: NetworkPort, address: string, request: MailboxRequest): Promise<MailboxResponse> {
  const bytes = await device.mailbox.request(address, encodeRequest(request), AbortSignal.timeout(60_000))
  const response = decodeResponse(bytes)
  if (response === undefined || response.type === 'refused') throw new Error(`refused: ${JSON.stringify(response)}`)
  return response
}

/** Pointers are signed before the clock runs: that is the sender's work. */
async function prepare(
  count: number,
): Promise<{ readonly blocks: Uint8Array[]; readonly records: Uint8Array[]; waiting: Waiting[] }> {
  const blocks: Uint8Array[] = []
  const records: Uint8Array[] = []
  const waiting: Waiting[] = []
  let epoch = randomBytes(32)
  for (let index = 0; index < count; index++) {
    if (index % POINTER_SLOTS === 0) epoch = randomBytes(32)
    const secret = chainSecret(epoch, 0, index % POINTER_SLOTS)
    const block = new Uint8Array(randomBytes(size))
    const cid = blockCid(block)
    const facts = { sequence: 1, expiresAt: Date.now() + DAY_MS, nonce: randomBytes(24) }
    const said = {
      blocks: [{ cid, size }],
      holders: ['/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWKoqXF1MwpwBQVg5fXrjyngxHzU94RAcknNJAmBuiAF8q'],
    }
    blocks.push(block)
    records.push(await sealPointer(crypto, secret, facts, said))
    waiting.push({ cid, prefix: keyPrefix(pointerKey(await crypto.ed25519PublicKey(secret.seed))) })
  }
  return { blocks, records, waiting }
}

const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}

async function leaveBlocks(device: NetworkPort, address: string, blocks: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < blocks.length;) {
    const some = blocks.slice(start, start + BATCH)
    const fitting = some.slice(
      0,
      fittingItems(
        some.map(({ length }) => length),
        MAILBOX_BLOCKS_MAX,
      ),
    )
    await ask(device, address, { type: 'store', blocks: fitting.map((block) => ({ cid: blockCid(block), size })) })
    const receipt = await ask(device, address, { type: 'blocks', blocks: fitting })
    if (receipt.type !== 'receipt' || receipt.cids.length !== fitting.length) throw new Error('not all were taken')
    start += fitting.length
  }
}

async function leavePointers(device: NetworkPort, address: string, records: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < records.length; start += BATCH) {
    const some = records.slice(start, start + BATCH)
    const answer = await ask(device, address, { type: 'point', records: some })
    if (answer.type !== 'statuses' || answer.statuses.some((status) => status !== 'kept')) throw new Error('not kept')
  }
}

const share = <T>(items: readonly T[], device: number): readonly T[] =>
  items.slice(Math.floor((items.length * device) / DEVICES), Math.floor((items.length * (device + 1)) / DEVICES))

/** One message at a time from each device: announce, send, point; as a conversation does it. */
async function leaveSingles(devices: readonly NetworkPort[], address: string): Promise<number> {
  const { blocks, records } = await prepare(SINGLES)
  const ms = await timed(() =>
    Promise.all(
      devices.map(async (device, index) => {
        const own = share(records, index)
        for (const [at, block] of share(blocks, index).entries()) {
          await leaveBlocks(device, address, [block])
          await leavePointers(device, address, own.slice(at, at + 1))
        }
      }),
    ),
  )
  return (SINGLES * 1_000) / ms
}

/** As a reader does it: asks for a ring of keys of which one is there, fetches what it names. */
async function readOnes(device: NetworkPort, address: string, waiting: readonly Waiting[]): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < READS; index++) {
    const one = waiting[Math.floor((index * waiting.length) / READS)]
    if (one === undefined) throw new Error('nothing waits')
    const others = Array.from({ length: READ_KEYS - 1 }, () => new Uint8Array(randomBytes(8)))
    times.push(
      await timed(async () => {
        const found = await ask(device, address, { type: 'find', prefixes: [...others, one.prefix] })
        const fetched = await ask(device, address, { type: 'fetch', cids: [one.cid] })
        const isThere = found.type === 'records' && found.records.length === 1
        if (!isThere || fetched.type !== 'blocks' || fetched.blocks.length !== 1) throw new Error('it does not wait')
      }),
    )
    // Below what the allowance of one peer gives.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return times.sort((a, b) => a - b)
}

const statusMib = (child: ChildProcess, field: string): number => {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1_024
}

/** The same database on a clock that is past the lifetime: everything is over at once. */
async function collectAll(data: string): Promise<{ readonly totalMs: number; readonly longestMs: number }> {
  const store = openSqliteStore({ path: join(data, 'held.db'), log: silent })
  const clock = { now: () => Date.now() + 2 * WAITING_LIFETIME_MS, after: () => () => undefined }
  const holder = createHolder({ store, clock, crypto, seed: randomBytes(32), isPushNode: true, log: silent })
  let [totalMs, longestMs] = [0, 0]
  for (;;) {
    const startedAt = performance.now()
    const isMore = await holder.collect()
    const ms = performance.now() - startedAt
    totalMs += ms
    longestMs = Math.max(longestMs, ms)
    if (!isMore) break
  }
  if (holder.figures().blocks !== 0 || holder.figures().pointers !== 0) throw new Error('something is left')
  holder.stop()
  store.close()
  return { totalMs, longestMs }
}

/** A fresh process on what waits already: what it takes without the traces of what brought it there. */
async function measureRestarted(data: string, waiting: readonly Waiting[]): Promise<number> {
  const node = await startPushNode(data)
  const device = await joinDevice()
  try {
    await readOnes(device, node.address, waiting)
    return statusMib(node.child, 'VmRSS')
  } finally {
    await device.stop()
    await stopPushNode(node)
  }
}

async function measure(count: number): Promise<number> {
  const data = temporaryFolder()
  const node = await startPushNode(data)
  const devices = await Promise.all(Array.from({ length: DEVICES }, joinDevice))
  const name = (metric: string): string => `holder_${metric}_${count}`
  try {
    const { blocks, records, waiting } = await prepare(count)
    await Promise.all(devices.map((device) => ask(device, node.address, { type: 'info' })))
    report(name('rss_empty'), statusMib(node.child, 'VmRSS'), 'MiB')
    const all = (leave: typeof leaveBlocks, items: readonly Uint8Array[]) => () =>
      Promise.all(devices.map((device, index) => leave(device, node.address, share(items, index))))
    report(name('store'), (count * 1_000) / (await timed(all(leaveBlocks, blocks))), 'envelopes/s')
    report(name('point'), (count * 1_000) / (await timed(all(leavePointers, records))), 'pointers/s')
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
    const [device] = devices
    if (device === undefined) throw new Error('there are devices')
    const times = await readOnes(device, node.address, waiting)
    report(name('find_fetch_p50'), percentile(times, 0.5), 'ms')
    report(name('find_fetch_p99'), percentile(times, 0.99), 'ms')
    const rss = statusMib(node.child, 'VmRSS')
    report(name('rss'), rss, 'MiB', count === 100_000 ? '<= 200' : undefined)
    report(name('rss_peak'), statusMib(node.child, 'VmHWM'), 'MiB')
    const diskBytes = statSync(join(data, 'held.db')).size
    report(name('disk'), diskBytes / count, 'bytes/envelope')
    report(name('single'), await leaveSingles(devices.slice(), node.address), 'messages/s')
    await Promise.all(devices.splice(0).map((one) => one.stop()))
    await stopPushNode(node)
    report(name('rss_restarted'), await measureRestarted(data, waiting), 'MiB')
    const { totalMs, longestMs } = await collectAll(data)
    report(name('collect'), totalMs, 'ms')
    report(name('collect_longest_pause'), longestMs, 'ms')
    return rss
  } finally {
    await Promise.all(devices.map((one) => one.stop()))
    if (node.child.exitCode === null) await stopPushNode(node)
    rmSync(data, { recursive: true, force: true })
  }
}

const rssByCount: (readonly [count: number, rss: number])[] = []
for (const count of counts) rssByCount.push([count, await measure(count)])
const [first, last] = [rssByCount[0], rssByCount.at(-1)]
if (first !== undefined && last !== undefined && last[0] > first[0]) {
  report('holder_rss_slope', ((last[1] - first[1]) * 1_048_576) / (last[0] - first[0]), 'bytes/envelope')
}
