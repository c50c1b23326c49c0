/**
 * The two messages of STUN that "from which address do you see me?" takes: a binding request and its answer. RFC 8489.
 * Spec: PUSH-11. Nothing here throws for bytes of others.
 */

import { crc32 } from 'node:zlib'

/** Of a request or an answer without attributes. */
export const STUN_HEADER_BYTES = 20
/** Longer ones are not read: a binding request that asks for nothing else is far shorter. */
export const STUN_REQUEST_BYTES_MAX = 548
export const STUN_TRANSACTION_BYTES = 12

const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_XOR = 0x5354554e
const IP4 = 1
const IP6 = 2
/** Attributes below must be understood by whoever reads them. */
const OPTIONAL_ATTRIBUTES = 0x8000

export interface Endpoint {
  /** Four bytes of an IPv4 address, 16 of an IPv6 address. */
  readonly ip: Uint8Array
  readonly port: number
}

/**
 * The transaction of a binding request, a copy. `undefined` for everything else: another message, a damaged one, one with an attribute
 * that would have to be understood.
 */
export function decodeBindingRequest(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length <= STUN_REQUEST_BYTES_MAX && messageType(bytes) === BINDING_REQUEST && isUnderstood(bytes)
    ? bytes.slice(8, STUN_HEADER_BYTES)
    : undefined
}

export function encodeBindingRequest(transaction: Uint8Array): Uint8Array {
  return header(BINDING_REQUEST, transaction, 0)
}

/** 32 bytes for IPv4, 44 for IPv6. */
export function encodeBindingAnswer(transaction: Uint8Array, { ip, port }: Endpoint): Uint8Array {
  const bytes = header(BINDING_SUCCESS, transaction, 8 + ip.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(20, XOR_MAPPED_ADDRESS)
  view.setUint16(22, 4 + ip.length)
  view.setUint8(25, ip.length === 4 ? IP4 : IP6)
  view.setUint16(26, port ^ (MAGIC_COOKIE >>> 16))
  for (const [at, byte] of ip.entries()) bytes[28 + at] = byte ^ (bytes[4 + at] ?? 0)
  return bytes
}

/** Where the answer to `transaction` says that the request came from; `undefined` when it is no such answer. */
export function decodeBindingAnswer(bytes: Uint8Array, transaction: Uint8Array): Endpoint | undefined {
  if (bytes.length > STUN_REQUEST_BYTES_MAX || messageType(bytes) !== BINDING_SUCCESS) return undefined
  if (!transaction.every((byte, at) => bytes[8 + at] === byte)) return undefined
  const value = attribute(bytes, XOR_MAPPED_ADDRESS)
  if (value === undefined || value.length < 4) return undefined
  const length = value[1] === IP4 ? 4 : value[1] === IP6 ? 16 : undefined
  if (length === undefined || value.length !== 4 + length) return undefined
  const port = (((value[2] ?? 0) << 8) | (value[3] ?? 0)) ^ (MAGIC_COOKIE >>> 16)
  return { ip: value.slice(4).map((byte, at) => byte ^ (bytes[4 + at] ?? 0)), port }
}

function header(type: number, transaction: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(STUN_HEADER_BYTES + length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, type)
  view.setUint16(2, length)
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(transaction, 8)
  return bytes
}

/** @returns `undefined` when the header is not one of RFC 8489 or does not fit the bytes. */
function messageType(bytes: Uint8Array): number | undefined {
  if (bytes.length < STUN_HEADER_BYTES || bytes.length % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const isWhole = view.getUint16(2) === bytes.length - STUN_HEADER_BYTES && view.getUint32(4) === MAGIC_COOKIE
  return isWhole ? view.getUint16(0) : undefined
}

interface Attribute {
  readonly type: number
  /** Borrows the message. */
  readonly value: Uint8Array
}

/** The attributes in order; the last one is `undefined` when the rest is damaged. */
function* attributes(bytes: Uint8Array): Generator<Attribute | undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = STUN_HEADER_BYTES
  while (at < bytes.length) {
    const length = view.getUint16(at + 2)
    if (at + 4 + length > bytes.length) return yield undefined
    yield { type: view.getUint16(at), value: bytes.subarray(at + 4, at + 4 + length) }
    at += 4 + Math.ceil(length / 4) * 4
  }
}

function attribute(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  for (const found of attributes(bytes)) if (found?.type === wanted) return found.value
  return undefined
}

function isUnderstood(bytes: Uint8Array): boolean {
  for (const found of attributes(bytes)) {
    if (found === undefined || found.type < OPTIONAL_ATTRIBUTES) return false
    // it says that these bytes are STUN; whoever sends it wants to hear when they are not
    if (found.type === FINGERPRINT && !isFingerprint(bytes, found.value)) return false
  }
  return true
}

function isFingerprint(bytes: Uint8Array, value: Uint8Array): boolean {
  if (value.length !== 4 || value.byteOffset + 4 !== bytes.byteOffset + bytes.length) return false
  const claimed = new DataView(value.buffer, value.byteOffset).getUint32(0)
  return claimed === (crc32(bytes.subarray(0, bytes.length - 8)) ^ FINGERPRINT_XOR) >>> 0
}
