import { ENVELOPE_BUCKETS_BYTES } from '../base/limits.ts'

const LENGTH_BYTES = 4

/**
 * `length (4, big-endian) ‖ parts ‖ zeros`, so that the sealed whole has one of the bucket sizes.
 *
 * `overheadBytes` is what the seal adds around the result. `undefined` when no bucket is large enough. ENV-3
 */
export function pad(overheadBytes: number, ...parts: readonly Uint8Array[]): Uint8Array | undefined {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const needed = LENGTH_BYTES + length + overheadBytes
  const bucket = ENVELOPE_BUCKETS_BYTES.find((size) => size >= needed)
  if (bucket === undefined) return undefined
  const padded = new Uint8Array(bucket - overheadBytes)
  new DataView(padded.buffer).setUint32(0, length)
  let offset = LENGTH_BYTES
  for (const part of parts) {
    padded.set(part, offset)
    offset += part.length
  }
  return padded
}

/** The payload, a copy; `undefined` when the length is impossible or a padding byte is not zero. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < LENGTH_BYTES) return undefined
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0)
  const end = LENGTH_BYTES + length
  if (end > padded.length) return undefined
  let padding = 0
  for (let index = end; index < padded.length; index++) padding |= padded[index] ?? 0
  return padding === 0 ? padded.slice(LENGTH_BYTES, end) : undefined
}

export const isBucketSize = (length: number): boolean => (ENVELOPE_BUCKETS_BYTES as readonly number[]).includes(length)
