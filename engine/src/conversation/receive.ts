/**
 * An outer envelope from an authenticated device. The outcome is always one of: acknowledge (it is durable here, or
 * never will matter), refuse (these bytes cannot be read here), nothing. Spec: DLV-5…DLV-9.
 */
import {
  CLOCK_SKEW_MAX_MS,
  decodeContent,
  decodeControl,
  decodePayload,
  directConversationId,
  messageId,
  openMessage,
  openOuter,
  orderOf,
  peerIdOfKey,
  tagOf,
  toHex,
  type Acknowledgement,
  type MessageIdBytes,
  type Opened,
  type OpenRejection,
  type ParsedContent,
  type StatusReport,
} from '@parley/core'
import type { Self } from '../account/self.ts'
import type { Context } from '../context.ts'
import { isBlockedAccount } from '../store/contacts.ts'
import { advanceStates, contentPlace, editTargets, isTile, type Entry } from '../store/entries.ts'
import { isMissing, logEntry } from '../store/gaps.ts'
import { eraseHidden, isHidden } from '../store/hidden.ts'
import { outboxByEnvelope } from '../store/outbox.ts'
import { oweDelivered } from '../store/receipts.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'
import { eraseDeleted } from './erase.ts'
import { epochByTag, settle } from './epochs.ts'
import { accountOf, certificateOf, epochAfter, isGroupOf } from './group.ts'
import type { Receiver } from './receiver.ts'
import { withEpoch, withMessage, type ConversationState, type Epoch } from './state.ts'
import { subjectTag } from './subjects.ts'

export type Outcome =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'refuse'; readonly reason: RefusalReason }
  | { readonly type: 'nothing' }

export type RefusalReason = 'unknown-conversation' | 'unknown-epoch' | 'undecryptable' | 'from-future'

/** What an envelope comes to: the outcome is known before anything is written. */
export interface Received {
  readonly outcome: Outcome
  readonly apply: Apply<void>
  /** It answers what we said: nobody answers it in turn. OFF-7 */
  readonly isAnswer?: boolean
}

/** Writes what was received and says what to answer. */
export const writeReceived =
  ({ outcome, apply }: Received): Apply<Outcome> =>
  (commit) => {
    apply(commit)
    return outcome
  }

const NOTHING_TO_WRITE = () => undefined
export const ACKNOWLEDGED: Received = { outcome: { type: 'acknowledge' }, apply: NOTHING_TO_WRITE }
const acknowledged = (apply: Apply<void>): Received => ({ outcome: { type: 'acknowledge' }, apply })
const refused = (reason: RefusalReason): Received => ({
  outcome: { type: 'refuse', reason },
  apply: NOTHING_TO_WRITE,
})
const nothing = (apply: Apply<void> = NOTHING_TO_WRITE): Received => ({ outcome: { type: 'nothing' }, apply })

export interface Origin {
  readonly account: string
  readonly peerId: string
}

export async function receiveOuter(
  context: Context,
  receiver: Receiver,
  origin: Origin,
  bytes: Uint8Array,
  now: number,
): Promise<Received> {
  // Arrived before the block and looked at after it: as if it had not come, so that it comes again after an unblock.
  if (isBlockedAccount(context.store, origin.account)) return nothing()
  const conversation = conversationWith(context.self, origin.account)
  const state = context.conversations.get(conversation)
  if (state === undefined) return refused('unknown-conversation')
  const tag = tagOf(bytes)
  const epoch = tag === undefined ? undefined : epochByTag(state, tag)
  if (epoch === undefined) return refused('unknown-epoch')
  const payload = openOuter(context.crypto, epoch.keys.outerKey, bytes)
  if (payload === undefined) return refused('undecryptable')
  if (payload.kind === 'control') {
    const control = decodeControl(payload.body)
    if (control !== undefined) receiver.control(conversation, origin, control)
    return nothing()
  }
  const opened = await openMessage(context.mls, context.conversations.groupOf(epoch), payload.body)
  if (!opened.ok) return onUnreadable(context, opened.reason)
  return opened.value.type === 'commit'
    ? onCommit(context, state, epoch, opened.value, now)
    : onApplication(context, receiver, { state, epoch, opened: opened.value, now })
}

