import type { Message, Network } from '@parley/engine/api'
import { t } from '../locales/index.ts'

/** What the words about a message depend on besides the message. */
export interface StatusContext {
  /** Whom it is for. */
  readonly name: string
  /** The own place for what waits, when there is one. */
  readonly storage?: Network['storage']
}

/** How far a message of one's own got, in four lengths. */
export interface MessageStatus {
  /** Below the message: "Stored, 1 of 2". */
  readonly word: string
  /** The accessible name of the same: "Stored for Bob on 1 of 2 push nodes". */
  readonly label: string
  /** Everything, for tooltips and details. */
  readonly sentence: string
  /** Which machines have it. */
  readonly where: string
}

type Stated = Pick<Message, 'state' | 'copies' | 'failure'>

/** Storage that is not this computer: what is in it is there while this computer is off. */
export const isElsewhere = (storage: Network['storage']): storage is 'dropbox' | 's3' | 'pinning' =>
  storage !== undefined && storage !== 'self-hosted'

/** Reasons of the engine are codes in small letters; those of the page are sentences. */
const reasonFor = (failure: string | undefined): string => {
  if (failure === 'expired') return t.delivery.expired
  return failure === undefined || /^[a-z-]*$/u.test(failure) ? t.delivery.sentences.failed : failure
}

const storedStatus = (copies: Message['copies'], { name, storage }: StatusContext): MessageStatus => {
  const { words, sentences, where } = t.delivery
  const held = copies?.held ?? 0
  if (copies !== undefined && held === 0 && !isElsewhere(storage)) {
    const label = t.delivery.unproven(name)
    const word = t.delivery.storedPartly(0, copies.wanted)
    return { word, label, sentence: `${label}. ${sentences.unproven}`, where: where.here }
  }
  const place =
    copies !== undefined && held > 0
      ? t.delivery.onPushNodes(held, copies.wanted)
      : isElsewhere(storage)
        ? t.delivery.inStorage(t.delivery.storage.places[storage])
        : t.delivery.elsewhere
  const isPartly = copies !== undefined && held > 0 && held < copies.wanted
  const label = t.delivery.storedFor(name, place)
  return {
    word: isPartly ? t.delivery.storedPartly(held, copies.wanted) : words.stored,
    label,
    sentence: `${label}. ${sentences.stored}`,
    where: where.stored(place),
  }
}

/** The words for how far a message of one's own got. */
export const statusOf = (message: Stated, context: StatusContext): MessageStatus => {
  const { state, copies, failure } = message
  const { words, sentences, where } = t.delivery
  const word = words[state]
  switch (state) {
    case 'stored':
      return storedStatus(copies, context)
    case 'failed': {
      const sentence = reasonFor(failure)
      return { word, label: t.delivery.spoken.failed(sentence), sentence, where: where.here }
    }
    case 'queued':
      return { word, label: word, sentence: sentences.queued, where: where.here }
    case 'sent':
    case 'delivered':
    case 'read':
      return { word, label: word, sentence: sentences[state], where: where.theirs }
  }
}

/** Steps of a message that are news to somebody who wrote it and does not look. */
export type StatusStep = 'stored' | 'arrived' | 'failed'

/**
 * Whether a change is worth saying aloud. What goes to somebody who is there moves on within moments and says nothing.
 */
export const stepOf = (before: Stated, after: Stated): StatusStep | undefined => {
  if (before.state === after.state) return undefined
  if (after.state === 'failed' || after.state === 'stored') return after.state
  return before.state === 'stored' && after.state !== 'queued' ? 'arrived' : undefined
}
