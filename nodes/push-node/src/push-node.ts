import { createPushHost } from '@parley/adapter-network-libp2p'
import { zero } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { pushNodeConfig } from './config.ts'
import { loadKey } from './key-file.ts'
import { startMetrics } from './metrics.ts'

export interface PushNodeOptions {
  /** Folder of the node's key; made when missing. */
  readonly data: string
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
  readonly bootstrap?: readonly string[]
  /** Loopback HOST:PORT, by default a free port. */
  readonly metricsListen?: string
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
 * Runs a push node: circuit relay, DHT server, metrics.
 *
 * @throws PortError `ADDRESS_IN_USE` naming the address; Error in words for a setting or key file that cannot be used.
 */
export async function startPushNode(options: PushNodeOptions): Promise<PushNode> {
  const { log, ...settings } = options
  const config = pushNodeConfig.parse(settings)
  if (!config.ok) throw new Error(config.reason)
  const { data, listen, announce, bootstrap, metricsListen } = config.value
  const seed = await loadKey(data)
  const host = await createPushHost({ seed, listen, announce, bootstrap, log })
  zero(seed)
  const metrics = await startMetrics(metricsListen, () => host.figures()).catch(async (error: unknown) => {
    await host.stop()
    throw error
  })
  log.log('info', 'push node started', { addresses: host.addresses().length })
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await Promise.all([metrics.stop(), host.stop()])
    log.log('info', 'push node stopped')
  }
  return {
    peerId: host.peerId,
    addresses: host.addresses(),
    metricsUrl: metrics.url,
    stop: () => (stopped ??= stop()),
  }
}
