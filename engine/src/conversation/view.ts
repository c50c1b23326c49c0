/** From the log to what a caller sees: contents with their edits, deletions and reactions applied. Spec: CNT-10…CNT-14. */
import { decodeContent, sanitizeName, sanitizeText, toHex, type MessageIdBytes, type Saying } from '@parley/core'
import type { Content, Message } from '../api/schema.ts'
import type { Context } from '../context.ts'
import {
  annotationsOf,
  contentPlace,
  tilesAfter,
  tilesBefore,
  tilesById,
  type Entry,
  type SubjectFilter,
} from '../store/entries.ts'
import { copiesOfMessage } from '../store/deposits.ts'
import type { StorePort } from '../ports/store.ts'
import { hasGapBefore, isAnyMissing, missingIn } from '../store/gaps.ts'
import { erasedSubject } from './erase.ts'
import { cleanSubject } from './subjects.ts'

type ViewContext = Pick<Context, 'store' | 'vault'>

/** The views of these tiles, oldest first. Ids that are no tiles, or not here, are left out. */
export function viewMessages(context: ViewContext, ids: readonly MessageIdBytes[]): Message[] {
  const messages = viewEntries(context, tilesById(context.store, ids))
  return messages.sort((a, b) => (a.order < b.order ? -1 : 1))
}

/** The views of these tiles, in the same order. */
export function viewEntries(context: ViewContext, entries: readonly Entry[]): Message[] {
  const { store } = context
  if (entries.length === 0) return []
  const ids = entries.map((entry) => entry.id)
  const byTarget = Map.groupBy(annotationsOf(store, ids), ({ target }) => toHex(target ?? new Uint8Array(0)))
  const gaps = new GapFinder(store)
  return entries.map((entry) => {
    const hasGap = gaps.isIn(entry.conversation) && hasGapBefore(store, entry.id)
    return viewEntry(context, entry, byTarget.get(toHex(entry.id)) ?? [], hasGap)
  })
}

/** Which conversations miss something, asked once for each; where nothing is missing at all, once for all of them. */
class GapFinder {
  readonly #store: StorePort
  readonly #byConversation = new Map<string, boolean>()
  readonly #isAny: boolean

  constructor(store: StorePort) {
    this.#store = store
    this.#isAny = isAnyMissing(store)
  }

