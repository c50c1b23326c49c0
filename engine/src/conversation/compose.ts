/** Own contents: given a place in the conversation, logged, sealed, and put into the outbox, in one commit. */
import {
  checkSaying,
  compareBytes,
  encodeContent,
  messageId,
  nextTime,
  orderOf,
  toHex,
  type Saying,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Context } from '../context.ts'
import { contentPlace, isTile, markPosted, type Entry } from '../store/entries.ts'
import { logEntry } from '../store/gaps.ts'
import { hideTile, isHidden } from '../store/hidden.ts'
import type { Apply } from '../turn/turns.ts'
import { eraseDeleted, isErased } from './erase.ts'
import { hasGroup, post, sealPayload } from './seal.ts'
import { parentsOf, withMessage } from './state.ts'
import { subjectTag } from './subjects.ts'

/**
 * Prepares one own content. The entry is `queued` when this commits; without a group yet it waits in the log until
 * there is one.
 * @throws EngineError `CONVERSATION_NOT_FOUND`, `TEXT_TOO_LONG`, `TEXT_EMPTY`, `INVALID_PARAMETERS`.
 */
export async function compose(
  context: Context,
  conversation: string,
  saying: Saying,
  now: number,
): Promise<Apply<Entry>> {
  checkText(saying)
  const state = context.conversations.get(conversation)
  if (state === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
  const parents = parentsOf(state)
  const parentIds = parents.map(({ id }) => id).sort(compareBytes)
  const time = nextTime(now, state.lastTime)
  const salt = context.random(16)
  const content = encodeContent({ salt, parents: parentIds, time }, saying)
  const author = context.self.account
  const id = messageId(author, conversation, content, salt)
  const order = orderOf(
    time,
    parents.map((parent) => context.conversations.orderOf(parent.id) ?? parent.order),
  )
  context.conversations.set({ ...withMessage(state, { id, order }, parentIds, false), lastTime: time, updatedAt: now })
  context.conversations.stageOrder(id, order)
  const sealed = hasGroup(state)
    ? await sealPayload(context, conversation, { type: 'content', bytes: content }, now)
    : []
  const entry: Entry = {
    id,
    conversation,
    author,
    kind: saying.type,
    target: 'target' in saying ? saying.target : undefined,
    order,
    timeMs: time.ms,
    timeCounter: time.counter,
    parents: parentIds,
    subject: 'subject' in saying ? subjectTag(context, saying.subject) : undefined,
    copy: 'copy' in saying ? saying.copy : undefined,
    contentSealed: context.vault.seal(contentPlace(id), content),
    state: 'queued',
    isPosted: sealed.length > 0,
    isUnread: false,
    isSkewed: false,
    owed: 'none',
    failure: undefined,
    attempts: 0,
    receivedAt: now,
  }
  return (commit) => {
    const logged = logEntry(context.store, entry)
    if (saying.type === 'delete') eraseDeleted(context, [saying.target])
    // Its message was removed here while this was prepared: it goes to the others and is not kept. CNT-19
    if (entry.target !== undefined && isHidden(context.store, conversation, entry.target))
      hideTile(context.store, author, conversation, id)
    post(context, commit, sealed, { kind: 'content', conversation, message: id, createdAt: now })
    commit.touchMessage(conversation, toHex(entry.target !== undefined && !isTile(entry.kind) ? entry.target : id))
    return logged?.entry ?? entry
  }
}

function checkText(saying: Saying): void {
  const rejection = checkSaying(saying)
  if (rejection === undefined) return
  if (rejection === 'text-too-long')
    throw new EngineError('text' in saying && saying.text === '' ? 'TEXT_EMPTY' : 'TEXT_TOO_LONG')
  throw new EngineError('INVALID_PARAMETERS', `content is ${rejection}`)
}

/**
 * Seals a logged content again under the current keys: after a group came to be, after a refusal, or because a device
 * misses it. The content and so its id stay the same; whoever has it drops the copy.
 */
export async function sealAgain(context: Context, entry: Entry, now: number): Promise<Apply<void>> {
  // It was removed from this device after it was delivered. CNT-18
  if (entry.contentSealed.length === 0) return () => undefined
  const bytes = context.vault.open(contentPlace(entry.id), entry.contentSealed)
  // Its author deleted it: whoever misses it misses only that it existed.
  if (isErased(bytes)) return () => undefined
  const sealed = await sealPayload(context, entry.conversation, { type: 'content', bytes }, now)
  return (commit) => {
    markPosted(context.store, entry.id)
    post(context, commit, sealed, {
      kind: 'content',
      conversation: entry.conversation,
      message: entry.id,
      createdAt: now,
    })
  }
}
