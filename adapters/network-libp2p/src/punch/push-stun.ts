/** STUN beside the TCP listeners of a push node. Spec: PUSH-11, PUSH-12. */
import { CODE_IP4, CODE_IP6, CODE_TCP } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PortError } from '@parley/engine'
import type { LogPort } from '@parley/engine'
import { parseAddress } from '../addresses.ts'
import type { Host } from '../host.ts'
import { startStunServer } from './stun-server.ts'
import type { StunFigures } from './stun-server.ts'
import { announceStun } from './stun-service.ts'

/** `same-port`: the number of the first TCP port that the node listens on, where that is free. */
export type StunSetting = 'same-port' | 'off' | number

export interface PushStun {
  /** `undefined`: STUN is not answered here. */
  readonly port: number | undefined
  figures(): StunFigures
  stop(): Promise<void>
}

const NO_STUN: PushStun = {
  port: undefined,
  figures: () => ({ answered: 0, limited: 0, ignored: 0 }),
  stop: async () => undefined,
}

/**
 * Answers STUN on the IP addresses of `listen`, and tells devices so.
 * @throws PortError `ADDRESS_IN_USE` when the operator named the port; a port that only follows from others is given up.
 */
export async function startPushStun(
  host: Pick<Host, 'handle' | 'getMultiaddrs'>,
  listen: readonly string[],
  { stun, log }: { readonly stun: StunSetting; readonly log: LogPort },
): Promise<PushStun> {
  const addresses = listen.flatMap((text) => parseAddress(text) ?? [])
  const hosts = addresses.flatMap((address) => valueOf(address, CODE_IP4) ?? valueOf(address, CODE_IP6) ?? [])
  if (stun === 'off' || hosts.length === 0) return NO_STUN
  const port = stun === 'same-port' ? tcpPort(addresses) || tcpPort(host.getMultiaddrs()) : stun
  try {
    const server = await startStunServer({ hosts, port, now: () => performance.now(), log })
    await announceStun(host, server.port)
    return server
  } catch (error) {
    if (stun !== 'same-port' || !(error instanceof PortError)) throw error
    log.log('warn', 'devices cannot ask here how their routers translate', { reason: error.message })
    return NO_STUN
  }
}

/** Of the first address that names one; 0 when it is the system's choice. */
const tcpPort = (addresses: readonly Multiaddr[]): number =>
  Number(addresses.map((address) => valueOf(address, CODE_TCP)).find((port) => port !== undefined) ?? 0)

const valueOf = (address: Multiaddr, wanted: number): string | undefined =>
  address.getComponents().find(({ code }) => code === wanted)?.value
