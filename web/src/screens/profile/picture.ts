/** A picture as it is sent: cut to the middle, small, without anything that the file said besides it. */
export interface ChosenPicture {
  /** The bytes in base64. */
  readonly base64: string
  readonly mediaType: PictureType
  readonly bytes: number
  /** What it looks like, for a canvas: the page's policy shows no picture that is not at an address of the node. */
  readonly preview: CanvasImageSource
}

export type PictureType = 'image/webp' | 'image/jpeg'
export type PictureRefusal = 'unreadable' | 'too-large' | 'too-detailed'

export type PictureOutcome =
  | { readonly ok: true; readonly picture: ChosenPicture }
  | { readonly ok: false; readonly refusal: PictureRefusal }

/** Pixels a side. */
export const PICTURE_SIDE = 256
export const PICTURE_BYTES_MAX = 65_536
/** A file that is larger is not read at all. */
export const FILE_BYTES_MAX = 64_000_000

export interface Square {
  readonly x: number
  readonly y: number
  readonly side: number
}

/** The largest square in the middle. */
export const centreSquare = (width: number, height: number): Square => {
  const side = Math.min(width, height)
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), side }
}

/** What a browser does with pictures. */
export interface PictureTools {
  /** Rejects when the file is no picture that can be read here. */
  decode(file: Blob): Promise<{ readonly width: number; readonly height: number; readonly image: CanvasImageSource }>
  /** The square of the image on a canvas of `side` pixels; over white when the format knows no holes. */
  draw(image: CanvasImageSource, from: Square, side: number, isOpaque: boolean): HTMLCanvasElement
  /** `undefined` when this browser cannot write that format. */
  encode(canvas: HTMLCanvasElement, type: PictureType, quality: number): Promise<Uint8Array | undefined>
}

/** From the best to what is still good to look at; the last sides are for browsers that write poor WebP and JPEG. */
const qualities = [0.9, 0.8, 0.65, 0.5]
const sides = [PICTURE_SIDE, 192, 128]
const types: readonly PictureType[] = ['image/webp', 'image/jpeg']

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

/** Makes a picture of a file, WebP where the browser can, else JPEG. Nothing leaves the browser. */
export const makePicture = async (file: Blob, tools: PictureTools = browserTools): Promise<PictureOutcome> => {
  if (file.size > FILE_BYTES_MAX) return { ok: false, refusal: 'too-large' }
  let decoded: Awaited<ReturnType<PictureTools['decode']>>
  try {
    decoded = await tools.decode(file)
  } catch {
    return { ok: false, refusal: 'unreadable' }
  }
  const { width, height, image } = decoded
  const square = centreSquare(width, height)
  if (square.side === 0) return { ok: false, refusal: 'unreadable' }
  for (const side of sides) {
    for (const mediaType of types) {
      const canvas = tools.draw(image, square, side, mediaType === 'image/jpeg')
      for (const quality of qualities) {
        const bytes = await tools.encode(canvas, mediaType, quality)
        if (bytes === undefined) break
        if (bytes.length > PICTURE_BYTES_MAX) continue
        return { ok: true, picture: { base64: toBase64(bytes), mediaType, bytes: bytes.length, preview: canvas } }
      }
    }
  }
  return { ok: false, refusal: 'too-detailed' }
}

const browserTools: PictureTools = {
  decode: async (file) => {
    const image = await createImageBitmap(file, { imageOrientation: 'from-image' })
    return { width: image.width, height: image.height, image }
  },
  draw: (image, { x, y, side: from }, side, isOpaque) => {
    const canvas = document.createElement('canvas')
    canvas.width = side
    canvas.height = side
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('no canvas in this browser')
    if (isOpaque) {
      context.fillStyle = '#ffffff'
      context.fillRect(0, 0, side, side)
    }
    context.imageSmoothingQuality = 'high'
    context.drawImage(image, x, y, from, from, 0, 0, side, side)
    return canvas
  },
  encode: async (canvas, type, quality) => {
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, type, quality)
    })
    // A browser that cannot write a format writes PNG instead.
    return blob === null || blob.type !== type ? undefined : new Uint8Array(await blob.arrayBuffer())
  },
}

/** The first picture among what was dropped or pasted. */
export const pictureAmong = (data: DataTransfer | null): File | undefined =>
  [...(data?.files ?? [])].find((file) => file.type.startsWith('image/'))
