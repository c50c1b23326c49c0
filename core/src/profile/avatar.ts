/** What picture bytes are, by their structure alone: nothing is ever unpacked here. Spec: PRF-10, PRF-11. */
import { AVATAR_BYTES_MAX, AVATAR_SIDE_PIXELS_MAX } from '../base/limits.ts'
import { readJpeg } from './jpeg.ts'
import { readPng } from './png.ts'
import { readWebp } from './webp.ts'

export interface AvatarKind {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp'
  /** Pixels, 1 … AVATAR_SIDE_PIXELS_MAX. */
  readonly width: number
  readonly height: number
}

/**
 * The kind of a still picture that is whole and alone in `bytes` (borrowed); `undefined` for everything else: another
 * format, an animation, more than AVATAR_BYTES_MAX bytes or AVATAR_SIDE_PIXELS_MAX pixels a side, parts that are cut off,
 * unknown or packed beside the pixels, anything before or behind the picture. Spec: PRF-10, PRF-11.
 */
export function avatarKind(bytes: Uint8Array): AvatarKind | undefined {
  if (bytes.length > AVATAR_BYTES_MAX) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = readPng(view) ?? readJpeg(view) ?? readWebp(view)
  return kind !== undefined && isSide(kind.width) && isSide(kind.height) ? kind : undefined
}

const isSide = (pixels: number): boolean => pixels >= 1 && pixels <= AVATAR_SIDE_PIXELS_MAX
