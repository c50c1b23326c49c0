/** Listeners that open and close while the node runs. Spec: NET-11. */
import type { Listener } from '@libp2p/interface'
import { CODE_P2P_CIRCUIT, CODE_TCP, CODE_WS, CODE_WSS, multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { DialBackPort } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { toListenError } from '../listen-error.ts'

export interface Listeners {
  /**
   * Listens on exactly these addresses from now on. Connections that came in elsewhere stay open.
   * @throws PortError `ADDRESS_IN_USE` naming the address, Error for one that cannot be listened on: what was open before
   * is open again, as far as its ports are still free.
   */
  change(wanted: readonly string[], log: LogPort): Promise<void>
  /** Ports that are open, each once. */
  ports(): readonly DialBackPort[]
}

interface Components {
  readonly transportManager: {
    getListeners(): Listener[]
    listen(addresses: Multiaddr[]): Promise<void>
  }
}

/** What libp2p's own listeners can do and its interface does not say: stop accepting, and keep what was accepted. */
interface Pausable {
  pause(isPermanent: boolean): void
}

const isPausable = (listener: Listener): listener is Listener & Pausable =>
  'pause' in listener && typeof listener.pause === 'function'

export function listeners(): (components: Components) => Listeners {
  return ({ transportManager }) => {
    const openByAddress = new Map<string, Listener>()

    const open = async (address: string): Promise<void> => {
      const before = new Set(transportManager.getListeners())
      await transportManager.listen([multiaddr(address)]).catch(async (error: unknown) => {
        // One that could not listen stays in the list of libp2p otherwise.
        for (const listener of transportManager.getListeners()) if (!before.has(listener)) await listener.close()
        throw error
      })
      const made = transportManager.getListeners().find((listener) => !before.has(listener))
      if (made !== undefined) openByAddress.set(address, made)
    }
    const close = async (address: string): Promise<void> => {
      const listener = openByAddress.get(address)
      openByAddress.delete(address)
      if (listener === undefined) return
      if (isPausable(listener)) listener.pause(true)
      else await listener.close()
    }

    return {
      async change(wanted, log) {
        const former = [...openByAddress.keys()]
        // First: what closes may hold the port of what opens.
        for (const address of former) if (!wanted.includes(address)) await close(address)
        try {
          for (const address of wanted) {
            if (openByAddress.has(address)) continue
            await open(address).catch((error: unknown) => {
              if (!isWithoutIp6(address, error) || openByAddress.size === 0) throw error
              log.log('info', 'this machine has no IPv6, so the node listens on IPv4 alone')
            })
          }
        } catch (error) {
          for (const address of openByAddress.keys()) if (!former.includes(address)) await close(address)
          for (const address of former) {
            if (openByAddress.has(address)) continue
            await open(address).catch((cause: unknown) =>
              log.log('error', 'the node listens no longer where it did', { error: String(cause) }),
            )
          }
          throw toListenError(error, wanted)
        }
      },
      ports() {
        const addresses = transportManager.getListeners().flatMap((listener) => listener.getAddrs())
        const byText = new Map(addresses.flatMap((address) => portOf(address) ?? []).map((port) => [keyOf(port), port]))
        return [...byText.values()]
      },
    }
  }
}

const keyOf = ({ port, transport }: DialBackPort): string => `${transport} ${port}`

const isWithoutIp6 = (address: string, error: unknown): boolean =>
  address.startsWith('/ip6/') &&
  /EADDRNOTAVAIL|EAFNOSUPPORT/.test(error instanceof Error ? error.message : String(error))

function portOf(address: Multiaddr): DialBackPort | undefined {
  const components = address.getComponents()
  const has = (code: number): boolean => components.some((component) => component.code === code)
  const port = Number(components.find(({ code }) => code === CODE_TCP)?.value)
  if (!Number.isInteger(port) || port < 1 || has(CODE_P2P_CIRCUIT) || has(CODE_WSS)) return undefined
  return { port, transport: has(CODE_WS) ? 'ws' : 'tcp' }
}
