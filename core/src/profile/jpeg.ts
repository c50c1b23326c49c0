/** The structure of a JPEG: ITU-T T.81, annex B. */
import type { AvatarKind } from './avatar.ts'

const MARK = 0xff
const START = 0xd8
const END = 0xd9
const SCAN = 0xda
/** Baseline, extended and progressive, Huffman coded: what every browser shows. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2])
/** Tables, restart interval, comment, and the segments of applications. */
const isTable = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)
/** Every scan is computed over the whole picture, and one of a few bytes asks for as much work as a large one. */
const SCANS_MAX = 64
const FRAME_BYTES_MIN = 8
/** Of one component. */
const SCAN_BYTES_MIN = 8

/** Kind by the frame header, any size; `undefined` when the bytes are not one JPEG from end to end. */
export function readJpeg(view: DataView): AvatarKind | undefined {
  if (view.byteLength < 4 || view.getUint8(0) !== MARK || view.getUint8(1) !== START) return undefined
  let kind: AvatarKind | undefined
  let scans = 0
  let offset = 2
  while (offset + 2 <= view.byteLength) {
    if (view.getUint8(offset) !== MARK) return undefined
    const marker = view.getUint8(offset + 1)
    offset += 2
    if (marker === END) return scans > 0 && offset === view.byteLength ? kind : undefined
    if (offset + 2 > view.byteLength) return undefined
    const segment = offset
    offset += view.getUint16(segment)
    if (offset < segment + 2 || offset > view.byteLength) return undefined
    if (FRAMES.has(marker)) {
      if (kind !== undefined) return undefined
      kind = frameOf(view, segment, offset)
      if (kind === undefined) return undefined
    } else if (marker === SCAN) {
      scans += 1
      if (kind === undefined || scans > SCANS_MAX || !isScan(view, segment, offset)) return undefined
      offset = endOfScan(view, offset)
    } else if (!isTable(marker)) return undefined
  }
  return undefined
}

function frameOf(view: DataView, segment: number, end: number): AvatarKind | undefined {
  if (end - segment < FRAME_BYTES_MIN) return undefined
  const components = view.getUint8(segment + 7)
  const isKnown = view.getUint8(segment + 2) === 8 && (components === 1 || components === 3 || components === 4)
  if (!isKnown || end - segment !== FRAME_BYTES_MIN + 3 * components) return undefined
  return { mediaType: 'image/jpeg', height: view.getUint16(segment + 3), width: view.getUint16(segment + 5) }
}

/** A head for 1 to 4 components. B.2.3 */
const isScan = (view: DataView, segment: number, end: number): boolean =>
  end - segment >= SCAN_BYTES_MIN && end - segment === SCAN_BYTES_MIN - 2 + 2 * view.getUint8(segment + 2)

/** The next marker that is no stuffed zero and no restart. */
function endOfScan(view: DataView, start: number): number {
  for (let offset = start; offset + 1 < view.byteLength; offset++) {
    const next = view.getUint8(offset + 1)
    if (view.getUint8(offset) === MARK && next !== 0 && (next < 0xd0 || next > 0xd7)) return offset
  }
  return view.byteLength
}
