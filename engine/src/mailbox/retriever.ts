/**
 * Looks for what others left for us: at the start, on a hint, and again and again in case one was missed. Whatever is
 * found is verified, fetched, and processed in the order in which it was left. Spec: OFF-5, OFF-6.
 */
import {
  CLOCK_SKEW_MAX_MS,
  dayOf,
  decodeHint,
  MAILBOX_POINTERS_MAX,
  openPointer,
  openWorked,
  RECEIPT_IDS_MAX,
  toHex,
  wakeTopic,
  type PointedBlock,
  type PointerRecord,
} from '@parley/core'
import type { Context } from '../context.ts'
import type { Outcome } from '../conversation/receive.ts'
import type { Cancel } from '../ports/clock.ts'
import { blockRead, pointerRead, savePointerRead } from '../store/retrieved.ts'
import type { Blocks } from './blocks.ts'
import { Chains, type Slot } from './chains.ts'
import type { Holders } from './holders.ts'
import { Inbox } from './inbox.ts'
import { answerStored, takeStored, type IntakeEvents, type StoredEnvelope } from './intake.ts'

/** Back-stop against push nodes, besides wake-ups; the whole rings every so many times. */
export const POLL_PUSH_MS = 20_000
const POLLS_PER_FULL = 15
/** Back-stop against the DHT. */
export const POLL_DHT_MS = 5 * 60_000
/** After the start: a table of peers takes a moment. */
const DHT_DELAY_MS = 2_000
/** Slots of the DHT that are looked up in one round, and at the same time. */
const DHT_KEYS_MAX = 128
const DHT_PARALLEL = 8
/** Slots of a chain that are looked up in the DHT: those behind the last that was read. */
const DHT_SLOTS = 2
/** Bytes of envelopes that are fetched before they are processed. */
const ROUND_BYTES_MAX = 16 * 1_048_576

type Scope = 'near' | 'full'

/** A pointer that was not read before. */
interface Found {
  readonly record: PointerRecord
  readonly slot: Slot | undefined
  readonly blocks: readonly PointedBlock[]
  /** Where the record was, then what it says. */
  readonly holders: readonly string[]
}

export interface RetrieverOptions {
  readonly holders: Holders
  readonly blocks: Blocks
  readonly events: IntakeEvents
}

export class Retriever {
  readonly #context: () => Context
  readonly #options: RetrieverOptions
  readonly #chains: Chains
  readonly #inbox: Inbox
  #due: Scope | undefined
  /** Slots that hints named. */
  readonly #hinted = new Map<string, Slot>()
  #running: Promise<void> | undefined
  #polls = 0
  #pollTimer: Cancel | undefined
  #dhtTimer: Cancel | undefined
  #taking: Promise<unknown> = Promise.resolve()
  #walking: Promise<void> | undefined
  #isStopped = false

  constructor(context: () => Context, options: RetrieverOptions) {
    this.#context = context
    this.#options = options
    this.#chains = new Chains(context)
    this.#inbox = new Inbox(context)
  }

  start(): void {
    this.look('full')
    this.#schedulePoll()
    this.#scheduleDht()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#pollTimer?.()
    this.#dhtTimer?.()
    await this.#running
    await this.#walking
    await this.#taking
  }

