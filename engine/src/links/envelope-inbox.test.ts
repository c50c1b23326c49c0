import { createMemoryLog } from '@parley/adapter-memory'
import { envelopeId, ENVELOPE_BYTES_MAX, FRAME_ENVELOPE_IDS_MAX, type Frame } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../conversation/receive.ts'
import { EnvelopeInbox, INBOX_BYTES_MAX, INBOX_ENVELOPES_MAX } from './envelope-inbox.ts'

const envelope = (number: number) => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(12, number)
  return bytes
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function createScene() {
  const answers: Frame[] = []
  const pending: { readonly resolve: (outcome: Outcome) => void; readonly reject: (error: unknown) => void }[] = []
  const log = createMemoryLog()
  const inbox = new EnvelopeInbox({
    log,
    receive: () => new Promise<Outcome>((resolve, reject) => pending.push({ resolve, reject })),
    answer: (frame) => answers.push(frame),
  })
  return { inbox, answers, pending, log }
}

describe('the inbox of a link', () => {
  it('[WIRE-5] [DLV-5] answers when the outcome is there, and not before', async () => {
    const { inbox, answers, pending } = createScene()
    for (const number of [1, 2, 3, 4]) inbox.take(envelope(number))
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
    for (let number = 0; number < count; number++) inbox.take(envelope(number))
    for (const { resolve } of pending) resolve({ type: 'acknowledge' })
    await turn()
    const ids = answers.flatMap((frame) => (frame.type === 'ack' ? frame.ids : []))
    expect(ids.length).toBe(count)
    expect(answers.length).toBeLessThan(10)
    for (const frame of answers)
      if (frame.type === 'ack') expect(frame.ids.length).toBeLessThanOrEqual(FRAME_ENVELOPE_IDS_MAX)
  })

  it('[DLV-7] takes 4,096 at a time and drops more without an answer, until there is room', async () => {
    const { inbox, answers, pending, log } = createScene()
    for (let number = 0; number < INBOX_ENVELOPES_MAX + 10; number++) inbox.take(envelope(number))
    expect(pending.length).toBe(INBOX_ENVELOPES_MAX)
    expect(log.entries.length).toBe(10)
    for (const { resolve } of pending.slice(0, 5)) resolve({ type: 'nothing' })
    pending[5]?.reject(new Error('one more'))
    await turn()
    for (let number = 0; number < 10; number++) inbox.take(envelope(number))
    expect([pending.length, answers]).toEqual([INBOX_ENVELOPES_MAX + 6, []])
  })

  it('[DLV-7] takes 64 MiB at a time, however few envelopes that is', async () => {
    const { inbox, pending } = createScene()
    const largest = new Uint8Array(ENVELOPE_BYTES_MAX)
    const count = INBOX_BYTES_MAX / ENVELOPE_BYTES_MAX
    for (let number = 0; number < count + 3; number++) inbox.take(largest)
    expect(pending.length).toBe(count)
    pending[0]?.resolve({ type: 'nothing' })
    pending[1]?.reject(new Error('full disk'))
    await turn()
    for (let number = 0; number < 3; number++) inbox.take(largest)
    expect(pending.length).toBe(count + 2)
  })
})
