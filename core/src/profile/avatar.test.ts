import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, utf8 } from '../base/bytes.ts'
import { AVATAR_BYTES_MAX, AVATAR_SIDE_PIXELS_MAX } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { avatarKind } from './avatar.ts'
import {
  canvas,
  chunkOf,
  frame,
  JPEG,
  jpeg,
  lossless,
  lossy,
  PNG,
  png,
  scan,
  segment,
  WEBP,
  webp,
} from './testing/pictures.ts'

const MAX = AVATAR_SIDE_PIXELS_MAX
const pixels: readonly [string, Uint8Array] = ['IDAT', new Uint8Array(9)]
const refused = (bytes: Uint8Array) => expect(avatarKind(bytes)).toBeUndefined()

describe('pictures', () => {
  it('[PRF-10] are PNG, JPEG and WebP as a browser writes them', () => {
    const size = { width: 16, height: 12 }
    expect(avatarKind(PNG)).toEqual({ mediaType: 'image/png', ...size })
    expect(avatarKind(JPEG)).toEqual({ mediaType: 'image/jpeg', ...size })
    expect(avatarKind(WEBP)).toEqual({ mediaType: 'image/webp', ...size })
    expect(avatarKind(webp(['VP8 ', chunkOf(WEBP, 'VP8 ')]))).toEqual({ mediaType: 'image/webp', ...size })
    expect(avatarKind(webp(['VP8L', lossless(16, 12)]))).toEqual({ mediaType: 'image/webp', ...size })
    expect(avatarKind(jpeg(frame(16, 12, 0xc2), scan, segment(0xc4, new Uint8Array(9)), scan))).toEqual({
      mediaType: 'image/jpeg',
      ...size,
    })
  })

  it('[PRF-10] have 1 to AVATAR_SIDE_PIXELS_MAX pixels a side and at most AVATAR_BYTES_MAX bytes', () => {
    const make = [
      (width: number, height: number) => png(width, height),
      (width: number, height: number) => jpeg(frame(width, height), scan),
      (width: number, height: number) => webp(['VP8 ', lossy(width, height)]),
      (width: number, height: number) => webp(['VP8X', canvas(width, height)], ['VP8 ', lossy(width, height)]),
    ]
    for (const of of make) {
      expect(avatarKind(of(MAX, MAX))).toMatchObject({ width: MAX, height: MAX })
      refused(of(MAX + 1, 1))
      refused(of(1, MAX + 1))
      refused(of(0, 1))
      refused(of(1, 0))
    }
    refused(webp(['VP8L', lossless(MAX + 1, 1)]))
    const room = AVATAR_BYTES_MAX - png(1, 1, [pixels, ['tEXt', new Uint8Array(0)]]).length
    expect(avatarKind(png(1, 1, [pixels, ['tEXt', new Uint8Array(room)]]))).toBeDefined()
    refused(png(1, 1, [pixels, ['tEXt', new Uint8Array(room + 1)]]))
  })

  it('[PRF-11] do not move', () => {
    for (const type of ['acTL', 'fcTL', 'fdAT']) refused(png(16, 12, [[type, new Uint8Array(8)], pixels]))
    refused(webp(['VP8X', canvas(16, 12, 0x02)], ['VP8 ', lossy(16, 12)]))
    for (const type of ['ANIM', 'ANMF']) {
      refused(webp(['VP8X', canvas(16, 12)], [type, new Uint8Array(24)], ['VP8 ', lossy(16, 12)]))
    }
    refused(webp(['VP8X', canvas(16, 12)], ['VP8 ', lossy(16, 12)], ['VP8 ', lossy(16, 12)]))
    refused(utf8('GIF89a\x10\x00\x0c\x00'))
  })

  it('[PRF-11] unpack to nothing but their pixels, and to those with bounded work', () => {
    refused(png(16, 12, [['zTXt', new Uint8Array(60_000)], pixels]))
    refused(png(16, 12, [['iCCP', new Uint8Array(4_097)], pixels]))
    expect(avatarKind(png(16, 12, [['iCCP', new Uint8Array(4_096)], pixels]))).toBeDefined()
    refused(png(16, 12, [['iTXt', utf8('XML\0\x01\0\0\0')], pixels]))
    refused(png(16, 12, [['iTXt', utf8('XML')], pixels]))
    expect(avatarKind(png(16, 12, [['iTXt', utf8('XML\0\0\0\0\0')], pixels]))).toBeDefined()
    // millions of pixels in a few bytes, as a header says
    refused(png(65_535, 65_535))
    refused(jpeg(frame(65_535, 65_535), scan))
    refused(webp(['VP8X', canvas(16_777_216, 16_777_216)], ['VP8 ', lossy(16, 12)]))
    refused(webp(['VP8X', canvas(16, 12)], ['VP8L', lossless(512, 512)]))
    expect(avatarKind(jpeg(frame(16, 12, 0xc2), ...Array.from({ length: 64 }, () => scan)))).toBeDefined()
    refused(jpeg(frame(16, 12, 0xc2), ...Array.from({ length: 65 }, () => scan)))
  })

  it('[PRF-11] are whole and alone: nothing before, behind or in between that is something else', () => {
    const page = utf8('<script>alert(1)</script>')
    for (const picture of [PNG, JPEG, WEBP]) {
      refused(concat(picture, page))
      refused(concat(page, picture))
      refused(concat(picture, picture))
      refused(concat(picture, Uint8Array.of(0)))
      for (const length of [0, 1, 7, 8, 11, 12, 20, 30, picture.length - 1]) refused(picture.slice(0, length))
    }
    // the length of a RIFF that covers more than the picture
    refused(webp(['VP8 ', lossy(16, 12)], ['JUNK', page]))
    refused(webp(['VP8 ', lossy(16, 12)], ['EXIF', page]))
    refused(webp(['EXIF', page], ['VP8 ', lossy(16, 12)]))
    refused(webp(['VP8X', canvas(16, 12)], ['ICCP', page]))
    refused(webp(['VP8X', canvas(16, 12)], ['VP8X', canvas(16, 12)], ['VP8 ', lossy(16, 12)]))
    refused(png(16, 12, [['teSt', page], pixels]))
    refused(png(16, 12, []))
    for (let at = 0; at < 8; at++) refused(PNG.map((byte, index) => (index === at ? byte ^ 1 : byte)))
    // IHDR under another name, or of another length
    refused(PNG.map((byte, index) => (index === 12 ? byte ^ 1 : byte)))
    refused(concat(PNG.slice(0, 8), png(16, 12, [['IHDR', new Uint8Array(14)], pixels]).slice(8 + 25)))
    refused(png(16, 12, [pixels, ['IHDR', new Uint8Array(13)]]))
    refused(png(16, 12, [pixels, ['IEND', new Uint8Array(0)]]))
    refused(jpeg(frame(16, 12)))
    refused(jpeg(scan, frame(16, 12)))
    refused(jpeg(frame(16, 12), frame(16, 12), scan))
    refused(jpeg(frame(16, 12), page, scan))
  })

  it('[PRF-11] are of the kinds that every browser shows', () => {
    const style = (...numbers: readonly number[]) => png(16, 12, [pixels], numbers)
    expect(avatarKind(style(16, 2, 0, 0, 1))).toBeDefined()
    for (const odd of [
      [3, 6, 0, 0, 0],
      [1, 6, 0, 0, 0],
      [8, 5, 0, 0, 0],
      [8, 6, 1, 0, 0],
      [8, 6, 0, 1, 0],
      [8, 6, 0, 0, 2],
    ])
      refused(style(...odd))
    for (const marker of [0xc3, 0xc5, 0xc9, 0xca, 0xcc, 0x01]) refused(jpeg(frame(16, 12, marker), scan))
    refused(jpeg(frame(16, 12, 0xc0, 2), scan))
    refused(jpeg(frame(16, 12, 0xc1, 3, 12), scan))
    refused(webp(['VP8L', lossless(16, 12, 1)]))
    const between = lossy(16, 12)
    between[0] = (between[0] ?? 0) | 1
    refused(webp(['VP8 ', between]))
    refused(webp(['VP8 ', lossy(16, 12).fill(0, 3, 6)]))
    refused(webp(['VP8 ', lossy(16, 12).slice(0, 9)]))
    refused(webp(['VP8L', lossless(16, 12).slice(0, 4)]))
  })

  it('[PRF-11] JPEGs have parts that are known, whole, and in order', () => {
    const accepted = Array.from({ length: 256 }, (_, marker) => marker).filter((marker) => {
      const kind = avatarKind(jpeg(segment(marker, new Uint8Array(9)), frame(16, 12), scan))
      return kind !== undefined
    })
    const applications = Array.from({ length: 16 }, (_, number) => 0xe0 + number)
    expect(accepted).toEqual([0xc4, 0xdb, 0xdd, ...applications, 0xfe])
    const behind = Array.from({ length: 256 }, (_, marker) => marker).filter(
      (marker) => avatarKind(jpeg(frame(16, 12), concat(scan, Uint8Array.of(0xff, marker, 0, 2)))) !== undefined,
    )
    // among the pixels: a stuffed byte, restarts; behind them: tables
    const restarts = Array.from({ length: 8 }, (_, number) => 0xd0 + number)
    expect(behind).toEqual([0x00, 0xc4, ...restarts, 0xdb, 0xdd, ...applications, 0xfe])
    for (const length of [0, 1, 0xffff]) {
      refused(jpeg(Uint8Array.of(0xff, 0xfe, length >> 8, length & 0xff), frame(16, 12), scan))
    }
    expect(avatarKind(jpeg(segment(0xfe, new Uint8Array(0)), frame(16, 12), scan))).toBeDefined()
    for (const at of [0, 1, 2]) refused(JPEG.map((byte, index) => (index === at ? byte ^ 1 : byte)))
    for (const short of [Uint8Array.of(8), new Uint8Array(5), Uint8Array.of(8, 0, 12, 0, 16)]) {
      refused(jpeg(segment(0xc0, short), scan))
    }
    refused(jpeg(segment(0xc0, Uint8Array.of(8, 0, 12, 0, 16, 1, 0, 0)), scan))
    for (const head of [[], [0, 0, 63, 0], [2, 1, 0, 0, 63, 0], [1, 1, 0, 2, 0, 0, 63, 0]]) {
      refused(jpeg(frame(16, 12), segment(0xda, Uint8Array.from(head))))
    }
    expect(avatarKind(jpeg(frame(16, 12), segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0))))).toBeDefined()
    const open = jpeg(frame(16, 12), scan).slice(0, -2)
    for (const tail of [[], [0xff], [0xff, 0xfe], [0xff, 0xfe, 0], [0xff, 0xfe, 0, 2], [0xff, 0xfe, 0, 3]]) {
      refused(Uint8Array.of(...open, ...tail))
    }
  })

  it('[PRF-11] WebPs say the same of themselves in all places', () => {
    const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
    const good = webp(['VP8 ', lossy(16, 12).slice(0, 10)])
    expect(avatarKind(good)).toBeDefined()
    expect(avatarKind(webp(['VP8L', lossless(16, 12).slice(0, 5)]))).toBeDefined()
    for (const at of [0, 3, 4, 7, 8, 11, 12, 16, 19, 23, 24, 25]) refused(flip(good, at))
    refused(webp(['VP8L', flip(lossless(16, 12), 0)]))
    const around = (width: number, height: number) => webp(['VP8X', canvas(width, height)], ['VP8 ', lossy(16, 12)])
    expect(avatarKind(around(16, 12))).toBeDefined()
    for (const [width, height] of [
      [17, 12],
      [16, 13],
      [65_552, 12],
      [16, 65_548],
    ] as const) {
      refused(around(width, height))
    }
    refused(webp(['VP8X', canvas(16, 12).slice(0, 9)], ['VP8 ', lossy(16, 12)]))
    refused(webp(['VP8X', Uint8Array.of(...canvas(16, 12), 0)], ['VP8 ', lossy(16, 12)]))
    refused(webp(['VP8X', canvas(16, 12)], ['VP8 ', flip(lossy(16, 12), 0)], ['VP8 ', lossy(16, 12)]))
    // a last chunk that says that it goes on behind the end, and half of a head
    const parts = webp(['VP8X', canvas(16, 12)], ['VP8 ', lossy(16, 12)], ['EXIF', new Uint8Array(4)])
    expect(avatarKind(parts)).toBeDefined()
    refused(flip(parts, parts.length - 8))
    expect(
      avatarKind(webp(['VP8X', canvas(16, 12)], ['VP8 ', lossy(16, 12)], ['EXIF', new Uint8Array(0)])),
    ).toBeDefined()
  })

  it('[PRF-10] any bytes are a picture or none, never a throw', () => {
    const sources = [PNG, JPEG, WEBP, png(1, 1), jpeg(frame(1, 1), scan), webp(['VP8L', lossless(1, 1)])]
    const changed = fc
      .tuple(fc.constantFrom(...sources), fc.constantFrom(...DAMAGES), fc.nat(), fc.nat())
      .map(([bytes, damage, position, value]) => mutate(bytes, damage, position, value))
    const headed = fc
      .tuple(fc.constantFrom(PNG.slice(0, 8), JPEG.slice(0, 2), WEBP.slice(0, 12)), fc.uint8Array({ maxLength: 200 }))
      .map(([head, rest]) => concat(head, rest))
    fc.assert(
      fc.property(fc.oneof(changed, headed, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        const kind = avatarKind(bytes)
        if (kind !== undefined) expect(Math.max(kind.width, kind.height)).toBeLessThanOrEqual(MAX)
      }),
      { numRuns: 3_000 },
    )
  })
})