  /** Something may wait. Rounds never overlap; what comes in during one is looked at in the next. */
  look(scope: Scope): void {
    if (this.#isStopped) return
    this.#due = this.#due === 'full' ? 'full' : scope
    this.#run()
  }

  woken(topic: number, hint: Uint8Array): void {
    for (const prefix of decodeHint(hint) ?? []) {
      const slot = this.#chains.byPrefix(prefix)
      if (slot !== undefined) this.#hinted.set(toHex(slot.key), slot)
      else if (this.#inbox.isOurs(topic, prefix)) this.#due ??= 'near'
    }
    if (this.#hinted.size > 0 || this.#due !== undefined) this.#run()
  }

  #schedulePoll(): void {
    const { clock, random } = this.#context()
    const jitter = ((random(1)[0] ?? 0) / 255) * (POLL_PUSH_MS / 4)
    this.#pollTimer = clock.after(POLL_PUSH_MS + jitter, () => {
      const isFull = ++this.#polls % POLLS_PER_FULL === 0
      // Without a push node there is nobody to ask; one that comes is asked at once.
      if (isFull || this.#context().sessions.mailbox.pushNodes().length > 0) this.look(isFull ? 'full' : 'near')
      this.#schedulePoll()
    })
  }

  #scheduleDht(): void {
    this.#dhtTimer = this.#context().clock.after(this.#walking === undefined ? DHT_DELAY_MS : POLL_DHT_MS, () => {
      this.#walking = this.#lookInDht().catch((error: unknown) =>
        this.#context().log.log('debug', 'the DHT was not searched', { error: String(error) }),
      )
      this.#scheduleDht()
    })
  }

  #run(): void {
    if (this.#running !== undefined || this.#isStopped) return
    this.#running = this.#rounds()
      .catch((error: unknown) =>
        this.#context().log.log('warn', 'not everything that waits was fetched', { error: String(error) }),
      )
      .finally(() => {
        this.#running = undefined
        if (this.#due !== undefined || this.#hinted.size > 0) this.#run()
      })
  }

  async #rounds(): Promise<void> {
    while (!this.#isStopped && (this.#due !== undefined || this.#hinted.size > 0)) {
      const scope = this.#due
      const hinted = [...this.#hinted.values()]
      this.#due = undefined
      this.#hinted.clear()
      const didRead = await this.#round(scope, hinted)
      // A commit among what was read leads to the next epoch, and a Welcome to a new conversation.
      if (didRead) this.#due ??= 'near'
    }
  }

  /** @returns whether something was processed. */
  async #round(scope: Scope | undefined, hinted: readonly Slot[]): Promise<boolean> {
    const slots = scope === undefined ? hinted : [...hinted, ...(await this.#slots(scope))]
    const inboxKeys = scope === undefined ? [] : await this.#inbox.keys(scope)
    this.#listen()
    const pushNodes = this.#context().sessions.mailbox.pushNodes()
    const bySlot = new Map(slots.map((slot) => [toHex(slot.key), slot]))
    const keys = [...slots.map(({ key }) => key), ...inboxKeys]
    const found = new Map<string, Found>()
    await Promise.all(pushNodes.map((address) => this.#find(address, keys, bySlot, found)))
    return this.#takeInOrder(found)
  }

  /** Walks take seconds, so nothing waits for them. */
  async #lookInDht(): Promise<void> {
    const slots: Slot[] = []
    for (const chain of this.#chains.known()) {
      if (chain.isWhole) slots.push(...(await this.#chains.slotsOf(chain, 'near')).slice(0, DHT_SLOTS))
    }
    const found = new Map<string, Found>()
    const bySlot = new Map(slots.map((slot) => [toHex(slot.key), slot]))
    await this.#findInDht(
      [...bySlot.values()].map(({ key }) => key).concat(await this.#inbox.keys('near')),
      bySlot,
      found,
    )
    if (await this.#takeInOrder(found)) this.look('near')
  }

  /** One after the other, in the order in which it was left. @returns whether something was new. */
  #takeInOrder(found: ReadonlyMap<string, Found>): Promise<boolean> {
    const inOrder = [...found.values()].sort((a, b) => a.record.sequence - b.record.sequence)
    const taken = this.#taking.then(() => this.#take(inOrder))
    this.#taking = taken.catch(() => undefined)
    return taken
  }

  async #slots(scope: Scope): Promise<readonly Slot[]> {
    const slots: Slot[] = []
    for (const chain of this.#chains.current()) slots.push(...(await this.#chains.slotsOf(chain, scope)))
    return slots
  }

  /** Topics of the newest epochs and of today's inbox; of both days around midnight. MBX-6 */
  #listen(): void {
    const { clock, sessions } = this.#context()
    const now = clock.now()
    const days = new Set([dayOf(now - CLOCK_SKEW_MAX_MS), dayOf(now + CLOCK_SKEW_MAX_MS)])
    const topics = new Set<number>(this.#inbox.topics())
    for (const { isWhole, mailboxSecret } of this.#chains.known()) {
      if (isWhole) for (const day of days) topics.add(wakeTopic(mailboxSecret, day))
    }
    sessions.mailbox.listen(topics)
  }

  async #find(
    address: string,
    keys: readonly Uint8Array[],
    bySlot: ReadonlyMap<string, Slot>,
    found: Map<string, Found>,
  ): Promise<void> {
    try {
      if (keys.length === 0) return
      for (const record of await this.#options.holders.find(address, keys)) this.#note(address, record, bySlot, found)
    } catch (error) {
      this.#context().log.log('debug', 'a holder did not answer', { error: String(error) })
    }
  }

  async #findInDht(
    keys: readonly Uint8Array[],
    bySlot: ReadonlyMap<string, Slot>,
    found: Map<string, Found>,
  ): Promise<void> {
    const { sessions, log } = this.#context()
    const waiting = keys.slice(0, DHT_KEYS_MAX)
    const lookUp = async (): Promise<void> => {
      for (let key = waiting.shift(); key !== undefined && !this.#isStopped; key = waiting.shift()) {
        const wanted = key
        const peers = await sessions.mailbox.closest(wanted, this.#options.blocks.signal).catch((error: unknown) => {
          log.log('debug', 'the DHT did not answer', { error: String(error) })
          return []
        })
        await Promise.all(peers.map((address) => this.#find(address, [wanted], bySlot, found)))
      }
    }
    await Promise.all(Array.from({ length: DHT_PARALLEL }, lookUp))
  }

  #note(address: string, record: PointerRecord, bySlot: ReadonlyMap<string, Slot>, found: Map<string, Found>): void {
    const { crypto, store } = this.#context()
    const slot = bySlot.get(toHex(record.key))
    const name =
      record.type === 'signed' ? toHex(record.key) : toHex(record.payload.subarray(0, 64)) + toHex(record.key)
    const known = found.get(name)
    if (known !== undefined && known.record.sequence >= record.sequence) {
      if (known.record.sequence === record.sequence) found.set(name, { ...known, holders: [address, ...known.holders] })
      return
    }
    if (record.type === 'signed' && (slot === undefined || record.sequence <= pointerRead(store, record.key))) return
    const payload =
      record.type === 'worked' ? openWorked(record) : slot && openPointer(crypto, slot.secret.payloadKey, record)
    if (payload === undefined) return
    found.set(name, { record, slot, blocks: payload.blocks, holders: [address, ...payload.holders] })
  }

  async #take(found: readonly Found[]): Promise<boolean> {
    let didRead = false
    const { store } = this.#context()
    for (let start = 0; start < found.length && !this.#isStopped;) {
      let bytes = 0
      let end = start
      while (end < found.length && end - start < MAILBOX_POINTERS_MAX && (end === start || bytes < ROUND_BYTES_MAX)) {
        for (const { cid, size } of found[end]?.blocks ?? []) if (blockRead(store, cid) === undefined) bytes += size
        end++
      }
      if (await this.#takeSome(found.slice(start, end))) didRead = true
      start = end
    }
    return didRead
  }

  async #takeSome(found: readonly Found[]): Promise<boolean> {
    const { store } = this.#context()
    const known = found.flatMap(({ slot, blocks }) =>
      slot === undefined ? [] : blocks.flatMap(({ cid }) => this.#answerable(slot, cid)),
    )
    const missing = found.flatMap(({ blocks, holders }) =>
      blocks
        .filter(({ cid }) => blockRead(store, cid) === undefined)
        .map(({ cid, location }) => ({ cid, holders: location === undefined ? holders : [...holders, location] })),
    )
    const fetched = await this.#options.blocks.fetch(missing)
    const left = await this.#process(found, fetched)
    for (const [conversation, envelopes] of Map.groupBy(known, (item) => item.conversation)) {
      await this.#answer(
        conversation,
        envelopes.map(({ envelope }) => envelope),
        true,
      )
    }
    await this.#close(found, fetched, left)
    return fetched.size > 0
  }

  /** A block that was dealt with turns up in a newer pointer: its sender did not hear of it. OFF-14 */
  #answerable({ chain }: Slot, cid: Uint8Array) {
    const read = blockRead(this.#context().store, cid)
    const isAnswerable = read?.isAnswered === true && read.envelope !== undefined && read.peerId === chain.origin.peerId
    return isAnswerable ? [{ conversation: chain.conversation, envelope: read.envelope }] : []
  }

  /** In the order in which it was left; what cannot be read is tried once more behind the rest. @returns what still cannot. */
  async #process(
    found: readonly Found[],
    fetched: ReadonlyMap<string, Uint8Array>,
  ): Promise<readonly StoredEnvelope[]> {
    const envelopes = found.flatMap(({ slot, blocks }) =>
      blocks.flatMap(({ cid }): readonly StoredEnvelope[] => {
        const bytes = fetched.get(toHex(cid))
        const from = slot === undefined ? undefined : { ...slot.chain.origin, conversation: slot.chain.conversation }
        return bytes === undefined ? [] : [{ cid, bytes, from }]
      }),
    )
    return this.#takeAll(await this.#takeAll(envelopes))
  }

  async #takeAll(envelopes: readonly StoredEnvelope[]): Promise<readonly StoredEnvelope[]> {
    const context = this.#context()
    const outcomes: readonly Outcome[] = await Promise.all(
      envelopes.map((envelope) => takeStored(context, this.#options.events, envelope)),
    )
    return envelopes.filter((_, index) => outcomes[index]?.type === 'refuse')
  }

  /** Pointers of which everything is dealt with are not looked at again; what cannot be read is refused. OFF-9 */
  async #close(
    found: readonly Found[],
    fetched: ReadonlyMap<string, Uint8Array>,
    unreadable: readonly StoredEnvelope[],
  ): Promise<void> {
    const { turns, store } = this.#context()
    const byConversation = Map.groupBy(unreadable, ({ from }) => from?.conversation)
    for (const [conversation, envelopes] of byConversation) {
      if (conversation === undefined) continue
      await this.#answer(
        conversation,
        envelopes.map(({ bytes }) => bytes.slice(-16)),
        false,
      )
    }
    const isDone = (cid: Uint8Array) => fetched.has(toHex(cid)) || blockRead(store, cid) !== undefined
    const read = found.filter(({ blocks }) => blocks.every(({ cid }) => isDone(cid)))
    for (const { record, slot, blocks } of read)
      if (slot !== undefined && blocks.length > 0 && record.sequence > 0) slot.chain.lastRead = slot.number
    await turns.run('input', () => () => {
      for (const { record } of read) {
        if (record.type === 'signed')
          savePointerRead(store, record.key, record.sequence, record.expiresAt + CLOCK_SKEW_MAX_MS)
      }
    })
  }

  async #answer(conversation: string, envelopes: readonly Uint8Array[], isRead: boolean): Promise<void> {
    for (let start = 0; start < envelopes.length; start += RECEIPT_IDS_MAX) {
      await answerStored(this.#context(), conversation, envelopes.slice(start, start + RECEIPT_IDS_MAX), isRead)
    }
  }
}
