/** Pictures of 16 × 12 pixels as Chromium writes them, and the parts of which tests make worse ones. */
import { base64 } from '@scure/base'
import { concat, utf8 } from '../../base/bytes.ts'

export const PNG = base64.decode(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAYAAABr5z2BAAAA+ElEQVR4AcySXVUDURCDc/sCEiqhDsABOAAH4AAcgANwAA7AATiohEqAt5Bv58zu9mCg097NTWaS/d386MwHbb3Xzt+69Ieu/K5bv+jOz3r0g558r1ff6M3X+vSFvrzT3lsdfK5fb6ShLk+bIec3osNHtOaa9Ajz30pAM8fCHuwQLIpenJ1FEQtqHcAQYuGIrc9cSM9RCzmyVleguTnEmRkmrDFiJgys1lFANdcmx7JwYglf+esWSmSYFriY6vKLK3EWBQdVAcdiN0HHMjIJBua30FwEmM60xnR0TGzAClEUi4KDvQYBZVNqGXIsNUy3b+P/MziF7+APAAD//+iiLWAAAAAGSURBVAMAMfh3+eE9c0sAAAAASUVORK5CYII=',
)
export const JPEG = base64.decode(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAMABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABAb/xAAVEAEBAAAAAAAAAAAAAAAAAAAAA//EABQBAQAAAAAAAAAAAAAAAAAAAAX/xAAWEQADAAAAAAAAAAAAAAAAAAAABUH/2gAMAwEAAhEDEQA/AJiwFj7AWMI4PuKf/9k=',
)
/** Lossy with transparency: VP8X, ICCP, ALPH, VP8. */
export const WEBP = base64.decode(
  'UklGRlYCAABXRUJQVlA4WAoAAAAwAAAADwAACwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZBTFBIJQAAAAF/IBBIscABHRExQggwCACJQiyxxBJLLLHEMsEAEf0PUE53fwEAVlA4IDoAAADwAQCdASoQAAwAAoBCJbACdGB/gZKDfcAA/vE4ZnpECf89//I0t5/v3rJz7/1z/pHPD/+rz0KAgAAA',
)

/** The data of a chunk, without its padding byte. */
export function chunkOf(picture: Uint8Array, name: string): Uint8Array {
  const view = new DataView(picture.buffer, picture.byteOffset, picture.byteLength)
  for (let offset = 12; offset + 8 <= picture.length;) {
    const length = view.getUint32(offset + 4, true)
    const data = picture.slice(offset + 8, offset + 8 + length)
    if (String.fromCharCode(...picture.subarray(offset, offset + 4)) === name) return data
    offset += 8 + length + (length % 2)
  }
  throw new Error(`there is no ${name}`)
}

const uint = (value: number, bytes: number, isLittle = false): Uint8Array => {
  const digits = Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) & 0xff)
  return Uint8Array.from(isLittle ? digits : digits.toReversed())
}

/** A WebP of these chunks. */
export function webp(...chunks: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const parts = chunks.map(([name, data]) =>
    concat(utf8(name), uint(data.length, 4, true), data, new Uint8Array(data.length % 2)),
  )
  const rest = concat(utf8('WEBP'), ...parts)
  return concat(utf8('RIFF'), uint(rest.length, 4, true), rest)
}

/** Pixels of a WebP by their head alone. */
export const lossy = (width: number, height: number): Uint8Array =>
  concat(Uint8Array.of(0x30, 2, 0, 0x9d, 0x01, 0x2a), uint(width, 2, true), uint(height, 2, true), new Uint8Array(3))
export const lossless = (width: number, height: number, version = 0): Uint8Array =>
  concat(Uint8Array.of(0x2f), uint(width - 1 + (height - 1) * 2 ** 14 + version * 2 ** 29, 4, true), new Uint8Array(4))
export const canvas = (width: number, height: number, flags = 0): Uint8Array =>
  concat(Uint8Array.of(flags, 0, 0, 0), uint(width - 1, 3, true), uint(height - 1, 3, true))

const SIGNATURE = PNG.slice(0, 8)
const chunk = (type: string, data: Uint8Array): Uint8Array =>
  concat(uint(data.length, 4), utf8(type), data, new Uint8Array(4))

/** A PNG of these chunks between header and end; depth, colour, compression, filter, interlace as in IHDR. */
export function png(
  width: number,
  height: number,
  chunks: readonly (readonly [type: string, data: Uint8Array])[] = [['IDAT', new Uint8Array(9)]],
  style: readonly number[] = [8, 6, 0, 0, 0],
): Uint8Array {
  const header = chunk('IHDR', concat(uint(width, 4), uint(height, 4), Uint8Array.from(style)))
  const rest = chunks.map(([type, data]) => chunk(type, data))
  return concat(SIGNATURE, header, ...rest, chunk('IEND', new Uint8Array(0)))
}

export const segment = (marker: number, data: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(0xff, marker), uint(data.length + 2, 2), data)
export const frame = (width: number, height: number, marker = 0xc0, components = 3, precision = 8): Uint8Array =>
  segment(
    marker,
    concat(
      Uint8Array.of(precision),
      uint(height, 2),
      uint(width, 2),
      Uint8Array.of(components),
      new Uint8Array(3 * components),
    ),
  )
/** A scan with a restart and a stuffed byte in its data. */
export const scan = concat(
  segment(0xda, Uint8Array.of(3, 1, 0, 2, 0, 3, 0, 0, 63, 0)),
  Uint8Array.of(1, 0xff, 0x00, 0xff, 0xd0, 2),
)

/** A JPEG of these parts between start and end. */
export const jpeg = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(0xff, 0xd8), ...parts, Uint8Array.of(0xff, 0xd9))
