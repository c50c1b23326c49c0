/** The structure of a WebP: RFC 9649 §2, and the heads of its two kinds of pixels. */
import type { AvatarKind } from './avatar.ts'

const HEAD_BYTES = 12
const CHUNK_HEAD_BYTES = 8
const EXTENDED_BYTES = 10
const ANIMATED = 0x02
/** Beside the pixels, none of them packed. ANIM, ANMF and what is unknown are not among them. */
const PLAIN = new Set(['ICCP', 'ALPH', 'EXIF', 'XMP '])

interface Size {
  readonly width: number
  readonly height: number
}

/** Kind by its headers, any size; `undefined` when the bytes are not one still WebP from end to end. */
export function readWebp(view: DataView): AvatarKind | undefined {
  if (view.byteLength < HEAD_BYTES || nameAt(view, 0) !== 'RIFF' || nameAt(view, 8) !== 'WEBP') return undefined
  if (view.getUint32(4, true) !== view.byteLength - 8) return undefined
  let canvas: Size | undefined
  let picture: Size | undefined
  let offset = HEAD_BYTES
  while (offset + CHUNK_HEAD_BYTES <= view.byteLength) {
    const isFirst = offset === HEAD_BYTES
    const type = nameAt(view, offset)
    const length = view.getUint32(offset + 4, true)
    const data = offset + CHUNK_HEAD_BYTES
    offset = data + length + (length % 2)
    if (offset > view.byteLength) return undefined
    if (type === 'VP8X') {
      canvas = isFirst && length === EXTENDED_BYTES ? canvasOf(view, data) : undefined
      if (canvas === undefined) return undefined
    } else if (type === 'VP8 ' || type === 'VP8L') {
      // without a canvas the pixels are all there is
      if (picture !== undefined || (canvas === undefined && !isFirst)) return undefined
      picture = type === 'VP8 ' ? lossyOf(view, data, length) : losslessOf(view, data, length)
      if (picture === undefined) return undefined
    } else if (canvas === undefined || !PLAIN.has(type)) return undefined
  }
  if (offset !== view.byteLength || picture === undefined) return undefined
  if (canvas !== undefined && (canvas.width !== picture.width || canvas.height !== picture.height)) return undefined
  return { mediaType: 'image/webp', ...picture }
}

const nameAt = (view: DataView, offset: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(offset + at)))

const uint24 = (view: DataView, offset: number): number =>
  view.getUint16(offset, true) + view.getUint8(offset + 2) * 0x1_0000

function canvasOf(view: DataView, data: number): Size | undefined {
  if ((view.getUint8(data) & ANIMATED) !== 0) return undefined
  return { width: uint24(view, data + 4) + 1, height: uint24(view, data + 7) + 1 }
}

/** A key frame, its start code, and twice 14 bits behind two of scaling. RFC 6386 §9.1 */
function lossyOf(view: DataView, data: number, length: number): Size | undefined {
  if (length < 10 || (view.getUint8(data) & 1) !== 0) return undefined
  if (view.getUint8(data + 3) !== 0x9d || view.getUint16(data + 4, true) !== 0x2a01) return undefined
  return { width: view.getUint16(data + 6, true) & 0x3fff, height: view.getUint16(data + 8, true) & 0x3fff }
}

/** Signature, then twice 14 bits, one of alpha, three of the version. RFC 9649 §3.4 */
function losslessOf(view: DataView, data: number, length: number): Size | undefined {
  if (length < 5 || view.getUint8(data) !== 0x2f) return undefined
  const bits = view.getUint32(data + 1, true)
  return bits >>> 29 === 0 ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : undefined
}
