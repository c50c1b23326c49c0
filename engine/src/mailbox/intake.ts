/**
 * Envelopes that came by way of holders, processed as if they had come over a link; what answers them is sealed in the
 * commit that makes them durable. Spec: OFF-6, OFF-7, OFF-14.
 */
import { directConversationId, envelopeId, OUTER_VERSION, WAITING_LIFETIME_MS } from '@parley/core'
import { receiveSealed, type ContactEvents } from '../contact/requests.ts'
import type { Context } from '../context.ts'
import { receiveOuter, writeReceived, type Origin, type Outcome } from '../conversation/receive.ts'
import type { Receiver } from '../conversation/receiver.ts'
import { isBlockedAccount } from '../store/contacts.ts'
import { blockRead, saveBlockRead } from '../store/retrieved.ts'
import type { Apply } from '../turn/turns.ts'

/** How long a block that was dealt with is known: longer than any holder has it. */
const REMEMBERED_MS = 2 * WAITING_LIFETIME_MS

export interface StoredEnvelope {
  readonly cid: Uint8Array
  readonly bytes: Uint8Array
  /** The device whose pointer named it; absent for mail of strangers. */
  readonly from: (Origin & { readonly conversation: string }) | undefined
}

/** What follows from an envelope. */
export interface IntakeEvents {
  readonly receiver: Receiver
  readonly contacts: ContactEvents
}

/** `refuse`: it cannot be read now; nothing was remembered of it. Rejects when nothing could be stored. */
export function takeStored(context: Context, events: IntakeEvents, envelope: StoredEnvelope): Promise<Outcome> {
  const isOuter = envelope.bytes[0] === OUTER_VERSION
  const { turns } = context
  if (isOuter) return turns.run('input', () => outer(context, events.receiver, envelope))
  return turns.runAlone('input', () => sealed(context, events.contacts, envelope))
}

async function outer(context: Context, receiver: Receiver, envelope: StoredEnvelope): Promise<Apply<Outcome>> {
  const { cid, bytes, from } = envelope
  // An outer envelope in a stranger's bucket is nobody's: the bucket of an inbox has sealed ones.
  if (from === undefined || blockRead(context.store, cid, from?.peerId) !== undefined) return ignored(context, envelope)
  // Blocked while it was fetched: nothing of it is remembered, so that it is found again after an unblock.
  if (isBlockedAccount(context.store, from.account)) throw new Error('its author was blocked meanwhile')
  const now = context.clock.now()
  const received = await receiveOuter(context, receiver, from, bytes, now)
  const isAnswered = received.outcome.type === 'acknowledge' && received.isAnswer !== true
  if (isAnswered) {
    const { conversation } = from
    context.conversations.stageAnswer({ conversation, envelope: envelopeId(bytes), isRead: true })
  }
  const write = writeReceived(received)
  return (commit) => {
    const outcome = write(commit)
    if (outcome.type !== 'refuse') remember(context, envelope, isAnswered)
    return outcome
  }
}

async function sealed(context: Context, events: ContactEvents, envelope: StoredEnvelope): Promise<Apply<Outcome>> {
  if (blockRead(context.store, envelope.cid, envelope.from?.peerId) !== undefined) return ignored(context, envelope)
  const now = context.clock.now()
  const received = await receiveSealed(context, events, envelope.bytes, now)
  const { welcomedBy } = received
  // Whoever welcomed us waits for a sign that we came; a request is answered by a Welcome.
  if (welcomedBy !== undefined) {
    const conversation = directConversationId(context.self.account, welcomedBy)
    const isJoined = context.conversations.get(conversation)?.headEpoch !== undefined
    if (isJoined)
      context.conversations.stageAnswer({ conversation, envelope: envelopeId(envelope.bytes), isRead: true })
  }
  const write = writeReceived(received)
  return (commit) => {
    const outcome = write(commit)
    if (outcome.type !== 'refuse') remember(context, envelope, false)
    return outcome
  }
}

const ignored =
  (context: Context, envelope: StoredEnvelope): Apply<Outcome> =>
  () => {
    remember(context, envelope, false)
    return { type: 'nothing' }
  }

function remember({ store, clock }: Context, { cid, bytes, from }: StoredEnvelope, isAnswered: boolean): void {
  const read = { peerId: from?.peerId, envelope: envelopeId(bytes), isAnswered }
  saveBlockRead(store, cid, read, clock.now() + REMEMBERED_MS)
}

/** Says once more, or for the first time, what became of envelopes: their sender did not hear it, or cannot be read. */
export function answerStored(
  context: Context,
  conversation: string,
  envelopes: readonly Uint8Array[],
  isRead: boolean,
): Promise<void> {
  return context.turns.run('input', () => {
    const hasGroup = context.conversations.get(conversation)?.headEpoch !== undefined
    if (hasGroup) {
      for (const envelope of envelopes) context.conversations.stageAnswer({ conversation, envelope, isRead })
    }
    return () => undefined
  })
}