/** Conversations of an account by the other one: each envelope asks, and the answer is a hash. */
const conversations = new WeakMap<Self, Map<string, string>>()
const CONVERSATIONS_KNOWN_MAX = 4_096

function conversationWith(self: Self, account: string): string {
  const known = conversations.get(self) ?? new Map<string, string>()
  const conversation = known.get(account) ?? directConversationId(self.account, account)
  if (known.size >= CONVERSATIONS_KNOWN_MAX) known.clear()
  conversations.set(self, known.set(account, conversation))
  return conversation
}

/** A replay was processed before, perhaps just before a crash: saying so again is right. Everything else is refused. */
function onUnreadable(context: Context, reason: OpenRejection): Received {
  if (reason === 'replayed') return ACKNOWLEDGED
  context.log.log('warn', 'envelope refused', { reason })
  return refused('undecryptable')
}

async function onCommit(
  context: Context,
  state: ConversationState,
  epoch: Epoch,
  opened: Opened & { type: 'commit' },
  now: number,
): Promise<Received> {
  const committer = accountOf(opened.committer)
  const isAllowed =
    committer !== undefined &&
    committer === accountOf(opened.committerAfter) &&
    !opened.isSelfRemoved &&
    isGroupOf(opened.group, state.members)
  if (!isAllowed) {
    context.log.log('warn', 'commit ignored: it would change who is in a direct conversation')
    return ACKNOWLEDGED
  }
  const next = await epochAfter(context, opened.group, { parent: epoch, committer, class: 1, createdAt: now })
  if (!state.epochs.has(next.id)) context.conversations.set(settle(withEpoch(state, next), now))
  return ACKNOWLEDGED
}

interface Application {
  readonly state: ConversationState
  readonly epoch: Epoch
  readonly opened: Opened & { type: 'application' }
  readonly now: number
}

async function onApplication(context: Context, receiver: Receiver, input: Application): Promise<Received> {
  const { state, epoch, opened, now } = input
  const sender = accountOf(opened.sender)
  const advanced = withEpoch(state, { ...epoch, group: opened.group, messages: epoch.messages + 1 })
  context.conversations.set(advanced)
  context.conversations.stageErasure(opened.erase)
  const payload = decodePayload(opened.plaintext)
  if (payload === undefined || sender === undefined) {
    context.log.log('warn', 'payload of an unknown kind ignored')
    return ACKNOWLEDGED
  }
  switch (payload.type) {
    case 'typing':
      return nothing(() => receiver.typing(state.id, sender, payload.subject))
    case 'status':
      return acknowledged((commit) => onStatus(context, commit, state, sender, payload.report))
    case 'acknowledgement':
      return onAcknowledgement(context, receiver, { state, sender, opened, ...payload.acknowledgement })
    case 'content':
      return onContent(context, receiver, { state: advanced, sender, bytes: payload.bytes, now })
  }
}

function onStatus(
  context: Context,
  commit: Commit,
  state: ConversationState,
  sender: string,
  report: StatusReport,
): void {
  if (sender === context.self.account) return
  const where = { conversation: state.id, author: context.self.account }
  const changed = [
    ...advanceStates(context.store, report.delivered, 'delivered', where),
    ...advanceStates(context.store, report.read, 'read', where),
  ]
  eraseHidden(context.store, changed)
  eraseDeleted(context, [...changed, ...editTargets(context.store, changed)])
  for (const id of changed) commit.touchMessage(state.id, toHex(id))
}

interface Answer extends Acknowledgement {
  readonly state: ConversationState
  readonly sender: string
  readonly opened: Opened & { type: 'application' }
}

