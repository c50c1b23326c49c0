import { createTestClock } from '@parley/adapter-memory'
import { decodeFrame, envelopeId } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Link } from '../ports/network.ts'
import { deleteOutbox, insertOutbox } from '../store/outbox.ts'
import { createTestNode } from '../testing/node.ts'
import { OutboxSender, RESEND_DELAY_MS, WINDOW_ENVELOPES_MAX } from './outbox-sender.ts'

const PEER = 'peer'
const bytesOf = (number: number): Uint8Array => {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(16, number)
  return bytes
}
const numberIn = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(16)

/** A sender over a link whose room the test decides. Envelopes are named by their number. */
async function createScene() {
  const clock = createTestClock()
  const { context } = await createTestNode(clock, 1)
  const checked: string[] = []
  context.sessions.check = (peerId) => void checked.push(peerId)
  const sent: number[] = []
  const room = { frames: Infinity }
  const link: Link = {
    peerId: PEER,
    direction: 'outbound',
    remoteAddress: '',
    isRelayed: false,
    listen: () => undefined,
    close: () => undefined,
    send(frame) {
      if (room.frames <= 0) return false
      room.frames--
      const read = decodeFrame(frame)
      if (read?.type === 'envelope') sent.push(numberIn(read.bytes))
      return true
    },
  }
  const sender = new OutboxSender(context, link)
  return {
    clock,
    sender,
    sent,
    checked,
    room,
    timers: () => clock.timers,
    put(count: number, from = 0) {
      context.store.transaction(() => {
        for (let number = from; number < from + count; number++) {
          insertOutbox(context.store, {
            peerId: PEER,
            kind: 'status',
            conversation: undefined,
            message: undefined,
            bytes: bytesOf(number),
            createdAt: 0,
          })
        }
      })
      sender.pump()
    },
    /** Acknowledges, as a session does: the rows are deleted, then there is room for more. */
    ack(...numbers: readonly number[]) {
      const rows = sender.take(numbers.map((number) => envelopeId(bytesOf(number))))
      for (const { seq } of rows) deleteOutbox(context.store, seq)
      sender.pump()
      return rows.length
    },
    takeSent: () => sent.splice(0),
  }
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('the outbox of one device', () => {
  it('[DLV-30] asks once whether the other end is there when nothing is acknowledged for a second', async () => {
    const scene = await createScene()
    scene.put(3)
    await scene.clock.run(999)
    scene.ack(0)
    await scene.clock.run(999)
    expect(scene.checked).toEqual([])
    await scene.clock.run(10_000)
    expect(scene.checked).toEqual([PEER])
    scene.ack(1)
    await scene.clock.run(2_000)
    expect(scene.checked).toEqual([PEER, PEER])
    scene.ack(2)
    await scene.clock.run(10_000)
    expect(scene.checked).toEqual([PEER, PEER])
  })

  it('[DLV-2] goes in order, a window at a time', async () => {
    const scene = await createScene()
    scene.put(WINDOW_ENVELOPES_MAX + 200)
    const first = scene.takeSent()
    expect(first).toEqual(range(0, first.length))
    expect(first.length).toBeLessThan(WINDOW_ENVELOPES_MAX + 64)
    expect(scene.ack(...range(0, 500))).toBe(500)
    expect(scene.takeSent()).toEqual(range(first.length, WINDOW_ENVELOPES_MAX + 200))
  })

  it('[DLV-3] ids that were not sent here, or were answered before, are ignored', async () => {
    const scene = await createScene()
    scene.put(3)
    expect([scene.ack(1), scene.ack(1), scene.ack(77), scene.ack(0, 2)]).toEqual([1, 0, 0, 2])
    scene.clock.elapse(60_000)
    expect(scene.takeSent()).toEqual([0, 1, 2])
    expect(scene.timers()).toBe(0)
  })

  it('[DLV-4] what is not answered for three seconds goes again, the same bytes, until it is', async () => {
    const scene = await createScene()
    scene.put(3)
    scene.takeSent()
    scene.clock.elapse(RESEND_DELAY_MS - 1_001)
    expect(scene.takeSent()).toEqual([])
    scene.clock.elapse(1_001)
    expect(scene.takeSent()).toEqual([0, 1, 2])
    scene.ack(0, 1)
    scene.clock.elapse(4 * RESEND_DELAY_MS)
    const again = scene.takeSent()
    expect(new Set(again)).toEqual(new Set([2]))
    expect(again.length).toBeGreaterThanOrEqual(3)
    scene.ack(2)
    scene.clock.elapse(60_000)
    expect([scene.takeSent(), scene.timers()]).toEqual([[], 0])
  })

  it('[DLV-4] what is late on a busy link is not sent twice', async () => {
    const scene = await createScene()
    scene.put(100)
    scene.takeSent()
    for (const number of range(0, 100)) {
      scene.clock.elapse(500)
      scene.ack(number)
    }
    expect(scene.takeSent()).toEqual([])
  })

  it('[DLV-4] what was lost goes again although others are answered', async () => {
    const scene = await createScene()
    scene.put(10)
    scene.ack(...range(1, 10))
    scene.takeSent()
    scene.clock.elapse(RESEND_DELAY_MS)
    expect(scene.takeSent()).toEqual([0])
  })

  it('[DLV-3] an answer that could not be stored is no answer', async () => {
    const scene = await createScene()
    scene.put(2)
    scene.takeSent()
    const rows = scene.sender.take([0, 1].map((number) => envelopeId(bytesOf(number))))
    scene.sender.restore(rows)
    scene.clock.elapse(RESEND_DELAY_MS)
    expect(scene.takeSent()).toEqual([0, 1])
  })

  it('[DLV-2] a link without room is filled up when it drains, without a hole and without a repetition', async () => {
    const scene = await createScene()
    scene.room.frames = 5
    scene.put(12)
    for (const drained of [4, 0, 9]) {
      scene.room.frames = drained
      scene.sender.pump()
    }
    expect(scene.takeSent()).toEqual(range(0, 12))
  })

  it('[DLV-2] an ended link leaves no timer and sends nothing', async () => {
    const scene = await createScene()
    scene.put(3)
    scene.sender.stop()
    scene.takeSent()
    scene.put(3, 3)
    scene.clock.elapse(60_000)
    expect([scene.takeSent(), scene.timers()]).toEqual([[], 0])
  })

  it('[DLV-2] [DLV-4] whatever is lost, late or held up: everything is sent, first in order, and nothing after it was answered', async () => {
    const events = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('put' as const), count: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ type: fc.constant('ack' as const), pick: fc.nat(30) }),
        fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 5_000 }) }),
        fc.record({ type: fc.constant('room' as const), frames: fc.nat(6) }),
      ),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const scene = await createScene()
        const answered = new Set<number>()
        let next = 0
        const seen: number[] = []
        const look = () => {
          for (const number of scene.takeSent()) {
            expect(answered.has(number)).toBe(false)
            seen.push(number)
          }
        }
        for (const event of list) {
          if (event.type === 'put') scene.put(event.count, next)
          if (event.type === 'put') next += event.count
          if (event.type === 'wait') scene.clock.elapse(event.ms)
          if (event.type === 'room') scene.room.frames = event.frames
          if (event.type === 'room') scene.sender.pump()
          look()
          if (event.type !== 'ack' || !seen.includes(event.pick)) continue
          scene.ack(event.pick)
          answered.add(event.pick)
          look()
        }
        scene.room.frames = Infinity
        scene.sender.pump()
        scene.clock.elapse(10_000)
        look()
        expect([...new Set(seen)]).toEqual(range(0, next))
        scene.ack(...range(0, next))
        expect(scene.timers()).toBe(0)
      }),
      { numRuns: 40 },
    )
  })
})
