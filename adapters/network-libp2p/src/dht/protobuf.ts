/** As much of protobuf as an answer of a DHT server needs. */

export interface Field {
  readonly field: number
  /** Borrowed from the message; `undefined` for a number. */
  readonly bytes: Uint8Array | undefined
}

const FIELDS_MAX = 1_024
/** Of a varint; numbers here are lengths and tags. */
const VARINT_BYTES_MAX = 10

/** The fields in their order; `undefined` for what is no message, or has more than FIELDS_MAX. */
export function fieldsOf(message: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  /** NaN at the end. */
  const varint = (): number => {
    let value = 0
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = message[at]
      at += 1
      if (byte === undefined) return Number.NaN
      value += (byte & 0x7f) * 2 ** (7 * count)
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < message.length) {
    const tag = varint()
    const length = sizeOf(tag % 8, varint)
    if (Number.isNaN(tag) || length === undefined || !(at + length <= message.length)) return undefined
    if (fields.length === FIELDS_MAX) return undefined
    const field = Math.floor(tag / 8)
    fields.push({ field, bytes: tag % 8 === BYTES ? message.subarray(at, at + length) : undefined })
    at += length
  }
  return fields
}

const BYTES = 2

/** Bytes of the value from here on; a number is read already. */
function sizeOf(wireType: number, varint: () => number): number | undefined {
  if (wireType === 0) return Number.isNaN(varint()) ? undefined : 0
  if (wireType === 1) return 8
  if (wireType === BYTES) return varint()
  return wireType === 5 ? 4 : undefined
}