/** OFFLINE_ACK: what it names waits no longer. Only rows for the very device that says so are touched. OFF-8 */
function onAcknowledgement(context: Context, receiver: Receiver, answer: Answer): Received {
  const { state, sender, opened, received: arrived, refused: unreadable, report } = answer
  const certificate = certificateOf(opened.sender)
  const peerId = certificate === undefined ? undefined : peerIdOfKey(certificate.deviceKey)
  const apply: Apply<void> = (commit) => {
    const rowsOf = (ids: readonly Uint8Array[]) =>
      peerId === undefined ? [] : ids.flatMap((id) => outboxByEnvelope(context.store, peerId, id) ?? [])
    const received = rowsOf(arrived)
    // What is acknowledged is logged there: an earlier answer with the report on it may never have been read.
    const delivered = [...report.delivered, ...received.flatMap(({ message }) => message ?? [])]
    onStatus(context, commit, state, sender, { ...report, delivered })
    if (peerId === undefined || sender === context.self.account) return
    receiver.settled(commit, peerId, received, rowsOf(unreadable))
  }
  return { outcome: { type: 'acknowledge' }, apply, isAnswer: true }
}

interface Incoming {
  readonly state: ConversationState
  readonly sender: string
  readonly bytes: Uint8Array
  readonly now: number
}

function onContent(context: Context, receiver: Receiver, { state, sender, bytes, now }: Incoming): Received {
  const parsed = decodeContent(bytes)
  if (!parsed.ok) {
    context.log.log('warn', 'content ignored', { reason: parsed.reason })
    return ACKNOWLEDGED
  }
  const { placement } = parsed.value
  const id = messageId(sender, state.id, bytes, placement.salt)
  const isKnown = context.conversations.orderOf(id) !== undefined
  if (isKnown) {
    return acknowledged((commit) => {
      oweDelivered(context.store, id)
      receiver.owes(commit, state.id)
    })
  }
  const order = orderOf(
    placement.time,
    placement.parents.flatMap((parent) => context.conversations.orderOf(parent) ?? []),
  )
  const isBelow = isMissing(context.store, id)
  context.conversations.set({ ...withMessage(state, { id, order }, placement.parents, isBelow), updatedAt: now })
  if (sender !== context.self.account) context.conversations.stageReceived({ conversation: state.id, id })
  context.conversations.stageOrder(id, order)
  const entry = entryOf(context, { conversation: state.id, sender, parsed: parsed.value, id, order, bytes, now })
  return acknowledged((commit) => logIncoming(context, receiver, commit, entry))
}

interface NewEntry {
  readonly conversation: string
  readonly sender: string
  readonly parsed: ParsedContent
  readonly id: MessageIdBytes
  readonly order: string
  readonly bytes: Uint8Array
  readonly now: number
}

function entryOf(context: Context, { conversation, sender, parsed, id, order, bytes, now }: NewEntry): Entry {
  const { placement, saying } = parsed
  const isOwn = sender === context.self.account
  return {
    id,
    conversation,
    author: sender,
    kind: saying.type,
    target: 'target' in saying ? saying.target : undefined,
    order,
    timeMs: placement.time.ms,
    timeCounter: placement.time.counter,
    parents: placement.parents,
    subject: 'subject' in saying ? subjectTag(context, saying.subject) : undefined,
    copy: 'copy' in saying ? saying.copy : undefined,
    contentSealed: context.vault.seal(contentPlace(id), bytes),
    state: 'delivered',
    isPosted: false,
    isUnread: !isOwn && isTile(saying.type),
    isSkewed: placement.time.ms > now + CLOCK_SKEW_MAX_MS,
    owed: 'none',
    failure: undefined,
    attempts: 0,
    receivedAt: now,
  }
}

/** What belongs to a message that was removed here is kept from coming again, and is not kept. CNT-19 */
const hiddenOf = (entry: Entry): Entry => ({
  ...entry,
  kind: 'hidden',
  target: undefined,
  contentSealed: new Uint8Array(0),
})

function logIncoming(context: Context, receiver: Receiver, commit: Commit, entry: Entry): void {
  const { store } = context
  const { target, conversation } = entry
  const isOfHidden = target !== undefined && isHidden(store, conversation, target)
  const logged = logEntry(store, isOfHidden ? hiddenOf(entry) : entry)
  if (logged === undefined) return
  for (const changed of logged.changed) commit.touchMessage(entry.conversation, toHex(changed))
  const shown = entry.target !== undefined && !isTile(entry.kind) ? entry.target : entry.id
  commit.touchMessage(entry.conversation, toHex(shown))
  eraseDeleted(context, [shown])
  receiver.received(commit, entry.conversation, logged.hasGap)
}
