import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { centreSquare, FILE_BYTES_MAX, makePicture, PICTURE_BYTES_MAX, type PictureTools } from './picture.ts'

interface Attempt {
  readonly side: number
  readonly type: string
  readonly quality: number
}

/** A browser whose pictures weigh what a test says. */
const toolsOf = (weigh: (attempt: Attempt) => number | undefined, size = { width: 400, height: 300 }) => {
  const attempts: Attempt[] = []
  const tools: PictureTools = {
    decode: () => Promise.resolve({ ...size, image: canvasOf(0) }),
    draw: (_image, _from, side) => canvasOf(side),
    encode: (canvas, type, quality) => {
      const attempt = { side: canvas.width, type, quality }
      attempts.push(attempt)
      const bytes = weigh(attempt)
      return Promise.resolve(bytes === undefined ? undefined : new Uint8Array(bytes).fill(7))
    },
  }
  return { tools, attempts }
}

const canvasOf = (width: number) => ({ width }) as HTMLCanvasElement

describe('the middle of a picture', () => {
  it('is the largest square, whole pixels, inside of it', () => {
    expect(centreSquare(400, 300)).toEqual({ x: 50, y: 0, side: 300 })
    expect(centreSquare(3, 8)).toEqual({ x: 0, y: 2, side: 3 })
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (width, height) => {
        const { x, y, side } = centreSquare(width, height)
        expect(x >= 0 && y >= 0 && x + side <= width && y + side <= height).toBe(true)
        expect(Math.abs(width - side - 2 * x) + Math.abs(height - side - 2 * y)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('a chosen picture', () => {
  it('is WebP of 256 pixels at the best quality that fits', async () => {
    const { tools, attempts } = toolsOf(({ quality }) => (quality > 0.7 ? PICTURE_BYTES_MAX + 1 : PICTURE_BYTES_MAX))
    const outcome = await makePicture(new Blob(['x']), tools)
    expect(outcome.ok && [outcome.picture.mediaType, outcome.picture.bytes]).toEqual(['image/webp', PICTURE_BYTES_MAX])
    expect(attempts.map(({ side, type, quality }) => `${side} ${type} ${quality}`)).toEqual([
      '256 image/webp 0.9',
      '256 image/webp 0.8',
      '256 image/webp 0.65',
    ])
  })

  it('is JPEG in a browser that writes no WebP, and asks it once', async () => {
    const { tools, attempts } = toolsOf(({ type }) => (type === 'image/webp' ? undefined : 100))
    const outcome = await makePicture(new Blob(['x']), tools)
    expect(outcome.ok && outcome.picture.mediaType).toBe('image/jpeg')
    expect(attempts).toHaveLength(2)
    expect(outcome.ok && atob(outcome.picture.base64)).toBe('\u{7}'.repeat(100))
  })

  it('gets smaller before it is given up', async () => {
    const small = toolsOf(({ side }) => (side > 128 ? 70_000 : 60_000))
    const outcome = await makePicture(new Blob(['x']), small.tools)
    expect(outcome.ok && outcome.picture.preview).toMatchObject({ width: 128 })
    expect(await makePicture(new Blob(['x']), toolsOf(() => 70_000).tools)).toEqual({
      ok: false,
      refusal: 'too-detailed',
    })
  })

  it('is refused when it is none, empty or endless, before anything is drawn', async () => {
    const { tools, attempts } = toolsOf(() => 1, { width: 0, height: 9 })
    const broken: PictureTools = { ...tools, decode: () => Promise.reject(new Error('no')) }
    expect(await makePicture(new Blob(['x']), broken)).toEqual({ ok: false, refusal: 'unreadable' })
    expect(await makePicture(new Blob(['x']), tools)).toEqual({ ok: false, refusal: 'unreadable' })
    const endless = { size: FILE_BYTES_MAX + 1 } as Blob
    expect(await makePicture(endless, tools)).toEqual({ ok: false, refusal: 'too-large' })
    expect(attempts).toEqual([])
  })
})
