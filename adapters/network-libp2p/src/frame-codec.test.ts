import { FRAME_BYTES_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameDecoder, FrameQueue } from './frame-codec.ts'

const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 40 })

function decodeAll(decoder: FrameDecoder): (Uint8Array | string)[] {
  const found: (Uint8Array | string)[] = []
  for (;;) {
    const next = decoder.next()
    if (next === undefined) return found
    found.push(next)
    if (typeof next === 'string') return found
  }
}

describe('frames on a byte stream', () => {
  it('[LINK-1] come out as they went in, however the stream is cut on either side', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (sent, run, cut) => {
        const queue = new FrameQueue()
        const decoder = new FrameDecoder()
        const received: (Uint8Array | string)[] = []
        for (const frame of sent) queue.push(frame)
        while (queue.byteLength > 0) {
          const written = queue.take(run)
          expect(written.length).toBeLessThanOrEqual(run)
          for (let at = 0; at < written.length; at += cut) {
            decoder.feed(written.subarray(at, at + cut))
            received.push(...decodeAll(decoder))
          }
        }
        expect(received).toEqual(sent)
        expect(decoder.isMidFrame).toBe(false)
      }),
    )
  })

  it('[LINK-1] belong to the receiver: nothing written before or after changes them', () => {
    const decoder = new FrameDecoder()
    const bytes = Uint8Array.of(0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9)
    decoder.feed(bytes)
    const [first, second] = decodeAll(decoder)
    bytes.fill(0)
    expect([first, second]).toEqual([Uint8Array.of(7, 8), Uint8Array.of(9)])
  })

  it('[LINK-2] any bytes give frames, a fault or a wish for more; a fault is final', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (pieces) => {
        const decoder = new FrameDecoder()
        for (const piece of pieces) decoder.feed(piece)
        const found = decodeAll(decoder)
        const last = found.at(-1)
        if (typeof last !== 'string') return
        decoder.feed(Uint8Array.of(0, 0, 0, 1, 1))
        expect(decoder.next()).toBe(last)
      }),
    )
  })

  it('[LINK-2] refuses the length zero and every length over FRAME_BYTES_MAX', () => {
    const fault = (length: number): Uint8Array | string | undefined => {
      const decoder = new FrameDecoder()
      const prefix = new Uint8Array(4)
      new DataView(prefix.buffer).setUint32(0, length)
      decoder.feed(prefix)
      return decoder.next()
    }
    expect(fault(0)).toBe('malformed')
    expect(fault(FRAME_BYTES_MAX + 1)).toBe('frame-too-large')
    expect(fault(0xffff_ffff)).toBe('frame-too-large')
    expect(fault(FRAME_BYTES_MAX)).toBeUndefined()
  })

  it('[LINK-2] an announced length costs no memory, and tiny pieces no more than twice their bytes', () => {
    const tiny = Uint8Array.of(1)
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 200 }, () => {
      const decoder = new FrameDecoder()
      decoder.feed(Uint8Array.of(0, 16, 0, 0))
      for (let at = 0; at < 5_000; at++) {
        decoder.feed(tiny)
        decoder.next()
      }
      return decoder
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 100_000)
    expect(decoders.every(({ isMidFrame }) => isMidFrame)).toBe(true)
  })
})
