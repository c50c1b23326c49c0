/** The first bytes of a connection that came through a proxy, PROXY protocol versions 1 and 2. Spec: PUSH-10. */
import { PROXY_HEADER_BYTES_MAX } from '@parley/core'
import { isIPv4, isIPv6 } from 'node:net'

/** Where a connection began. */
export interface Origin {
  /** Numeric, IPv4 or IPv6. */
  readonly address: string
  readonly port: number
}

export type HeaderResult =
  /** Nothing is wrong yet; more bytes are needed. */
  | { readonly type: 'incomplete' }
  | { readonly type: 'malformed' }
  /** `bytes` is the length of the header. Without an origin the connection is the proxy's own. */
  | { readonly type: 'header'; readonly bytes: number; readonly origin?: Origin }

const INCOMPLETE: HeaderResult = { type: 'incomplete' }
const MALFORMED: HeaderResult = { type: 'malformed' }

const V1_PREFIX = Buffer.from('PROXY ')
/** With its end of line; the protocol says so. */
const V1_BYTES_MAX = 107
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V2_HEAD_BYTES = 16
const V2_VERSION_2 = 0x20
const V2_COMMAND_LOCAL = 0
const V2_COMMAND_PROXY = 1
const V2_TCP4 = 0x11
const V2_TCP6 = 0x21
const IP4_BYTES = 4
const IP6_BYTES = 16
const PORT_BYTES = 2

/** Reads the header at the start of `bytes`, which are borrowed. Any bytes have an answer; nothing is thrown. */
export function parseProxyHeader(bytes: Uint8Array): HeaderResult {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isStartOf(V1_PREFIX, buffer)) return parseText(buffer)
  if (isStartOf(V2_SIGNATURE, buffer)) return parseBinary(buffer)
  return MALFORMED
}

/** True when `bytes` begin with `prefix`, or may once there are more of them. */
const isStartOf = (prefix: Buffer, bytes: Buffer): boolean => {
  const length = Math.min(prefix.length, bytes.length)
  return prefix.subarray(0, length).equals(bytes.subarray(0, length))
}

/** Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`. */
function parseText(bytes: Buffer): HeaderResult {
  const end = bytes.subarray(0, V1_BYTES_MAX).indexOf('\r\n')
  if (end < 0) return bytes.length < V1_BYTES_MAX ? INCOMPLETE : MALFORMED
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] = bytes
    .toString('latin1', 0, end)
    .split(' ')
  const length = end + 2
  // A proxy that does not know says so, and may add anything.
  if (family === 'UNKNOWN') return { type: 'header', bytes: length }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false
  const isRight =
    isAddress(source) &&
    isAddress(destination) &&
    // A zone names an interface of the proxy: no address of a peer has one.
    !source.includes('%') &&
    isPort(sourcePort) &&
    isPort(destinationPort) &&
    rest.length === 0
  return isRight ? { type: 'header', bytes: length, origin: { address: source, port: Number(sourcePort) } } : MALFORMED
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

/** Version 2: signature, version and command, family, length, addresses, extensions. */
function parseBinary(bytes: Buffer): HeaderResult {
  if (bytes.length < V2_HEAD_BYTES) return INCOMPLETE
  const [head = 0, family = 0] = bytes.subarray(V2_SIGNATURE.length)
  const command = head - V2_VERSION_2
  if (command !== V2_COMMAND_LOCAL && command !== V2_COMMAND_PROXY) return MALFORMED
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(V2_HEAD_BYTES - 2)
  if (length > PROXY_HEADER_BYTES_MAX) return MALFORMED
  if (bytes.length < length) return INCOMPLETE
  const addressBytes = family === V2_TCP4 ? IP4_BYTES : family === V2_TCP6 ? IP6_BYTES : 0
  // A health check of the proxy, or a family that has no address of ours.
  if (command === V2_COMMAND_LOCAL || addressBytes === 0) return { type: 'header', bytes: length }
  const portAt = V2_HEAD_BYTES + 2 * addressBytes
  if (length < portAt + 2 * PORT_BYTES) return MALFORMED
  const address = bytes.subarray(V2_HEAD_BYTES, V2_HEAD_BYTES + addressBytes)
  return {
    type: 'header',
    bytes: length,
    origin: {
      address: addressBytes === IP4_BYTES ? ip4Text(address) : ip6Text(address),
      port: bytes.readUInt16BE(portAt),
    },
  }
}

const ip4Text = (bytes: Buffer): string => [...bytes].join('.')
const ip6Text = (bytes: Buffer): string =>
  Array.from({ length: IP6_BYTES / 2 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':')
