/**
 * NAT-PMP (RFC 6886) and PCP (RFC 6887), as far as one TCP port of one computer needs them. Both speak on the same port of
 * the router; one that knows only the other answers with its version. Everything here is total.
 */

export const PORT_CONTROL_PORT = 5351
const PMP_VERSION = 0
const PCP_VERSION = 2
const ANSWER_BIT = 0x80
const PMP_ADDRESS = 0
const PMP_MAP_TCP = 2
const PCP_MAP = 1
const PROTOCOL_TCP = 6
const PCP_HEADER_BYTES = 24
const PCP_MAP_BYTES = 36
export const PCP_NONCE_BYTES = 12

export type PortControlAnswer =
  | { readonly type: 'pmp-address'; readonly host: string }
  | { readonly type: 'pmp-mapped'; readonly internalPort: number; readonly port: number; readonly lifetimeS: number }
  | {
      readonly type: 'pcp-mapped'
      readonly nonce: Uint8Array
      readonly internalPort: number
      readonly host: string
      readonly port: number
      readonly lifetimeS: number
    }
  /** The router speaks the other protocol, or refuses. */
  | { readonly type: 'refused'; readonly protocol: 'pmp' | 'pcp'; readonly code: number }

export const encodePmpAddress = (): Uint8Array => Uint8Array.of(PMP_VERSION, PMP_ADDRESS)

/** `lifetimeS` 0 takes the mapping back. */
export function encodePmpMap(internalPort: number, externalPort: number, lifetimeS: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  bytes.set([PMP_VERSION, PMP_MAP_TCP])
  view.setUint16(4, internalPort)
  view.setUint16(6, externalPort)
  view.setUint32(8, lifetimeS)
  return bytes
}

export interface PcpMap {
  /** IPv4 address of ours on the router's network. */
  readonly client: string
  /** PCP_NONCE_BYTES; the same for every request about one mapping. */
  readonly nonce: Uint8Array
  readonly internalPort: number
  readonly externalPort: number
  readonly lifetimeS: number
}

export function encodePcpMap({ client, nonce, internalPort, externalPort, lifetimeS }: PcpMap): Uint8Array {
  const bytes = new Uint8Array(PCP_HEADER_BYTES + PCP_MAP_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set([PCP_VERSION, PCP_MAP])
  view.setUint32(4, lifetimeS)
  bytes.set(mappedIp4(client), 8)
  bytes.set(nonce.subarray(0, PCP_NONCE_BYTES), PCP_HEADER_BYTES)
  bytes[PCP_HEADER_BYTES + 12] = PROTOCOL_TCP
  view.setUint16(PCP_HEADER_BYTES + 16, internalPort)
  view.setUint16(PCP_HEADER_BYTES + 18, externalPort)
  bytes.set(mappedIp4('0.0.0.0'), PCP_HEADER_BYTES + 20)
  return bytes
}

/** `undefined` for what is no answer to any of these questions. */
export function decodePortControl(bytes: Uint8Array): PortControlAnswer | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [version, operation = 0] = bytes
  if (bytes.length < 4 || (operation & ANSWER_BIT) === 0) return undefined
  if (version === PCP_VERSION) return decodePcp(bytes, view)
  if (version !== PMP_VERSION) return undefined
  const code = view.getUint16(2)
  if (code !== 0) return { type: 'refused', protocol: 'pmp', code }
  if (operation === (ANSWER_BIT | PMP_ADDRESS) && bytes.length >= 12)
    return { type: 'pmp-address', host: bytes.subarray(8, 12).join('.') }
  if (operation !== (ANSWER_BIT | PMP_MAP_TCP) || bytes.length < 16) return undefined
  return {
    type: 'pmp-mapped',
    internalPort: view.getUint16(8),
    port: view.getUint16(10),
    lifetimeS: view.getUint32(12),
  }
}

function decodePcp(bytes: Uint8Array, view: DataView): PortControlAnswer | undefined {
  const code = bytes[3] ?? 0
  if (code !== 0) return { type: 'refused', protocol: 'pcp', code }
  if (bytes[1] !== (ANSWER_BIT | PCP_MAP) || bytes.length < PCP_HEADER_BYTES + PCP_MAP_BYTES) return undefined
  const at = PCP_HEADER_BYTES
  const host = bytes.subarray(at + 20, at + 36)
  if (!mappedIp4('0.0.0.0').every((byte, index) => index >= 12 || host[index] === byte)) return undefined
  return {
    type: 'pcp-mapped',
    nonce: bytes.slice(at, at + PCP_NONCE_BYTES),
    internalPort: view.getUint16(at + 16),
    port: view.getUint16(at + 18),
    host: host.subarray(12).join('.'),
    lifetimeS: view.getUint32(4),
  }
}

/** `::ffff:a.b.c.d` */
const mappedIp4 = (text: string): Uint8Array =>
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...text.split('.').map(Number))

/** The gateway of the default route in the text of `/proc/net/route`: little-endian hexadecimal. */
export function parseDefaultGateway(table: string): string | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, destination, gateway = ''] = line.split(/\s+/)
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/i.test(gateway) || gateway === '00000000') continue
    return [6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join('.')
  }
  return undefined
}
