/**
 * Delivered and read receipts, sealed in batches and never themselves receipted. What a batch received is reported in
 * the same transaction that stores it; what is owed otherwise (read marks, repeats) is a column of the log until it is
 * said, so a crash forgets none. Spec: RCP-1…RCP-4.
 */
import { decodePayload, encodePayload, RECEIPT_IDS_MAX, type Acknowledgement, type StatusReport } from '@parley/core'
import type { Context } from '../context.ts'
import { conversationsOwing, oweAgain, owedReceipts, settleReceipts } from '../store/receipts.ts'
import type { StorePort } from '../ports/store.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'
import type { StoredAnswer } from './cache.ts'
import { hasGroup, post, sealPayload } from './seal.ts'

export class Receipts {
  readonly #context: () => Context
  readonly #pending = new Set<string>()

  constructor(context: () => Context) {
    this.#context = context
  }

  /** At start: what a crash left unsaid. */
  resume(): void {
    for (const conversation of conversationsOwing(this.#context().store)) this.flush(conversation)
  }

  /**
   * The last step of every batch: one report per conversation on what the batch stored. What came by way of holders is
   * acknowledged in the same envelope. OFF-7
   */
  async reportBatch(): Promise<Apply<void> | undefined> {
    const context = this.#context()
    const { received, answers } = context.conversations
    if (received.length === 0 && answers.length === 0) return undefined
    const now = context.clock.now()
    const applies: Apply<void>[] = []
    for (const conversation of new Set([...received, ...answers].map((item) => item.conversation))) {
      const delivered = received.filter((message) => message.conversation === conversation).map(({ id }) => id)
      const answered = answers.filter((answer) => answer.conversation === conversation)
      const report = { delivered, read: [] }
      applies.push(
        answered.length === 0
          ? await sealReport(context, conversation, report, now)
          : await sealAcknowledgement(context, conversation, acknowledgementOf(answered, report), now),
      )
    }
    return (commit) => {
      for (const apply of applies) apply(commit)
    }
  }

  owe(commit: Commit, conversation: string): void {
    if (this.#pending.has(conversation)) return
    commit.afterwards(() => this.flush(conversation))
  }

  /** Reports what is owed, now. */
  flush(conversation: string): void {
    if (this.#pending.has(conversation)) return
    this.#pending.add(conversation)
    this.#context()
      .turns.run('input', async () => {
        this.#pending.delete(conversation)
        return this.#report(conversation)
      })
      .then(
        (isComplete) => (isComplete ? undefined : this.flush(conversation)),
        (error: unknown) => {
          // Still owed in the log: the next message or start tries again.
          this.#pending.delete(conversation)
          this.#context().log.log('warn', 'receipts postponed', { error: String(error) })
        },
      )
  }

  async #report(conversation: string): Promise<(commit: Commit) => boolean> {
    const { store, clock } = this.#context()
    const state = this.#context().conversations.get(conversation)
    const owed = owedReceipts(store, conversation, RECEIPT_IDS_MAX)
    if (owed.length === 0 || state === undefined || !hasGroup(state)) return () => true
    const read = owed.filter(({ isRead }) => isRead).map(({ id }) => id)
    const delivered = owed.filter(({ isRead }) => !isRead).map(({ id }) => id)
    const now = clock.now()
    const postReport = await sealReport(this.#context(), conversation, { delivered, read }, now)
    return (commit) => {
      settleReceipts(store, delivered, false)
      settleReceipts(store, read, true)
      postReport(commit)
      return owed.length < RECEIPT_IDS_MAX
    }
  }
}

async function sealReport(
  context: Context,
  conversation: string,
  report: StatusReport,
  now: number,
): Promise<Apply<void>> {
  const payload = { type: 'status', report } as const
  const sealed = await sealPayload(context, conversation, payload, now)
  const item = {
    kind: 'status',
    conversation,
    message: undefined,
    report: encodePayload(payload),
    createdAt: now,
  } as const
  return (commit) => post(context, commit, sealed, item)
}

function acknowledgementOf(answers: readonly StoredAnswer[], report: StatusReport): Acknowledgement {
  const idsOf = (isRead: boolean) =>
    answers.filter((answer) => answer.isRead === isRead).map(({ envelope }) => envelope)
  return { received: idsOf(true), refused: idsOf(false), report }
}

async function sealAcknowledgement(
  context: Context,
  conversation: string,
  acknowledgement: Acknowledgement,
  now: number,
): Promise<Apply<void>> {
  const sealed = await sealPayload(context, conversation, { type: 'acknowledgement', acknowledgement }, now)
  const { report } = acknowledgement
  const item = {
    kind: 'acknowledgement',
    conversation,
    message: undefined,
    report: encodePayload({ type: 'status', report }),
    createdAt: now,
  } as const
  return (commit) => post(context, commit, sealed, item)
}

/** A sealed report that nobody could read: what it said is owed again. */
export function oweReported(store: StorePort, report: Uint8Array): void {
  const payload = decodePayload(report)
  if (payload?.type !== 'status') return
  oweAgain(store, payload.report.delivered, false)
  oweAgain(store, payload.report.read, true)
}
