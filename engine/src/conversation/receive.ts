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
  tagOf,
  toHex,
  type MessageIdBytes,
  type Opened,
  type OpenRejection,
  type ParsedContent,
  type StatusReport,
} from '@parley/core'
import type { Context } from '../context.ts'
import { isBlockedAccount } from '../store/contacts.ts'
import { advanceStates, contentPlace, editTargets, isTile, oweDelivered, type Entry } from '../store/entries.ts'
import { isMissing, logEntry } from '../store/gaps.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'
import { eraseDeleted } from './erase.ts'
import { epochByTag, settle } from './epochs.ts'
import { accountOf, epochAfter, isGroupOf } from './group.ts'
import type { Receiver } from './receiver.ts'
import { withEpoch, withMessage, type ConversationState, type Epoch } from './state.ts'

export type Outcome =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'refuse'; readonly reason: RefusalReason }
  | { readonly type: 'nothing' }

export type RefusalReason = 'unknown-conversation' | 'unknown-epoch' | 'undecryptable' | 'from-future'

const ACKNOWLEDGE: Apply<Outcome> = () => ({ type: 'acknowledge' })
const refuse =
  (reason: RefusalReason): Apply<Outcome> =>
  () => ({ type: 'refuse', reason })

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
): Promise<Apply<Outcome>> {
  // Arrived before the block and looked at after it: as if it had not come, so that it comes again after an unblock.
  if (isBlockedAccount(context.store, origin.account)) return () => ({ type: 'nothing' })
  const conversation = directConversationId(context.self.account, origin.account)
  const state = context.conversations.get(conversation)
  if (state === undefined) return refuse('unknown-conversation')
  const tag = tagOf(bytes)
  const epoch = tag === undefined ? undefined : epochByTag(state, tag)
  if (epoch === undefined) return refuse('unknown-epoch')
  const payload = openOuter(context.crypto, epoch.keys.outerKey, bytes)
  if (payload === undefined) return refuse('undecryptable')
  if (payload.kind === 'control') {
    const control = decodeControl(payload.body)
    if (control !== undefined) receiver.control(conversation, origin, control)
    return () => ({ type: 'nothing' })
  }
  const opened = await openMessage(context.mls, context.conversations.groupOf(epoch), payload.body)
  if (!opened.ok) return onUnreadable(context, opened.reason)
  return opened.value.type === 'commit'
    ? onCommit(context, state, epoch, opened.value, now)
    : onApplication(context, receiver, { state, epoch, opened: opened.value, now })
}

/** A replay was processed before, perhaps just before a crash: saying so again is right. Everything else is refused. */
function onUnreadable(context: Context, reason: OpenRejection): Apply<Outcome> {
  if (reason === 'replayed') return ACKNOWLEDGE
  context.log.log('warn', 'envelope refused', { reason })
  return refuse('undecryptable')
}

async function onCommit(
  context: Context,
  state: ConversationState,
  epoch: Epoch,
  opened: Opened & { type: 'commit' },
  now: number,
): Promise<Apply<Outcome>> {
  const committer = accountOf(opened.committer)
  const isAllowed =
    committer !== undefined &&
    committer === accountOf(opened.committerAfter) &&
    !opened.isSelfRemoved &&
    isGroupOf(opened.group, state.members)
  if (!isAllowed) {
    context.log.log('warn', 'commit ignored: it would change who is in a direct conversation')
    return ACKNOWLEDGE
  }
  const next = await epochAfter(context, opened.group, { parent: epoch, committer, class: 1, createdAt: now })
  if (!state.epochs.has(next.id)) context.conversations.set(settle(withEpoch(state, next), now))
  return ACKNOWLEDGE
}

interface Application {
  readonly state: ConversationState
  readonly epoch: Epoch
  readonly opened: Opened & { type: 'application' }
  readonly now: number
}

async function onApplication(context: Context, receiver: Receiver, input: Application): Promise<Apply<Outcome>> {
  const { state, epoch, opened, now } = input
  const sender = accountOf(opened.sender)
  const advanced = withEpoch(state, { ...epoch, group: opened.group, messages: epoch.messages + 1 })
  context.conversations.set(advanced)
  context.conversations.stageErasure(opened.erase)
  const payload = decodePayload(opened.plaintext)
  if (payload === undefined || sender === undefined) {
    context.log.log('warn', 'payload of an unknown kind ignored')
    return ACKNOWLEDGE
  }
  switch (payload.type) {
    case 'typing':
      return () => {
        receiver.typing(state.id, sender)
        return { type: 'nothing' }
      }
    case 'status':
      return (commit) => onStatus(context, commit, state, sender, payload.report)
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
): Outcome {
  if (sender !== context.self.account) {
    const where = { conversation: state.id, author: context.self.account }
    const changed = [
      ...advanceStates(context.store, report.delivered, 'delivered', where),
      ...advanceStates(context.store, report.read, 'read', where),
    ]
    eraseDeleted(context, [...changed, ...editTargets(context.store, changed)])
    for (const id of changed) commit.touchMessage(state.id, toHex(id))
  }
  return { type: 'acknowledge' }
}

interface Incoming {
  readonly state: ConversationState
  readonly sender: string
  readonly bytes: Uint8Array
  readonly now: number
}

function onContent(context: Context, receiver: Receiver, { state, sender, bytes, now }: Incoming): Apply<Outcome> {
  const parsed = decodeContent(bytes)
  if (!parsed.ok) {
    context.log.log('warn', 'content ignored', { reason: parsed.reason })
    return ACKNOWLEDGE
  }
  const { placement } = parsed.value
  const id = messageId(sender, state.id, bytes, placement.salt)
  const isKnown = context.conversations.orderOf(id) !== undefined
  if (isKnown) {
    return (commit) => {
      oweDelivered(context.store, id)
      receiver.owes(commit, state.id)
      return { type: 'acknowledge' }
    }
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
  return (commit) => {
    logIncoming(context, receiver, commit, entry)
    return { type: 'acknowledge' }
  }
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

function logIncoming(context: Context, receiver: Receiver, commit: Commit, entry: Entry): void {
  const { store } = context
  const logged = logEntry(store, entry)
  if (logged === undefined) return
  for (const changed of logged.changed) commit.touchMessage(entry.conversation, toHex(changed))
  const shown = entry.target !== undefined && !isTile(entry.kind) ? entry.target : entry.id
  commit.touchMessage(entry.conversation, toHex(shown))
  eraseDeleted(context, [shown])
  receiver.received(commit, entry.conversation, logged.hasGap)
}
