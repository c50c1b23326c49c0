/** The structure of a PNG: https://www.w3.org/TR/png-3/ §5. */
import type { AvatarKind } from './avatar.ts'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const HEADER_BYTES = 13
/** Length and type before the data of a chunk, its checksum behind. */
const CHUNK_HEAD_BYTES = 8
const CHUNK_TAIL_BYTES = 4

/** Bits of a sample that a colour type may have. §11.2.1 */
const DEPTHS_BY_COLOUR: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

/** Chunks beside the pixels that are not packed. Those of an animation are not among them, nor what nobody knows. */
const PLAIN = new Set('PLTE tRNS gAMA cHRM sRGB cICP sBIT bKGD pHYs tIME hIST tEXt eXIf iDOT'.split(' '))
/** A packed colour profile of a screen has some 3,000 bytes; so few cannot unpack to more than the pixels themselves. */
const PROFILE_BYTES_MAX = 4_096

/** Kind by the header, any size; `undefined` when the bytes are not one still PNG from end to end. */
export function readPng(view: DataView): AvatarKind | undefined {
  if (view.byteLength < SIGNATURE.length || !SIGNATURE.every((byte, at) => view.getUint8(at) === byte)) return undefined
  let kind: AvatarKind | undefined
  let hasPixels = false
  let offset = SIGNATURE.length
  while (offset + CHUNK_HEAD_BYTES + CHUNK_TAIL_BYTES <= view.byteLength) {
    const length = view.getUint32(offset)
    const type = chunkType(view, offset + 4)
    const data = offset + CHUNK_HEAD_BYTES
    offset = data + length + CHUNK_TAIL_BYTES
    if (offset > view.byteLength) return undefined
    if (kind === undefined) {
      kind = type === 'IHDR' && length === HEADER_BYTES ? headerOf(view, data) : undefined
      if (kind === undefined) return undefined
    } else if (type === 'IEND') {
      return hasPixels && length === 0 && offset === view.byteLength ? kind : undefined
    } else if (type === 'IDAT') hasPixels = true
    else if (!PLAIN.has(type) && !isHarmless(view, type, data, length)) return undefined
  }
  return undefined
}

/** A small colour profile, or an international text that says it is not packed: keyword, zero, then that flag. §11.3.2.3, §11.3.3.4 */
function isHarmless(view: DataView, type: string, data: number, length: number): boolean {
  if (type !== 'iTXt') return type === 'iCCP' && length <= PROFILE_BYTES_MAX
  for (let at = data; at + 1 < data + length; at++) if (view.getUint8(at) === 0) return view.getUint8(at + 1) === 0
  return false
}

const chunkType = (view: DataView, offset: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(offset + at)))

function headerOf(view: DataView, offset: number): AvatarKind | undefined {
  const [depth, colour, compression, filter, interlace] = [8, 9, 10, 11, 12].map((at) => view.getUint8(offset + at))
  const isKnown = compression === 0 && filter === 0 && (interlace === 0 || interlace === 1)
  if (!isKnown || depth === undefined || !DEPTHS_BY_COLOUR[colour ?? -1]?.includes(depth)) return undefined
  return { mediaType: 'image/png', width: view.getUint32(offset), height: view.getUint32(offset + 4) }
}
