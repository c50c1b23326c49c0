/** Byte helpers shared by every codec. All functions copy; none keeps a reference to its arguments. */
import { base64, base64urlnopad, hex } from '@scure/base'

export const toHex = (bytes: Uint8Array): string => hex.encode(bytes)
/** @throws Error when `text` is not lower-case hex of even length. Use on our own data only. */
export const fromHex = (text: string): Uint8Array => hex.decode(text)
/** RFC 4648 §4, padded: for images in JSON. */
export const toBase64 = (bytes: Uint8Array): string => base64.encode(bytes)
/** @returns `undefined` when `text` is not padded base64. */
export function parseBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text)
  } catch {
    return undefined
  }
}
export const toBase64url = (bytes: Uint8Array): string => base64urlnopad.encode(bytes)
/** @returns `undefined` when `text` is not unpadded base64url. */
export function parseBase64url(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text)
  } catch {
    return undefined
  }
}

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
export const utf8 = (text: string): Uint8Array => utf8Encoder.encode(text)
/** @returns `undefined` when the bytes are not well-formed UTF-8. */
export function parseUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    return undefined
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

/** Lexicographic order of unsigned bytes, shorter first on a common prefix. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Big-endian unsigned 16-bit length, as the hashes and signatures of this protocol frame their parts. */
export function uint16(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff)
}

/** Every part behind its own 16-bit length: an unambiguous concatenation for hashing and signing. */
export function framed(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.flatMap((part) => [uint16(part.length), part]))
}

/** Best effort: JavaScript engines may have copied the bytes before. */
export function zero(bytes: Uint8Array): void {
  bytes.fill(0)
}
