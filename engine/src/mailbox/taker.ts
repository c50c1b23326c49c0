/**
 * Fetches what found pointers name and processes it in the order in which it was left: each conversation by itself, so
 * that one whose blocks cannot be had keeps no other waiting. Spec: OFF-6, OFF-9, OFF-14.
 */
import {
  CLOCK_SKEW_MAX_MS,
  envelopeId,
  MAILBOX_BLOCKS_MAX,
  RECEIPT_IDS_MAX,
  toHex,
  type Millis,
  type PointedBlock,
} from '@parley/core'
import type { Context } from '../context.ts'
import { blockRead, savePointerRead } from '../store/retrieved.ts'
import type { Blocks } from './blocks.ts'
import { nameOf, type Found } from './found.ts'
import { answerStored, takeStored, type IntakeEvents, type StoredEnvelope } from './intake.ts'

/** Bytes of envelopes that a conversation fetches before they are processed, and that wait to be tried once more. */
const PART_BYTES_MAX = 8 * 1_048_576
/** What could not be had is left alone this long, or until a full look; mail of strangers, also what could not be read. */
const POSTPONED_MS = 60_000
const POSTPONED_STRANGERS_MS = 10 * 60_000
const POSTPONED_MAX = 8_192
const STRANGERS = ''

interface Item {
  readonly pointer: Found
  readonly block: PointedBlock
}

/** What became of the blocks of some pointers. */
interface Outcome {
  readonly had: Set<string>
  /** Envelope ids. */
  readonly unreadable: Uint8Array[]
  didRead: boolean
}

export interface TakerOptions {
  readonly blocks: Blocks
  readonly events: IntakeEvents
  /** More may wait: something was read that leads on, or something was found while its conversation was busy. */
  readonly onMore: () => void
}

export class Taker {
  readonly #context: () => Context
  readonly #options: TakerOptions
  /** By conversation. */
  readonly #running = new Map<string, Promise<void>>()
  readonly #missed = new Set<string>()
  /** By name and sequence of the pointer. */
  readonly #postponed = new Map<string, Millis>()
  #isStopped = false

