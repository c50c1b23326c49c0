/** Frames on a byte stream: four bytes of length, big-endian, then the frame. Spec: LINK-1, LINK-2. */
import { FRAME_BYTES_MAX } from '@parley/core'

export const FRAME_PREFIX_BYTES = 4
const ASSEMBLY_BYTES_MIN = 4_096

export type FrameFault = 'frame-too-large' | 'malformed'

/**
 * Cuts a stream of bytes into frames.
 *
 * Every frame is a copy that belongs to the receiver. An incomplete frame occupies at most twice the bytes that really
 * arrived, whatever length its prefix announces and however small the pieces are.
 */
export class FrameDecoder {
  readonly #pieces: Uint8Array[] = []
  #offset = 0
  readonly #prefix = new Uint8Array(FRAME_PREFIX_BYTES)
  #prefixLength = 0
  #assembly: Uint8Array = new Uint8Array(0)
  #assembled = 0
  #fault: FrameFault | undefined

  /** Borrows `piece` until the frames in it were taken with {@link next}. */
  feed(piece: Uint8Array): void {
    if (piece.length > 0) this.#pieces.push(piece)
  }

  /** The next whole frame, `undefined` when more bytes are needed, or why the stream cannot be read any further. */
  next(): Uint8Array | FrameFault | undefined {
    while (this.#fault === undefined) {
      const piece = this.#pieces[0]
      if (piece === undefined) return undefined
      if (this.#prefixLength < FRAME_PREFIX_BYTES) this.#takePrefix(piece)
      else {
        const frame = this.#takeBody(piece)
        if (frame !== undefined) return frame
      }
    }
    return this.#fault
  }

  /** True when the stream would end inside a frame. */
  get isMidFrame(): boolean {
    return this.#prefixLength > 0 || this.#pieces.length > 0
  }

  clear(): void {
    this.#pieces.length = 0
    this.#offset = 0
    this.#prefixLength = 0
    this.#assembled = 0
    this.#assembly = new Uint8Array(0)
  }

  #takePrefix(piece: Uint8Array): void {
    const byte = piece[this.#offset] ?? 0
    this.#prefix[this.#prefixLength++] = byte
    this.#advance(piece, 1)
    if (this.#prefixLength < FRAME_PREFIX_BYTES) return
    const length = this.#length()
    if (length === 0) this.#fault = 'malformed'
    else if (length > FRAME_BYTES_MAX) this.#fault = 'frame-too-large'
  }

  #takeBody(piece: Uint8Array): Uint8Array | undefined {
    const length = this.#length()
    const taken = Math.min(length - this.#assembled, piece.length - this.#offset)
    if (taken === length) {
      // not `slice`: of a Buffer that would be a view
      const frame = new Uint8Array(length)
      frame.set(piece.subarray(this.#offset, this.#offset + length))
      this.#advance(piece, length)
      this.#prefixLength = 0
      return frame
    }
    this.#reserve(this.#assembled + taken, length)
    this.#assembly.set(piece.subarray(this.#offset, this.#offset + taken), this.#assembled)
    this.#assembled += taken
    this.#advance(piece, taken)
    if (this.#assembled < length) return undefined
    const frame = this.#assembly.length === length ? this.#assembly : this.#assembly.slice(0, length)
    this.#assembly = new Uint8Array(0)
    this.#assembled = 0
    this.#prefixLength = 0
    return frame
  }

  #length(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#prefix
    return a * 0x1000000 + ((b << 16) | (c << 8) | d)
  }

  #advance(piece: Uint8Array, count: number): void {
    this.#offset += count
    if (this.#offset < piece.length) return
    this.#pieces.shift()
    this.#offset = 0
  }

  #reserve(needed: number, length: number): void {
    if (needed <= this.#assembly.length) return
    const grown = new Uint8Array(Math.min(length, Math.max(needed, this.#assembly.length * 2, ASSEMBLY_BYTES_MIN)))
    grown.set(this.#assembly.subarray(0, this.#assembled))
    this.#assembly = grown
  }
}

/** Frames that wait to be written, taken out as byte runs that may begin and end anywhere in a frame. */
export class FrameQueue {
  #frames: Uint8Array[] = []
  #head = 0
  /** Bytes of the first frame and its prefix that were already taken. */
  #offset = 0
  #byteLength = 0

  /** Bytes that {@link take} has yet to return, prefixes included. */
  get byteLength(): number {
    return this.#byteLength
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#byteLength += FRAME_PREFIX_BYTES + frame.length
  }

  clear(): void {
    this.#frames = []
    this.#head = 0
    this.#offset = 0
    this.#byteLength = 0
  }

  /** The next `bytesMax` bytes, or all that is left. */
  take(bytesMax: number): Uint8Array {
    const run = new Uint8Array(Math.min(bytesMax, this.#byteLength))
    let filled = 0
    while (filled < run.length) {
      const frame = this.#frames[this.#head]
      if (frame === undefined) break
      filled += this.#copy(frame, run, filled)
      if (this.#offset === FRAME_PREFIX_BYTES + frame.length) this.#drop()
    }
    this.#byteLength -= filled
    return run
  }

  /** What is left of the first frame when some of it was already taken; nothing otherwise. */
  takeStarted(): Uint8Array {
    const frame = this.#frames[this.#head]
    if (frame === undefined || this.#offset === 0) return new Uint8Array(0)
    return this.take(FRAME_PREFIX_BYTES + frame.length - this.#offset)
  }

  #copy(frame: Uint8Array, run: Uint8Array, at: number): number {
    let filled = at
    while (this.#offset < FRAME_PREFIX_BYTES && filled < run.length) {
      run[filled++] = (frame.length >>> (8 * (FRAME_PREFIX_BYTES - 1 - this.#offset++))) & 0xff
    }
    if (filled === run.length) return filled - at
    const from = this.#offset - FRAME_PREFIX_BYTES
    const part = frame.subarray(from, from + run.length - filled)
    run.set(part, filled)
    this.#offset += part.length
    return filled + part.length - at
  }

  #drop(): void {
    this.#offset = 0
    this.#head += 1
    if (this.#head === this.#frames.length || this.#head > 1_024) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }
  }
}
