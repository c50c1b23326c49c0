import { createPushHost } from '@parley/adapter-network-libp2p'
import { zero } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { holderLimits, pushNodeConfig, relayPlaces, stunSetting } from './config.ts'
import { openHeldForOthers } from './held.ts'
import { loadKey } from './key-file.ts'
import { startMetrics } from './metrics.ts'

export interface PushNodeOptions {
  /** Folder of the node's key and of what it holds for others; made when missing. */
  readonly data: string
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
  readonly bootstrap?: readonly string[]
  /** Loopback HOST:PORT, by default a free port. */
  readonly metricsListen?: string
  /** Mebibytes that it holds for others, as text. */
  readonly storageMib?: string
  /** UDP port, `same-port` or `off`, as text. */
  readonly stun?: string
  /** Work on a pointer for a stranger, as text. */
  readonly workBits?: string
  /** Devices that can be reached through it, and how many of them behind one address, as text. */
  readonly relayReservations?: string
  readonly relayReservationsPerAddress?: string
  /** IP addresses and CIDR ranges of proxies in front. */
  readonly proxyProtocolFrom?: readonly string[]
  readonly log: LogPort
}

export interface PushNode {
  readonly peerId: string
  /** Multiaddrs with `/p2p/` at the end, as devices configure them. */
  readonly addresses: readonly string[]
  readonly metricsUrl: string
  /** Ends within two seconds. Idempotent. */
  stop(): Promise<void>
}

/**
 * Runs a push node: circuit relay, DHT server, holder of waiting envelopes, pointers and profiles, metrics.
 *
 * @throws PortError `ADDRESS_IN_USE` naming the address, `STORE_…` when what it holds cannot be opened; Error in words for
 * a setting or key file that cannot be used.
 */
export async function startPushNode(options: PushNodeOptions): Promise<PushNode> {
  const { log, ...settings } = options
  const config = pushNodeConfig.parse(settings)
  if (!config.ok) throw new Error(config.reason)
  const { data, listen, announce, bootstrap, metricsListen, proxyProtocolFrom } = config.value
  const places = relayPlaces(config.value)
  await using started = new AsyncDisposableStack()
  const seed = await loadKey(data)
  started.defer(() => zero(seed))
  const held = openHeldForOthers({ data, seed, limits: holderLimits(config.value), log })
  started.defer(() => held.stop())
  const { serve: mailbox, checkProfile } = held
  const stun = stunSetting(config.value.stun) ?? 'same-port'
  const host = await createPushHost({
    ...{ seed, listen, announce, bootstrap, places, proxyProtocolFrom, stun },
    ...{ mailbox, checkProfile, log },
  })
  started.defer(() => host.stop())
  zero(seed)
  const figures = () => ({ host: host.figures(), held: held.figures() })
  const metrics = await startMetrics(metricsListen, { figures, failure: () => held.failure() })
  started.defer(() => metrics.stop())
  log.log('info', 'push node started', { addresses: host.addresses().length })
  // What was started last ends first: what was promised to a peer is written before the database closes.
  const parts = started.move()
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await parts.disposeAsync()
    log.log('info', 'push node stopped')
  }
  return {
    peerId: host.peerId,
    addresses: host.addresses(),
    metricsUrl: metrics.url,
    stop: () => (stopped ??= stop()),
  }
}
