/**
 * As much of protobuf (https://protobuf.dev/programming-guides/encoding) as the messages of OpenBazaar need: fields out
 * of bytes, fields into bytes. The reader is total and does not recurse. Spec: OBZ-5.
 */
import { assert } from '../base/assert.ts'
import { concat, parseUtf8, utf8 } from '../base/bytes.ts'
import { OPENBAZAAR_FIELDS_MAX } from '../base/limits.ts'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const GROUP = 3
const GROUP_END = 4
const FIXED32 = 5
const VARINT_BYTES_MAX = 10
const FIELD_NUMBER_MAX = 2 ** 29 - 1

/** One field as it came; its bytes are views of the message. */
export interface ProtoField {
  readonly number: number
  readonly wire: number
  /** The unsigned 64-bit value of a varint; 0 for the other wire types. */
  readonly varint: bigint
  /** What a length counts; empty for the other wire types. */
  readonly content: Uint8Array
  /** Everything behind the tag. */
  readonly body: Uint8Array
}

/** @returns `undefined` for bytes that are not whole fields, and for more than OPENBAZAAR_FIELDS_MAX. */
export function readProtoFields(bytes: Uint8Array): readonly ProtoField[] | undefined {
  const fields: ProtoField[] = []
  let at = 0
  while (at < bytes.length) {
    const read = fields.length < OPENBAZAAR_FIELDS_MAX ? readField(bytes, at) : undefined
    if (read === undefined) return undefined
    fields.push(read.field)
    at = read.end
  }
  return fields
}

function readField(bytes: Uint8Array, at: number): { field: ProtoField; end: number } | undefined {
  const tag = readTag(bytes, at)
  if (tag === undefined) return undefined
  const end = tag.wire === GROUP ? groupEnd(bytes, tag.end) : valueEnd(bytes, tag.end, tag.wire)
  if (end === undefined) return undefined
  const { number, wire } = tag
  const first = wire === VARINT || wire === BYTES ? readVarint(bytes, tag.end) : undefined
  const content = bytes.subarray(wire === BYTES ? first?.end : end, end)
  const varint = wire === VARINT ? (first?.value ?? 0n) : 0n
  return { field: { number, wire, varint, content, body: bytes.subarray(tag.end, end) }, end }
}

function readTag(bytes: Uint8Array, at: number): { number: number; wire: number; end: number } | undefined {
  const tag = readVarint(bytes, at)
  if (tag === undefined) return undefined
  const number = Number(tag.value >> 3n)
  if (number < 1 || number > FIELD_NUMBER_MAX) return undefined
  return { number, wire: Number(tag.value & 7n), end: tag.end }
}

function valueEnd(bytes: Uint8Array, at: number, wire: number): number | undefined {
  let end: number
  if (wire === FIXED64) end = at + 8
  else if (wire === FIXED32) end = at + 4
  else if (wire === VARINT || wire === BYTES) {
    const varint = readVarint(bytes, at)
    if (varint === undefined) return undefined
    end = wire === VARINT ? varint.end : varint.end + Number(varint.value)
  } else return undefined
  return end <= bytes.length ? end : undefined
}

/** Groups inside groups are counted, and their numbers not compared, as the original does. */
function groupEnd(bytes: Uint8Array, start: number): number | undefined {
  let depth = 1
  let at = start
  while (depth > 0) {
    const tag = readTag(bytes, at)
    if (tag === undefined) return undefined
    if (tag.wire === GROUP || tag.wire === GROUP_END) {
      depth += tag.wire === GROUP ? 1 : -1
      at = tag.end
    } else {
      const end = valueEnd(bytes, tag.end, tag.wire)
      if (end === undefined) return undefined
      at = end
    }
  }
  return at
}

/** An unsigned varint of at most 64 bits at `at`, also in a longer spelling than it needs, and where it ends. */
export function readVarint(bytes: Uint8Array, at: number): { value: bigint; end: number } | undefined {
  let value = 0n
  for (let index = 0; index < VARINT_BYTES_MAX; index++) {
    const byte = bytes[at + index]
    if (byte === undefined || (index === VARINT_BYTES_MAX - 1 && byte > 1)) return undefined
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  return undefined
}

/** The shortest spelling of an unsigned 64-bit number; negative numbers as their two's complement. */
export function encodeVarint(value: bigint | number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

/** Values of a field that has one: the last counts. A field of another wire type is unknown, not wrong. */
export const uint64Of = (fields: readonly ProtoField[], number: number): bigint =>
  fields.findLast((field) => field.number === number && field.wire === VARINT)?.varint ?? 0n
export const int32Of = (fields: readonly ProtoField[], number: number): number =>
  Number(BigInt.asIntN(32, uint64Of(fields, number)))
/** A copy; empty when the field is missing. */
export const bytesOf = (fields: readonly ProtoField[], number: number): Uint8Array =>
  contentsOf(fields, number).at(-1)?.slice() ?? new Uint8Array(0)

/** Every value of a repeated field, as views. */
export const contentsOf = (fields: readonly ProtoField[], number: number): readonly Uint8Array[] =>
  fields.filter((field) => field.number === number && field.wire === BYTES).map((field) => field.content)

/** `undefined` when one of the values is not UTF-8. */
export function textsOf(fields: readonly ProtoField[], number: number): readonly string[] | undefined {
  const texts = contentsOf(fields, number).map(parseUtf8)
  return texts.every((text) => text !== undefined) ? texts : undefined
}

/** A message inside: parts of it that came apart are one, joined. `undefined` when it is missing. */
export function messageOf(fields: readonly ProtoField[], number: number): Uint8Array | undefined {
  const parts = contentsOf(fields, number)
  return parts.length === 0 ? undefined : concat(...parts)
}

/** The fields that are not among `known` (number → wire type), as the original writes them again. A copy. */
export function unknownOf(fields: readonly ProtoField[], known: Readonly<Record<number, number>>): Uint8Array {
  const unknown = fields.filter((field) => known[field.number] !== field.wire)
  return concat(...unknown.map((field) => concat(tagOf(field.number, field.wire), field.body)))
}

const tagOf = (number: number, wire: number): Uint8Array => encodeVarint(number * 8 + wire)

/** Nothing for 0, as proto3 wants it. */
export const varintField = (number: number, value: bigint | number): Uint8Array =>
  BigInt(value) === 0n ? new Uint8Array(0) : concat(tagOf(number, VARINT), encodeVarint(value))

/** A message, or one of repeated values: written also when it is empty. */
export const messageField = (number: number, bytes: Uint8Array): Uint8Array =>
  concat(tagOf(number, BYTES), encodeVarint(bytes.length), bytes)

/** Nothing when empty, as proto3 wants it. */
export const bytesField = (number: number, bytes: Uint8Array): Uint8Array =>
  bytes.length === 0 ? bytes : messageField(number, bytes)

/** @throws AssertionError for text with a lone surrogate, which UTF-8 cannot carry: ours, so a defect. */
export function textField(number: number, text: string): Uint8Array {
  assert(text.isWellFormed(), 'text on the wire is well-formed')
  return bytesField(number, utf8(text))
}