  isIn(conversation: string): boolean {
    if (!this.#isAny) return false
    const isIn = this.#byConversation.get(conversation) ?? missingIn(this.#store, conversation, 1).length > 0
    this.#byConversation.set(conversation, isIn)
    return isIn
  }
}

/** A text that was logged just now: nothing refers to it yet, and its words are at hand. */
export const viewNew = (entry: Entry, saying: Saying & { readonly type: 'text' }): Message => ({
  ...baseOf(entry),
  content: { type: 'text', text: saying.text },
  ...(saying.replyTo === undefined ? {} : { replyTo: toHex(saying.replyTo) }),
  ...subjectShown(saying.subject),
})

const baseOf = (entry: Entry) => ({
  id: toHex(entry.id),
  conversation: entry.conversation,
  sender: entry.author,
  sentAt: entry.timeMs,
  state: entry.state,
  parents: entry.parents.map(toHex),
  order: entry.order + toHex(entry.id.subarray(1, 9)),
  reactions: [],
  hasGapBefore: false,
  isClockSkewed: entry.isSkewed,
  ...(entry.copy === undefined ? {} : { copy: toHex(entry.copy) }),
})

function subjectShown(subject: string | undefined): Pick<Message, 'subject'> {
  const shown = subject === undefined ? '' : cleanSubject(subject)
  return shown === '' ? {} : { subject: shown }
}

function viewEntry(context: ViewContext, entry: Entry, referring: readonly Entry[], hasGap: boolean): Message {
  const content = context.vault.open(contentPlace(entry.id), entry.contentSealed)
  const saying = sayingIn(content)
  const subject = saying !== undefined && 'subject' in saying ? saying.subject : erasedSubject(content)
  // An id that leaked into another conversation gives nobody there a say in this one. CNT-13
  const annotations = referring.filter(({ conversation }) => conversation === entry.conversation)
  const byAuthor = annotations.filter((annotation) => annotation.author === entry.author)
  const isDeleted = byAuthor.some((annotation) => annotation.kind === 'delete')
  const edit = isDeleted ? undefined : byAuthor.findLast((annotation) => annotation.kind === 'edit')
  const replyTo = saying?.type === 'text' ? saying.replyTo : undefined
  return {
    ...baseOf(entry),
    content: isDeleted ? { type: 'deleted' } : contentOf(edit === undefined ? saying : sayingOf(context, edit)),
    reactions: isDeleted ? [] : reactionsOf(context, annotations),
    hasGapBefore: hasGap,
    ...(replyTo === undefined ? {} : { replyTo: toHex(replyTo) }),
    ...subjectShown(subject),
    ...(edit === undefined ? {} : { editedAt: edit.timeMs }),
    ...(entry.state === 'stored' ? copiesOf(context, entry) : {}),
    ...(entry.failure === undefined ? {} : { failure: entry.failure }),
  }
}

function copiesOf({ store }: ViewContext, entry: Entry): Pick<Message, 'copies'> {
  const copies = copiesOfMessage(store, entry.id)
  return copies === undefined ? {} : { copies }
}

const sayingOf = ({ vault }: ViewContext, entry: Entry): Saying | undefined =>
  sayingIn(vault.open(contentPlace(entry.id), entry.contentSealed))

function sayingIn(content: Uint8Array): Saying | undefined {
  const parsed = decodeContent(content)
  return parsed.ok ? parsed.value.saying : undefined
}

/** Cleaned here and not when it arrives, because the bytes are what the id binds. CNT-14 */
function contentOf(saying: Saying | undefined): Content {
  if (saying?.type === 'text' || saying?.type === 'edit') return { type: 'text', text: sanitizeText(saying.text) }
  if (saying?.type === 'unknown') {
    return { type: 'unknown', mediaType: sanitizeName(saying.mediaType, 128), fallback: sanitizeText(saying.fallback) }
  }
  return { type: 'unknown', mediaType: '', fallback: '' }
}

/** The last word of each author about each emoji counts. */
function reactionsOf(context: ViewContext, annotations: readonly Entry[]): Message['reactions'] {
  const accountsByEmoji = new Map<string, Set<string>>()
  for (const annotation of annotations) {
    const saying =
      annotation.kind === 'reaction' || annotation.kind === 'unreaction' ? sayingOf(context, annotation) : undefined
    if (saying?.type !== 'reaction' && saying?.type !== 'unreaction') continue
    const accounts = accountsByEmoji.get(saying.emoji) ?? new Set()
    if (saying.type === 'reaction') accounts.add(annotation.author)
    else accounts.delete(annotation.author)
    accountsByEmoji.set(saying.emoji, accounts)
  }
  return [...accountsByEmoji].flatMap(([emoji, accounts]) =>
    accounts.size > 0 ? [{ emoji, accounts: [...accounts] }] : [],
  )
}

export interface PageWish {
  readonly limit: number
  readonly before?: Entry
  readonly after?: Entry
  readonly around?: Entry
  readonly subject?: SubjectFilter
}

/** One page, oldest first. Keyset paging: the cost does not grow with the history. */
export function viewPage(context: ViewContext, conversation: string, wish: PageWish) {
  const { store } = context
  const { limit, before, after, around, subject } = wish
  if (after !== undefined) {
    const found = tilesAfter(store, conversation, after, limit + 1, subject)
    return pageOf(context, found.slice(0, limit), true, found.length > limit)
  }
  if (around !== undefined) {
    const half = Math.floor(limit / 2)
    const older = tilesBefore(store, conversation, around, half + 1, subject)
    const newer = tilesAfter(store, conversation, around, limit - half, subject)
    const entries = [...older.slice(0, half).toReversed(), around, ...newer.slice(0, limit - half - 1)]
    return pageOf(context, entries, older.length > half, newer.length > limit - half - 1)
  }
  const found = tilesBefore(store, conversation, before, limit + 1, subject)
  return pageOf(context, found.slice(0, limit).toReversed(), found.length > limit, before !== undefined)
}

function pageOf(context: ViewContext, entries: readonly Entry[], hasBefore: boolean, hasAfter: boolean) {
  return { messages: viewEntries(context, entries), hasBefore, hasAfter }
}
