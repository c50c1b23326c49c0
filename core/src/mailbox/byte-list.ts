/**
 * `[number, [bytes, …]]` in deterministic CBOR without the detour over a general decoder: requests and answers that carry
 * blocks are as large as a frame, and copying them three times is most of what they cost. Same bytes, same refusals.
 */
const PAIR = 0x82
const BYTES = 0x40
const LIST = 0x80
const UINT8 = 24
const UINT16 = 25
const UINT32 = 26

/** `number`: 0 … 23. One allocation. */
export function encodeByteList(number: number, items: readonly Uint8Array[]): Uint8Array {
  const length = items.reduce((total, item) => total + headBytes(item.length) + item.length, 0)
  const bytes = new Uint8Array(2 + headBytes(items.length) + length)
  bytes[0] = PAIR
  bytes[1] = number
  let offset = writeHead(bytes, 2, LIST, items.length)
  for (const item of items) {
    offset = writeHead(bytes, offset, BYTES, item.length)
    bytes.set(item, offset)
    offset += item.length
  }
  return bytes
}

const headBytes = (argument: number): number =>
  argument < UINT8 ? 1 : argument < 0x100 ? 2 : argument < 0x1_0000 ? 3 : 5

function writeHead(bytes: Uint8Array, offset: number, major: number, argument: number): number {
  const length = headBytes(argument)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint8(offset, major | (length === 1 ? argument : length === 2 ? UINT8 : length === 3 ? UINT16 : UINT32))
  if (length === 2) view.setUint8(offset + 1, argument)
  else if (length === 3) view.setUint16(offset + 1, argument)
  else if (length === 5) view.setUint32(offset + 1, argument)
  return offset + length
}

/** True when the bytes begin like {@link encodeByteList} of this number. */
export const isByteList = (number: number, bytes: Uint8Array): boolean => bytes[0] === PAIR && bytes[1] === number

/** Views into `bytes`, each of at most `bytesMax`; `undefined` for anything that {@link encodeByteList} does not give. */
export function decodeByteList(
  number: number,
  bytes: Uint8Array,
  countMax: number,
  bytesMax: number,
): readonly Uint8Array[] | undefined {
  if (!isByteList(number, bytes)) return undefined
  const list = readHead(bytes, 2, LIST)
  if (list === undefined || list.argument > countMax) return undefined
  const items: Uint8Array[] = []
  let { offset } = list
  for (let index = 0; index < list.argument; index++) {
    const head = readHead(bytes, offset, BYTES)
    if (head === undefined || head.argument > bytesMax || head.offset + head.argument > bytes.length) return undefined
    offset = head.offset + head.argument
    items.push(bytes.subarray(head.offset, offset))
  }
  return offset === bytes.length ? items : undefined
}

/** The argument in its shortest spelling, and where its head ends. */
function readHead(
  bytes: Uint8Array,
  offset: number,
  major: number,
): { readonly argument: number; readonly offset: number } | undefined {
  const first = (bytes[offset] ?? 0) ^ major
  const length = first < UINT8 ? 1 : first === UINT8 ? 2 : first === UINT16 ? 3 : first === UINT32 ? 5 : 0
  if (length === 0 || offset + length > bytes.length) return undefined
  let argument = length === 1 ? first : 0
  for (let index = 1; index < length; index++) argument = argument * 256 + (bytes[offset + index] ?? 0)
  return headBytes(argument) === length ? { argument, offset: offset + length } : undefined
}
