/**
 * Deterministic CBOR (RFC 8949 §4.2.1), the only encoding of what is signed, hashed or sent.
 *
 * Law: `encodeCbor(decodeCbor(bytes)) = bytes` for every accepted input, so no signed object has two spellings.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { equalBytes } from './bytes.ts'
import { CBOR_DEPTH_MAX } from './limits.ts'

export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue }

export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value, rfc8949EncodeOptions)
}

/**
 * Decodes one deterministic CBOR item that fills `bytes` exactly.
 *
 * Returns `undefined` for anything else: trailing bytes, another spelling of the same value, duplicate keys, tags,
 * floats, `undefined`, integers beyond ±2^53, nesting deeper than {@link CBOR_DEPTH_MAX}. Never throws.
 * The byte strings in the result are copies. Spec: ENC-1…ENC-3.
 */
export function decodeCbor(bytes: Uint8Array): CborValue | undefined {
  if (!isShallow(bytes)) return undefined
  try {
    const value = decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    }) as CborValue
    return equalBytes(encodeCbor(value), bytes) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Walks the item heads without allocating, so that a nested bomb is refused before the decoder recurses into it, and
 * with it every value that the protocol has no use for.
 * Counts open containers only: each open array or map keeps the number of items that it still wants.
 */
function isShallow(bytes: Uint8Array): boolean {
  const wanted: number[] = []
  let offset = 0
  while (offset < bytes.length) {
    const head = bytes[offset++] ?? 0
    const major = head >>> 5
    const info = head & 31
    // Major type 7 beyond false, true and null: undefined, other simple values, floats of every width.
    if (major === 7 && (info < 20 || info > 22)) return false
    let argument = info
    if (info >= 24) {
      const width = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0
      if (width === 0 || offset + width > bytes.length) return false
      argument = 0
      for (let index = 0; index < width; index++) argument = argument * 256 + (bytes[offset + index] ?? 0)
      offset += width
    }
    if (major === 2 || major === 3) offset += argument
    else if ((major === 4 || major === 5) && argument > 0) {
      wanted.push(major === 4 ? argument : argument * 2)
      if (wanted.length > CBOR_DEPTH_MAX) return false
      continue
    }
    while (wanted.length > 0) {
      const left = (wanted.pop() ?? 1) - 1
      if (left > 0) {
        wanted.push(left)
        break
      }
    }
  }
  return true
}

export const isBytes = (value: unknown, length?: number): value is Uint8Array =>
  value instanceof Uint8Array && (length === undefined || value.length === length)
export const isText = (value: unknown, lengthMax = Number.MAX_SAFE_INTEGER): value is string =>
  typeof value === 'string' && value.length <= lengthMax
export const isUint = (value: unknown, max = Number.MAX_SAFE_INTEGER): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
export const isList = (value: unknown, lengthMax = Number.MAX_SAFE_INTEGER): value is readonly CborValue[] =>
  Array.isArray(value) && value.length <= lengthMax
export const isRecord = (value: unknown): value is { readonly [key: string]: CborValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
