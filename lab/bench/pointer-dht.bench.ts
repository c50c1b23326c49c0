/**
 * What a pointer in the DHT costs: 50 DHT nodes on loopback, all in this process and on its one thread, each a holder
 * with a database in memory; a device that knows two of them puts and gets.
 *
 *     node lab/bench/pointer-dht.bench.ts [nodes]
 *
 * Prints one JSON line a figure, `{metric, value, unit}`. One process does the work of all nodes, so that these are
 * upper bounds of what machines of their own would take, without the way between them.
 */
import { createHash, randomBytes } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { createMemoryStore } from '@parley/adapter-memory'
import { createLibp2pNetwork, createPushHost } from '@parley/adapter-network-libp2p'
import type { PushHost } from '@parley/adapter-network-libp2p'
import {
  DAY_MS,
  POINTER_REPLICAS_MAX,
  decodeResponse,
  encodeRequest,
  keyPrefix,
  parsePeerId,
  pointerKey,
  sealPointer,
} from '@parley/core'
import type { MailboxRequest, MailboxResponse } from '@parley/core'
import { createHolder } from '@parley/engine'
import type { ClockPort, LogPort, MailboxPort, NetworkPort } from '@parley/engine'

const NODES = Number(process.argv[2] ?? 50)
const LOOKUPS = 100
/** Earlier nodes that each node knows at the start. */
const KNOWN_MAX = 3
/** Nodes that each node has in its table before anything is measured. */
const SETTLED_PEERS = 8
const SETTLE_MS_MAX = 30_000
const LISTEN = '/ip4/127.0.0.1/tcp/0'

const log: LogPort = { log: () => undefined }
const clock: ClockPort = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = globalThis.setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
const crypto = await createNodeCrypto()
const never = new AbortController().signal

const stops: (() => unknown)[] = []

async function createNode(earlier: readonly PushHost[]): Promise<PushHost> {
  const seed = randomBytes(32)
  const holder = createHolder({
    store: createMemoryStore(),
    clock,
    crypto,
    seed,
    isPushNode: true,
    breathe: () => setImmediate(),
    log,
  })
  const bootstrap = earlier
    .toSorted(() => randomBytes(1).readInt8())
    .slice(0, KNOWN_MAX)
    .flatMap((node) => node.addresses().slice(0, 1))
  const host = await createPushHost({ seed, listen: [LISTEN], bootstrap, mailbox: holder.serve, log })
  stops.push(
    () => host.stop(),
    () => holder.stop(),
  )
  return host
}

async function createDevice(nodes: readonly PushHost[]): Promise<NetworkPort> {
  const network = await createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [],
    bootstrap: nodes.slice(0, 2).flatMap((node) => node.addresses().slice(0, 1)),
    isRelayClient: false,
    log,
  })
  await network.start({
    onLink: (link) => link.close(),
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
  })
  stops.push(() => network.stop())
  return network
}

async function untilSettled(nodes: readonly PushHost[]): Promise<void> {
  const wanted = Math.min(SETTLED_PEERS, NODES - 1)
  const deadlineMs = performance.now() + SETTLE_MS_MAX
  while (nodes.some((node) => node.figures().dhtPeers < wanted) && performance.now() < deadlineMs) await setTimeout(250)
}

/** The ids of the nodes that are really nearest. */
function nearest(nodes: readonly PushHost[], key: Uint8Array): readonly string[] {
  const target = sha256(key)
  const distance = (peerId: string): string => {
    const place = sha256(Buffer.concat([PEER_ID_HEAD, parsePeerId(peerId) ?? new Uint8Array(0)]))
    return Buffer.from(place.map((byte, at) => byte ^ (target[at] ?? 0))).toString('hex')
  }
  return nodes
    .map(({ peerId }) => ({ peerId, distance: distance(peerId) }))
    .toSorted((a, b) => (a.distance < b.distance ? -1 : 1))
    .slice(0, POINTER_REPLICAS_MAX)
    .map(({ peerId }) => peerId)
}

/** What stands before the key in the bytes of an Ed25519 peer id. */
const PEER_ID_HEAD = Buffer.from('002408011220', 'hex')

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

