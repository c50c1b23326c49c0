/** DHT nodes and devices of one process, for measurements of profiles; stopped together. */
import { randomBytes } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { createMemoryStore } from '@parley/adapter-memory'
import { createLibp2pNetwork, createPushHost } from '@parley/adapter-network-libp2p'
import type { Libp2pNetworkPort, PushHost } from '@parley/adapter-network-libp2p'
import { PROFILE_LIFETIME_MS, createProfileRecord, decodeResponse, encodeRequest } from '@parley/core'
import type { MailboxRequest, MailboxResponse, ProfileRecord } from '@parley/core'
import { createHolder } from '@parley/engine'
import type { ClockPort, LogPort } from '@parley/engine'

/** Earlier nodes that each node knows at the start. */
const KNOWN_MAX = 3
/** Nodes that each node has in its table before anything is measured. */
const SETTLED_PEERS = 8
const SETTLE_MS_MAX = 60_000
const LISTEN = '/ip4/127.0.0.1/tcp/0'

export const log: LogPort = { log: () => undefined }
const clock: ClockPort = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = globalThis.setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
const crypto = await createNodeCrypto()
export const never = new AbortController().signal

export interface Device {
  readonly network: Libp2pNetworkPort
  /** Called for each pushed record. */
  onProfile: (record: Uint8Array) => void
}

export class ProfileWorld implements AsyncDisposable {
  readonly nodes: PushHost[] = []
  readonly #stops: (() => unknown)[] = []

  static async open(count: number): Promise<ProfileWorld> {
    const world = new ProfileWorld()
    for (let made = 0; made < count; made++) await world.#addNode()
    const wanted = Math.min(SETTLED_PEERS, count - 1)
    const deadlineMs = performance.now() + SETTLE_MS_MAX
    const isSettled = (): boolean => world.nodes.every((node) => node.figures().dhtPeers >= wanted)
    while (!isSettled() && performance.now() < deadlineMs) await setTimeout(250)
    return world
  }

  /** Knows and keeps `pushNodes` of the nodes, and is connected to them when this resolves. */
  async device(pushNodes: readonly PushHost[]): Promise<Device> {
    const network = await createLibp2pNetwork({
      deviceSeed: randomBytes(32),
      listen: [LISTEN],
      bootstrap: pushNodes.flatMap((node) => node.addresses().slice(0, 1)),
      isRelayClient: false,
      log,
    })
    this.onStop(() => network.stop())
    const device: Device = { network, onProfile: () => undefined }
    await network.start({
      onLink: (link) => link.close(),
      onStatus: () => undefined,
      onNetworkChanged: () => undefined,
      onWake: () => undefined,
      onPushNodes: () => undefined,
      onProfile: (_topic, record) => device.onProfile(record),
    })
    while (network.mailbox.pushNodes().length < pushNodes.length) await setTimeout(5)
    return device
  }

  onStop(stop: () => unknown): void {
    this.#stops.push(stop)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop()
  }

  async #addNode(): Promise<void> {
    const seed = randomBytes(32)
    const options = { store: createMemoryStore(), clock, crypto, seed, isPushNode: true, log }
    const holder = createHolder({ ...options, breathe: () => setImmediate() })
    const bootstrap = this.nodes
      .toSorted(() => randomBytes(1).readInt8())
      .slice(0, KNOWN_MAX)
      .flatMap((node) => node.addresses().slice(0, 1))
    const checkProfile = (topic: number, record: Uint8Array): Promise<boolean> => holder.checkProfile(topic, record)
    const host = await createPushHost({ seed, listen: [LISTEN], bootstrap, mailbox: holder.serve, checkProfile, log })
    this.onStop(() => holder.stop())
    this.onStop(() => host.stop())
    this.nodes.push(host)
  }
}

/** A public record of about a kilobyte. */
export async function signProfile(seed: Uint8Array, sequence: number): Promise<ProfileRecord> {
  const now = Date.now()
  const about = `Ceramics, and ${'what comes with them. '.repeat(30)}${sequence}`
  const texts = { name: 'Ann Miller', handle: 'ann', location: 'Lisbon', about, extra: {} }
  const none = { avatar: undefined, addresses: [], invite: undefined, previous: undefined }
  const times = { changedAt: now, notAfter: now + PROFILE_LIFETIME_MS }
  const made = await createProfileRecord(crypto, seed, { ...texts, ...none, ...times, isPublic: true, sequence }, now)
  if (!made.ok) throw new Error(made.reason)
  return made.value
}

/** The answer; `undefined`: none, or not one. */
export async function ask(
  { network }: Device,
  address: string,
  request: MailboxRequest,
): Promise<MailboxResponse | undefined> {
  try {
    return decodeResponse(await network.mailbox.request(address, encodeRequest(request), never))
  } catch {
    // a node that does not answer is one that has no copy
    return undefined
  }
}