  constructor(context: () => Context, options: TakerOptions) {
    this.#context = context
    this.#options = options
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running.values())
  }

  /** Starts on what was found. What a busy conversation has not taken is found again. */
  take(found: readonly Found[]): void {
    const groups = Map.groupBy(found, ({ slot }) => slot?.chain.conversation ?? STRANGERS)
    for (const [conversation, pointers] of groups) {
      const some = this.#duePointers(pointers)
      if (some.length === 0 || this.#isStopped) continue
      if (this.#running.has(conversation)) this.#missed.add(conversation)
      else this.#running.set(conversation, this.#run(conversation, some))
    }
  }

  /** What could not be had may be there now. */
  retry(): void {
    this.#postponed.clear()
  }

  async #run(conversation: string, pointers: readonly Found[]): Promise<void> {
    let didRead = false
    try {
      didRead = await this.#takeAll(
        conversation,
        pointers.toSorted((a, b) => a.record.sequence - b.record.sequence),
      )
    } catch (error) {
      this.#context().log.log('warn', 'not everything that waits was fetched', { error: String(error) })
    }
    this.#running.delete(conversation)
    const wasMissed = this.#missed.delete(conversation)
    // A commit among what was read leads to the next epoch, and a Welcome to a new conversation.
    if ((didRead || wasMissed) && !this.#isStopped) this.#options.onMore()
  }

  /** @returns whether something was read. */
  async #takeAll(conversation: string, pointers: readonly Found[]): Promise<boolean> {
    // What turns up again although it was read: its sender did not hear of it. OFF-14
    const again = pointers.flatMap((pointer) => pointer.blocks.flatMap(({ cid }) => this.#answerable(pointer, cid)))
    const outcome: Outcome = { had: new Set(), unreadable: [], didRead: false }
    let refused: StoredEnvelope[] = []
    for (let left = this.#unread(pointers); left.length > 0 && !this.#isStopped;) {
      const part = left.slice(0, partLength(left))
      refused = fitting([...refused, ...(await this.#takePart(part, outcome))], outcome)
      left = left.slice(part.length)
    }
    // What cannot be read is tried once more behind the rest.
    const unreadable = await this.#process(refused)
    if (unreadable.length < refused.length) outcome.didRead = true
    outcome.unreadable.push(...unreadable.map(idOf))
    if (conversation !== STRANGERS) {
      await this.#answer(conversation, again, true)
      await this.#answer(conversation, outcome.unreadable, false)
    }
    if (!this.#isStopped) await this.#close(pointers, outcome)
    return outcome.didRead
  }

  /** Each block once, in order. */
  #unread(pointers: readonly Found[]): readonly Item[] {
    const items = new Map<string, Item>()
    for (const pointer of pointers) {
      for (const block of pointer.blocks) {
        const name = `${pointer.slot?.chain.origin.peerId ?? ''}/${toHex(block.cid)}`
        if (!items.has(name) && !this.#isRead(pointer, block.cid)) items.set(name, { pointer, block })
      }
    }
    return [...items.values()]
  }

  /** @returns what was refused. */
  async #takePart(part: readonly Item[], outcome: Outcome): Promise<readonly StoredEnvelope[]> {
    const fetched = await this.#options.blocks.fetch(
      part.map(({ pointer, block }) => ({
        cid: block.cid,
        size: block.size,
        holders: this.#holdersOf(pointer, block),
      })),
    )
    const envelopes = part.flatMap(({ pointer, block: { cid } }): readonly StoredEnvelope[] => {
      const bytes = fetched.get(toHex(cid))
      if (bytes === undefined) return []
      const chain = pointer.slot?.chain
      return [{ cid, bytes, from: chain && { ...chain.origin, conversation: chain.conversation } }]
    })
    for (const { cid } of envelopes) outcome.had.add(toHex(cid))
    const refused = await this.#process(envelopes)
    if (refused.length < envelopes.length) outcome.didRead = true
    return refused
  }

  /** Strangers say who has their mail, and everybody else's reader in the bucket would ask there: we ask whom we know. OFF-16 */
  #holdersOf({ slot, holders }: Found, { location }: PointedBlock): readonly string[] {
    const own = this.#context().sessions.mailbox.pushNodes()
    if (slot === undefined && own.length > 0) return own
    return location === undefined ? holders : [...holders, location]
  }

  /** @returns those that are refused. */
  async #process(envelopes: readonly StoredEnvelope[]): Promise<readonly StoredEnvelope[]> {
    const outcomes = await Promise.all(
      envelopes.map((envelope) => takeStored(this.#context(), this.#options.events, envelope)),
    )
    return envelopes.filter((_, index) => outcomes[index]?.type === 'refuse')
  }

  #isRead({ slot }: Found, cid: Uint8Array): boolean {
    return blockRead(this.#context().store, cid, slot?.chain.origin.peerId) !== undefined
  }

  #answerable({ slot }: Found, cid: Uint8Array): readonly Uint8Array[] {
    const read = slot && blockRead(this.#context().store, cid, slot.chain.origin.peerId)
    return read?.isAnswered === true && read.envelope !== undefined ? [read.envelope] : []
  }

  /** Pointers of which everything is dealt with are not looked at again; what cannot be read is refused. OFF-9 */
  async #close(pointers: readonly Found[], { had, unreadable }: Outcome): Promise<void> {
    const { turns, store } = this.#context()
    const isDone = (pointer: Found) =>
      pointer.blocks.every(({ cid }) => had.has(toHex(cid)) || this.#isRead(pointer, cid))
    const done = pointers.filter(isDone)
    for (const { record, slot, blocks } of done)
      if (slot !== undefined && blocks.length > 0 && record.sequence > 0) slot.chain.lastRead = slot.number
    this.#postpone(
      pointers.filter((pointer) => (pointer.slot === undefined ? !this.#isAllRead(pointer) : !isDone(pointer))),
    )
    if (!done.some(({ slot }) => slot !== undefined) && unreadable.length === 0) return
    await turns.run('input', () => () => {
      for (const { record } of done) {
        if (record.type === 'signed')
          savePointerRead(store, record.key, record.sequence, record.expiresAt + CLOCK_SKEW_MAX_MS)
      }
    })
  }

  #duePointers(pointers: readonly Found[]): readonly Found[] {
    const now = this.#context().clock.now()
    return pointers.filter((pointer) => {
      const isDue = (this.#postponed.get(placeOf(pointer)) ?? 0) <= now
      return isDue && (pointer.slot !== undefined || !this.#isAllRead(pointer))
    })
  }

  #isAllRead(pointer: Found): boolean {
    return pointer.blocks.every(({ cid }) => this.#isRead(pointer, cid))
  }

  #postpone(pointers: readonly Found[]): void {
    const now = this.#context().clock.now()
    for (const pointer of pointers) {
      const place = placeOf(pointer)
      this.#postponed.delete(place)
      this.#postponed.set(place, now + (pointer.slot === undefined ? POSTPONED_STRANGERS_MS : POSTPONED_MS))
    }
    for (const oldest of this.#postponed.keys()) {
      if (this.#postponed.size <= POSTPONED_MAX) break
      this.#postponed.delete(oldest)
    }
  }

  async #answer(conversation: string, envelopes: readonly Uint8Array[], isRead: boolean): Promise<void> {
    for (let start = 0; start < envelopes.length; start += RECEIPT_IDS_MAX) {
      await answerStored(this.#context(), conversation, envelopes.slice(start, start + RECEIPT_IDS_MAX), isRead)
    }
  }
}

const placeOf = ({ record }: Found): string => `${nameOf(record)}/${record.sequence}`

const idOf = ({ bytes }: StoredEnvelope): Uint8Array => envelopeId(bytes)

/** How many of the first items are fetched at a time. */
function partLength(items: readonly Item[]): number {
  let bytes = 0
  const end = items.findIndex(({ block }) => (bytes += block.size) > PART_BYTES_MAX)
  return Math.min(MAILBOX_BLOCKS_MAX, end < 0 ? items.length : Math.max(1, end))
}

/** Envelopes to try again; the first of too many are given up. */
function fitting(envelopes: readonly StoredEnvelope[], { unreadable }: Outcome): StoredEnvelope[] {
  let bytes = 0
  const start = envelopes.findLastIndex((envelope) => (bytes += envelope.bytes.length) > PART_BYTES_MAX) + 1
  unreadable.push(...envelopes.slice(0, start).map(idOf))
  return envelopes.slice(start)
}
