/**
 * What two devices tell each other through the relay before they try to meet: who answers, and at which addresses.
 * Numbers and bytes only: no text of the other end reaches the WebRTC library. Spec: NET-21, NET-22.
 */
import { BlockList } from 'node:net'
import { decodeCbor, encodeCbor, isBytes, isList, isText, isUint, toHex } from '@parley/core'
import type { CborValue } from '@parley/core'
import { multiaddr } from '@multiformats/multiaddr'
import { parseIp } from './ip.ts'

export const SIGNAL_BYTES_MAX = 512
/** Candidates that one end may name in one attempt. */
export const CANDIDATES_MAX = 24

/** `host`: of an interface; `srflx`: as a push node sees it. RFC 8445 */
export const CANDIDATE_TYPES = ['host', 'srflx'] as const

export interface Description {
  readonly type: 'description'
  /** Name and secret of one end for this attempt, RFC 8839. */
  readonly ufrag: string
  readonly pwd: string
  /** SHA-256 of the certificate with which the channel is encrypted, 32 bytes. */
  readonly fingerprint: Uint8Array
}

export interface Candidate {
  readonly type: 'candidate'
  readonly kind: (typeof CANDIDATE_TYPES)[number]
  /** Four or 16 bytes. */
  readonly ip: Uint8Array
  readonly port: number
  readonly priority: number
}

export type Signal = Description | Candidate

const DESCRIPTION = 0
const CANDIDATE = 1
const FINGERPRINT_BYTES = 32
const UFRAG = /^[A-Za-z0-9+/]{4,32}$/
const PWD = /^[A-Za-z0-9+/]{22,64}$/
const PORT_MAX = 65_535
const PRIORITY_MAX = 0x7fff_ffff

export function encodeSignal(signal: Signal): Uint8Array {
  if (signal.type === 'description') {
    return encodeCbor([DESCRIPTION, signal.ufrag, signal.pwd, signal.fingerprint])
  }
  const { kind, ip, port, priority } = signal
  return encodeCbor([CANDIDATE, CANDIDATE_TYPES.indexOf(kind), ip, port, priority])
}

/** @returns `undefined` for anything that is not exactly one signal. */
export function decodeSignal(bytes: Uint8Array): Signal | undefined {
  const value = bytes.length <= SIGNAL_BYTES_MAX ? decodeCbor(bytes) : undefined
  if (!isList(value, 5)) return undefined
  if (value[0] === DESCRIPTION && value.length === 4) return toDescription(value)
  return value[0] === CANDIDATE && value.length === 5 ? toCandidate(value) : undefined
}

function toDescription([, ufrag, pwd, fingerprint]: readonly CborValue[]): Description | undefined {
  if (!isText(ufrag) || !UFRAG.test(ufrag) || !isText(pwd) || !PWD.test(pwd)) return undefined
  return isBytes(fingerprint, FINGERPRINT_BYTES) ? { type: 'description', ufrag, pwd, fingerprint } : undefined
}

function toCandidate([, kindAt, ip, port, priority]: readonly CborValue[]): Candidate | undefined {
  const kind = isUint(kindAt) ? CANDIDATE_TYPES[kindAt] : undefined
  if (kind === undefined || !(isBytes(ip, 4) || isBytes(ip, 16))) return undefined
  if (!isUint(port, PORT_MAX) || port === 0 || !isUint(priority, PRIORITY_MAX)) return undefined
  return { type: 'candidate', kind, ip, port, priority }
}

const MAPPED_IP4 = '00000000000000000000ffff'
const NOWHERE = new BlockList()
NOWHERE.addSubnet('0.0.0.0', 8, 'ipv4')
NOWHERE.addSubnet('127.0.0.0', 8, 'ipv4')
NOWHERE.addSubnet('224.0.0.0', 3, 'ipv4')
NOWHERE.addAddress('::', 'ipv6')
NOWHERE.addAddress('::1', 'ipv6')
NOWHERE.addSubnet('ff00::', 8, 'ipv6')

/** False for addresses at which no other computer is: the own one, everybody, groups. */
export function isElsewhere(ip: Uint8Array): boolean {
  // an IPv4 address inside IPv6 is nobody's: devices name it as what it is
  if (ip.length === 16 && toHex(ip.subarray(0, 12)) === MAPPED_IP4) return false
  return !NOWHERE.check(ipText(ip), ip.length === 4 ? 'ipv4' : 'ipv6')
}

export function ipText(ip: Uint8Array): string {
  const bytes = Uint8Array.of(ip.length === 4 ? 4 : 0x29, ...ip)
  return multiaddr(bytes).getComponents()[0]?.value ?? ''
}

/** What the library says of its own end, in our terms; `undefined` for what nobody needs: TCP, host names. */
export function parseCandidateLine(line: string): Candidate | undefined {
  const [, , transport, priority, address = '', port, , kind] = line.split(' ')
  const ip = parseIp(address)
  const known = CANDIDATE_TYPES.find((type) => type === kind)
  if (transport?.toUpperCase() !== 'UDP' || ip === undefined || known === undefined) return undefined
  return { type: 'candidate', kind: known, ip, port: Number(port), priority: Number(priority) }
}

export function parseDescription(sdp: string): Description | undefined {
  const field = (name: string): string => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? ''
  const hex = field('fingerprint').replace(/^sha-256 /i, '')
  const fingerprint = Uint8Array.from(hex.split(':'), (byte) => parseInt(byte, 16))
  const description = { type: 'description', ufrag: field('ice-ufrag'), pwd: field('ice-pwd'), fingerprint } as const
  return decodeSignal(encodeSignal(description)) === undefined ? undefined : description
}

/** As the library reads it. */
export function candidateLine({ kind, ip, port, priority }: Candidate, foundation: number): string {
  const origin = kind === 'srflx' ? ' raddr 0.0.0.0 rport 0' : ''
  return `a=candidate:${foundation} 1 UDP ${priority} ${ipText(ip)} ${port} typ ${kind}${origin}`
}

/** The other end's half of the session, with nothing in it but one data channel. RFC 8841 */
export function describeSession({ ufrag, pwd, fingerprint }: Description, role: 'offer' | 'answer'): string {
  const digest = Array.from(fingerprint, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
  return [
    'v=0',
    'o=- 1 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=ice-options:ice2,trickle',
    `a=fingerprint:sha-256 ${digest}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=sctp-port:5000',
    `a=max-message-size:${CHANNEL_MESSAGE_BYTES_MAX}`,
    `a=setup:${role === 'offer' ? 'actpass' : 'active'}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    '',
  ].join('\r\n')
}

/** One message of the data channel. */
export const CHANNEL_MESSAGE_BYTES_MAX = 65_536
