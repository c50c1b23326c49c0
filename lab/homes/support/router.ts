/** Routers of homes: what they translate, what they let in, and what they map on request. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addNamespace, enter, shell } from './namespaces.ts'

/**
 * How a router translates addresses, in the words of RFC 4787.
 *
 * - `endpoint-independent`: one outside port for each inside port, and anybody may answer at it.
 * - `address-dependent`: the same port for all, but only addresses that were spoken to may answer.
 * - `port-dependent`: the same port for all, but only the very address and port that were spoken to; most routers do so.
 * - `symmetric`: another port for each destination.
 * - `upnp`, `nat-pmp`: as `port-dependent`, and maps ports on request by that protocol (`nat-pmp` speaks PCP too).
 * - `none`: translates nothing and lets everything in.
 *
 * IPv6 is translated by none of them; all but `none` let in only answers, and what was mapped.
 */
export type RouterKind =
  | 'endpoint-independent'
  | 'address-dependent'
  | 'port-dependent'
  | 'symmetric'
  | 'upnp'
  | 'nat-pmp'
  | 'none'

const MAPPING_S = 300
const MAPPINGS_MAX = 4_096
const STOP_MS = 2_000

export interface RouterOptions {
  readonly kind: RouterKind
  readonly namespace: string
  /** Where configuration of programs goes; removed with the world. */
  readonly folder: string
  /** First three bytes of the network inside, such as `192.168.1`. */
  readonly subnet: string
}

/** A router with the interfaces `wan` and `lan`, which the world connects. */
export class Router {
  readonly namespace: string
  readonly #options: RouterOptions
  /** Addresses outside; what is missing was not given to this home. */
  outside: string | undefined
  #gateway: ChildProcess | undefined

  constructor(options: RouterOptions) {
    this.#options = options
    this.namespace = options.namespace
    addNamespace(this.namespace)
    shell(
      this.namespace,
      `echo 1 > /proc/sys/net/ipv4/ip_forward
       echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
       ip link add lan type bridge mcast_snooping 0
       ip link set lan up`,
    )
  }

  /** Begins to translate and to map. The interface `wan` has its addresses. */
  start(): void {
    shell(this.namespace, `nft -f - <<'RULES'\n${rulesOf(this.#options.kind)}\nRULES`)
    this.#startGateway()
  }

  /** Forgets every mapping and every connection that passes, as after a loss of power. */
  async reboot(): Promise<void> {
    shell(this.namespace, 'ip link set wan down\nip link set lan down')
    await this.stop()
    shell(this.namespace, 'nft flush ruleset\nconntrack -F 2>&1')
    shell(this.namespace, 'ip link set wan up\nip link set lan up')
    this.start()
  }

  /** Forgets connections that pass, and nothing else. */
  forgetConnections(): void {
    shell(this.namespace, 'conntrack -F 2>&1')
  }

  /** Every new connection from inside ends at `port` of the router itself, whoever it was meant for. */
  capture(port: number): void {
    shell(
      this.namespace,
      `nft -f - <<'RULES'
       table ip captive {
         chain prerouting {
           type nat hook prerouting priority dstnat - 10
           iifname "lan" meta l4proto tcp redirect to :${port}
         }
         chain forward {
           type filter hook forward priority filter - 10
           iifname "lan" drop
         }
       }
RULES`,
    )
    this.forgetConnections()
  }

  release(): void {
    shell(this.namespace, 'nft delete table ip captive')
    this.forgetConnections()
  }

  /** Ends the program that maps ports, if there is one. */
  async stop(): Promise<void> {
    const gateway = this.#gateway
    this.#gateway = undefined
    if (gateway === undefined || gateway.exitCode !== null) return
    const ended = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    const timer = setTimeout(() => gateway.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
  }

  #startGateway(): void {
    const { kind, folder, subnet } = this.#options
    if (kind !== 'upnp' && kind !== 'nat-pmp') return
    const file = join(folder, `${this.namespace}.miniupnpd`)
    writeFileSync(
      file,
      [
        'ext_ifname=wan',
        // Addresses of reserved ranges are refused as outside addresses, so the world has ordinary ones.
        `ext_ip=${this.outside}`,
        'listening_ip=lan',
        'http_port=5000',
        `enable_upnp=${kind === 'upnp' ? 'yes' : 'no'}`,
        `enable_natpmp=${kind === 'nat-pmp' ? 'yes' : 'no'}`,
        'secure_mode=yes',
        'upnp_table_name=filter',
        'upnp_nat_table_name=filter',
        'upnp_forward_chain=miniupnpd',
        'upnp_nat_chain=prerouting_miniupnpd',
        'upnp_nat_postrouting_chain=postrouting_miniupnpd',
        'uuid=00000000-0000-0000-0000-000000000001',
        `allow 1024-65535 ${subnet}.0/24 1024-65535`,
        'deny 0-65535 0.0.0.0/0 0-65535',
      ].join('\n'),
    )
    const [command = '', ...parameters] = enter(this.namespace)
    const pidFile = join(folder, `${this.namespace}.pid`)
    rmSync(pidFile, { force: true })
    this.#gateway = spawn(command, [...parameters, 'miniupnpd', '-d', '-f', file, '-P', pidFile], { stdio: 'ignore' })
  }
}

/** The nftables rules of a router; the chains of miniupnpd stay empty where it does not run. */
function rulesOf(kind: RouterKind): string {
  if (kind === 'none') return ''
  const map = (name: string, key: string): string =>
    `map ${name} { type ${key} : ipv4_addr; flags dynamic,timeout; timeout ${MAPPING_S}s; size ${MAPPINGS_MAX}; }`
  const remember = {
    'endpoint-independent': 'update @mappings { meta l4proto . th sport : ip saddr }',
    'address-dependent': 'update @mappings { ip daddr . meta l4proto . th sport : ip saddr }',
  }
  const answer = {
    'endpoint-independent': 'dnat ip to meta l4proto . th dport map @mappings',
    'address-dependent': 'dnat ip to ip saddr . meta l4proto . th dport map @mappings',
  }
  const key = { 'endpoint-independent': '', 'address-dependent': 'ipv4_addr . ' }
  const remembers = kind === 'endpoint-independent' || kind === 'address-dependent'
  return `
    table inet filter {
      ${remembers ? map('mappings', `${key[kind]}inet_proto . inet_service`) : ''}
      chain input {
        type filter hook input priority filter
        iifname "wan" ct state new meta l4proto { tcp, udp } drop
      }
      chain miniupnpd { }
      chain forward {
        type filter hook forward priority filter
        jump miniupnpd
        iifname "wan" ct status dnat accept
        iifname "wan" ct state new drop
      }
      chain prerouting_miniupnpd { }
      chain prerouting {
        type nat hook prerouting priority dstnat
        jump prerouting_miniupnpd
        ${remembers ? `iifname "wan" meta nfproto ipv4 meta l4proto { tcp, udp } ${answer[kind]}` : ''}
      }
      chain postrouting_miniupnpd { }
      chain postrouting {
        type nat hook postrouting priority srcnat
        jump postrouting_miniupnpd
        ${remembers ? `oifname "wan" meta nfproto ipv4 meta l4proto { tcp, udp } ${remember[kind]}` : ''}
        oifname "wan" meta nfproto ipv4 masquerade ${kind === 'symmetric' ? 'fully-random' : ''}
      }
    }`
}