async function ask(
  mailbox: MailboxPort,
  address: string,
  request: MailboxRequest,
): Promise<MailboxResponse | undefined> {
  try {
    return decodeResponse(await mailbox.request(address, encodeRequest(request), never))
  } catch {
    // a node that does not answer is one that has no copy
    return undefined
  }
}

interface Lookup {
  readonly closestMs: number
  readonly putMs: number
  readonly getMs: number
  readonly recall: number
  readonly kept: number
  readonly found: number
}

async function lookUp(writer: NetworkPort, reader: NetworkPort, nodes: readonly PushHost[]): Promise<Lookup> {
  const secret = { seed: randomBytes(32), payloadKey: randomBytes(32) }
  const key = pointerKey(await crypto.ed25519PublicKey(secret.seed))
  const facts = { sequence: 1, expiresAt: Date.now() + DAY_MS, nonce: randomBytes(24) }
  const record = await sealPointer(crypto, secret, facts, { blocks: [], holders: [] })

  const startedMs = performance.now()
  const places = await writer.mailbox.closest(key, never)
  const closestMs = performance.now() - startedMs
  const put: MailboxRequest = { type: 'point', records: [record] }
  const statuses = await Promise.all(places.map((place) => ask(writer.mailbox, place, put)))
  const putMs = performance.now() - startedMs

  const readMs = performance.now()
  const readPlaces = await reader.mailbox.closest(key, never)
  const find: MailboxRequest = { type: 'find', prefixes: [keyPrefix(key)] }
  const answers = await Promise.all(readPlaces.map((place) => ask(reader.mailbox, place, find)))
  const getMs = performance.now() - readMs

  const real = nearest(nodes, key)
  const ids = places.map((place) => place.split('/').at(-1) ?? '')
  return {
    closestMs,
    putMs,
    getMs,
    recall: real.filter((peerId) => ids.includes(peerId)).length / real.length,
    kept: statuses.filter((answer) => answer?.type === 'statuses' && answer.statuses[0] === 'kept').length,
    found: answers.filter((answer) => answer?.type === 'records' && answer.records.length === 1).length,
  }
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function print(metric: string, value: number, unit: string): void {
  process.stdout.write(`${JSON.stringify({ metric, value: Math.round(value * 100) / 100, unit })}\n`)
}

async function main(): Promise<void> {
  const nodes: PushHost[] = []
  for (let count = 0; count < NODES; count++) nodes.push(await createNode(nodes))
  await untilSettled(nodes)
  print('pointer_dht_table_min', Math.min(...nodes.map((node) => node.figures().dhtPeers)), 'nodes')
  const [writer, reader] = [await createDevice(nodes), await createDevice(nodes.toReversed())]
  while (writer.mailbox.pushNodes().length < 2 || reader.mailbox.pushNodes().length < 2) await setTimeout(50)
  // the first one waits for the DHT to have looked around; it is counted by itself
  const first = await lookUp(writer, reader, nodes)
  const lookups: Lookup[] = []
  for (let count = 0; count < LOOKUPS; count++) lookups.push(await lookUp(writer, reader, nodes))
  print('pointer_dht_nodes', NODES, 'nodes')
  print('pointer_dht_first_put_ms', first.putMs, 'ms')
  for (const figure of ['closestMs', 'putMs', 'getMs'] as const) {
    const values = lookups.map((lookup) => lookup[figure])
    const name = figure.replace('Ms', '')
    print(`pointer_dht_${name}_ms_p50`, percentile(values, 0.5), 'ms')
    print(`pointer_dht_${name}_ms_p99`, percentile(values, 0.99), 'ms')
  }
  print('pointer_dht_recall', mean(lookups.map(({ recall }) => recall)), 'ratio')
  print('pointer_dht_copies_kept', mean(lookups.map(({ kept }) => kept)), 'copies')
  print('pointer_dht_copies_found', mean(lookups.map(({ found }) => found)), 'copies')
  print('pointer_dht_rss_per_node_mb', process.memoryUsage.rss() / 1e6 / NODES, 'MB')
}

try {
  await main()
} finally {
  await Promise.all(stops.toReversed().map((stop) => stop()))
}
