import { createMemoryLog } from '@parley/adapter-memory'
import { envelopeId, ENVELOPE_BYTES_MAX, FRAME_ENVELOPE_IDS_MAX, type Frame } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../conversation/receive.ts'
import {
  EnvelopeInbox,
  INBOX_ANSWERS_MAX,
  INBOX_BYTES_MAX,
  INBOX_ENVELOPES_MAX,
  INBOX_LIMITS,
  INBOXES_BYTES_MAX,
} from './envelope-inbox.ts'
import { INBOX_ENTRY_BYTES, InboxTotal, type InboxLimits } from './inbox-total.ts'

const envelope = (number: number, bytesLength = 16) => {
  const bytes = new Uint8Array(bytesLength)
  new DataView(bytes.buffer).setUint32(bytesLength - 4, number)
  return bytes
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function createScene(total = new InboxTotal(INBOX_LIMITS)) {
  const answers: Frame[] = []
  const pending: { readonly resolve: (outcome: Outcome) => void; readonly reject: (error: unknown) => void }[] = []
  const log = createMemoryLog()
  const room = { frames: Infinity }
  const inbox = new EnvelopeInbox({
    log,
    total,
    receive: () => new Promise<Outcome>((resolve, reject) => pending.push({ resolve, reject })),
    answer(frame) {
      if (room.frames === 0) return false
      room.frames--
      answers.push(frame)
      return true
    },
  })
  /** Processes the oldest. */
  const settle = async (count: number, outcome: Outcome = { type: 'nothing' }) => {
    for (const { resolve } of pending.splice(0, count)) resolve(outcome)
    await turn()
  }
  const dropped = () => log.entries.filter(({ message }) => message.startsWith('envelope dropped')).length
  return { inbox, answers, pending, log, room, settle, dropped }
}

/** Whether `pause` holds the link now. */
async function isHeld(pause: Promise<void> | undefined): Promise<boolean> {
  const held = Symbol('held')
  return pause !== undefined && (await Promise.race([pause, turn().then(() => held)])) === held
}

describe('the inbox of a link', () => {
  it('[WIRE-5] [DLV-5] answers when the outcome is there, and not before', async () => {
    const { inbox, answers, pending } = createScene()
    for (const number of [1, 2, 3, 4]) void inbox.take(envelope(number))
    await turn()
    expect(answers).toEqual([])
    pending[0]?.resolve({ type: 'acknowledge' })
    pending[1]?.resolve({ type: 'refuse', reason: 'unknown-epoch' })
    pending[2]?.resolve({ type: 'nothing' })
    pending[3]?.reject(new Error('full disk'))
    await turn()
    expect(answers).toEqual([
      { type: 'refuse', ids: [envelopeId(envelope(2))], reason: 'unknown-epoch' },
      { type: 'ack', ids: [envelopeId(envelope(1))] },
    ])
  })

  it('[WIRE-6] answers of one moment share frames of at most 512 ids', async () => {
    const { inbox, answers, pending } = createScene()
    const count = FRAME_ENVELOPE_IDS_MAX + 100
    for (let number = 0; number < count; number++) void inbox.take(envelope(number))
    for (const { resolve } of pending) resolve({ type: 'acknowledge' })
    await turn()
    const ids = answers.flatMap((frame) => (frame.type === 'ack' ? frame.ids : []))
    expect(ids.length).toBe(count)
    expect(answers.length).toBeLessThan(10)
    for (const frame of answers)
      if (frame.type === 'ack') expect(frame.ids.length).toBeLessThanOrEqual(FRAME_ENVELOPE_IDS_MAX)
  })

  it('[DLV-7] takes 4,096 at a time and drops more without an answer, until there is room', async () => {
    const { inbox, answers, pending, dropped } = createScene()
    for (let number = 0; number < INBOX_ENVELOPES_MAX + 10; number++) void inbox.take(envelope(number))
    expect(pending.length).toBe(INBOX_ENVELOPES_MAX)
    expect(dropped()).toBe(10)
    for (const { resolve } of pending.slice(0, 5)) resolve({ type: 'nothing' })
    pending[5]?.reject(new Error('one more'))
    await turn()
    for (let number = 0; number < 10; number++) void inbox.take(envelope(number))
    expect([pending.length, answers]).toEqual([INBOX_ENVELOPES_MAX + 6, []])
  })

  it('[DLV-7] takes 64 MiB at a time, however few envelopes that is', async () => {
    const { inbox, pending } = createScene()
    const largest = new Uint8Array(ENVELOPE_BYTES_MAX)
    const count = INBOX_BYTES_MAX / ENVELOPE_BYTES_MAX
    for (let number = 0; number < count + 3; number++) void inbox.take(largest)
    expect(pending.length).toBe(count)
    pending[0]?.resolve({ type: 'nothing' })
    pending[1]?.reject(new Error('full disk'))
    await turn()
    for (let number = 0; number < 3; number++) void inbox.take(largest)
    expect(pending.length).toBe(count + 2)
  })

  it('[DLV-7] is not read over half of its envelopes, and again under a quarter', async () => {
    const { inbox, settle, dropped } = createScene()
    let pause: Promise<void> | undefined
    for (let number = 0; number < INBOX_ENVELOPES_MAX / 2; number++) pause = inbox.take(envelope(number))
    expect(pause).toBeUndefined()
    pause = inbox.take(envelope(9_999))
    expect(await isHeld(pause)).toBe(true)
    await settle(INBOX_ENVELOPES_MAX / 4 + 1)
    expect(await isHeld(pause)).toBe(true)
    await settle(1)
    expect([await isHeld(pause), inbox.take(envelope(1)), dropped()]).toEqual([false, undefined, 0])
  })

  it('[DLV-7] is not read over half of its bytes, and again under a quarter; failures make room too', async () => {
    const { inbox, pending, settle } = createScene()
    const halfCount = INBOX_BYTES_MAX / ENVELOPE_BYTES_MAX / 2
    const largest = new Uint8Array(ENVELOPE_BYTES_MAX)
    for (let number = 0; number < halfCount; number++) expect(inbox.take(largest)).toBeUndefined()
    const pause = inbox.take(largest)
    pending.shift()?.reject(new Error('full disk'))
    await settle(halfCount / 2)
    expect(await isHeld(pause)).toBe(true)
    await settle(1)
    expect(await isHeld(pause)).toBe(false)
  })

  it('[DLV-7] all links together: who brings much waits, and who has no more than one envelope there does not', async () => {
    const total = new InboxTotal(INBOX_LIMITS)
    const floods = [createScene(total), createScene(total), createScene(total)]
    const quiet = createScene(total)
    const largest = new Uint8Array(ENVELOPE_BYTES_MAX)
    const pauses = floods.map(async ({ inbox }) => {
      for (;;) {
        const pause = inbox.take(largest)
        if (pause !== undefined) return pause
      }
    })
    await turn()
    expect([total.isCrowded, total.bytes < 0.6 * INBOXES_BYTES_MAX]).toEqual([true, true])
    expect(quiet.inbox.take(largest)).toBeUndefined()
    const second = quiet.inbox.take(largest)
    expect(await isHeld(second)).toBe(true)
    await quiet.settle(1)
    expect([await isHeld(second), total.isCrowded]).toEqual([false, true])
    for (const { settle, pending } of floods) await settle(pending.length)
    await Promise.all(pauses)
    expect([...floods, quiet].map(({ dropped }) => dropped())).toEqual([0, 0, 0, 0])
  })

  it('[DLV-7] drops over the bound of all links, which waiting small envelopes fill as well', () => {
    const total = new InboxTotal({ ...INBOX_LIMITS, allBytesMax: 10 * (INBOX_ENTRY_BYTES + 16) })
    const [one, other] = [createScene(total), createScene(total)]
    for (let number = 0; number < 7; number++) {
      void one.inbox.take(envelope(number))
      void other.inbox.take(envelope(number))
    }
    expect([one.pending.length, other.pending.length, one.dropped() + other.dropped()]).toEqual([5, 5, 4])
  })

  it('[DLV-7] any order of arrivals and answers: bounds hold, and nothing stays held when all is processed', async () => {
    const limits: InboxLimits = { envelopesMax: 8, bytesMax: 4_000, allBytesMax: 30_000, shareBytes: 500 }
    const step = fc.record({ link: fc.nat(3), bytes: fc.integer({ min: 16, max: 1_000 }), settles: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const total = new InboxTotal(limits)
        const links = Array.from({ length: 4 }, () => ({ ...createScene(total), pauses: [] as Promise<void>[] }))
        for (const [index, { link: at, bytes, settles }] of steps.entries()) {
          const link = links[at]
          if (link === undefined) continue
          const pause = link.inbox.take(envelope(index, bytes))
          if (pause !== undefined) link.pauses.push(pause)
          expect(link.pending.length).toBeLessThanOrEqual(limits.envelopesMax)
          expect(total.bytes).toBeLessThanOrEqual(limits.allBytesMax)
          if (settles > 0) await link.settle(settles)
        }
        for (const { settle, pending } of links) await settle(pending.length)
        await Promise.all(links.flatMap(({ pauses }) => pauses))
        expect(total.bytes).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('[DLV-15] answers that find no room are kept, in order, and go before anything else', async () => {
    const { inbox, answers, room, settle } = createScene()
    room.frames = 0
    for (const number of [1, 2, 3]) void inbox.take(envelope(number))
    await settle(1, { type: 'acknowledge' })
    await settle(1, { type: 'refuse', reason: 'unknown-epoch' })
    expect([answers, inbox.flush()]).toEqual([[], false])
    room.frames = 1
    expect(inbox.flush()).toBe(false)
    room.frames = 9
    expect(inbox.flush()).toBe(true)
    await settle(1, { type: 'acknowledge' })
    expect(answers).toEqual([
      { type: 'ack', ids: [envelopeId(envelope(1))] },
      { type: 'refuse', ids: [envelopeId(envelope(2))], reason: 'unknown-epoch' },
      { type: 'ack', ids: [envelopeId(envelope(3))] },
    ])
  })

  it('[DLV-15] keeps 4,096 answers for a link that takes none, and says when it drops one', async () => {
    const { inbox, answers, room, settle, log } = createScene()
    room.frames = 0
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < INBOX_ANSWERS_MAX / 2 + 1; number++) void inbox.take(envelope(number))
      await settle(INBOX_ANSWERS_MAX, { type: 'refuse', reason: 'undecryptable' })
    }
    room.frames = Infinity
    expect([inbox.flush(), answers.length]).toEqual([true, INBOX_ANSWERS_MAX])
    expect(log.entries.filter(({ message }) => message.startsWith('answer dropped')).length).toBe(2)
  })
})
