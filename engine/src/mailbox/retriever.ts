/**
 * Looks for what others left for us: at the start, on a hint, and again and again in case one was missed. What is
 * found is taken by the taker. Spec: OFF-5, OFF-6.
 */
import { CLOCK_SKEW_MAX_MS, dayOf, decodeHint, toHex, wakeTopic } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { Blocks } from './blocks.ts'
import { Chains, type Slot } from './chains.ts'
import { mergeFound, openFound, type Found, type FoundByName } from './found.ts'
import type { Holders } from './holders.ts'
import { Inbox } from './inbox.ts'
import type { IntakeEvents } from './intake.ts'
import { patience } from './patience.ts'
import { Taker } from './taker.ts'
import { Wakes } from './wakes.ts'

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
/** How long a round waits for a push node; what a slower one has is taken when it comes. */
const FIND_PATIENCE_MS = 2_000
/** A bucket is asked for again after this for each record that was in it: a flooded one is dear to read. */
const INBOX_PAUSE_PER_RECORD_MS = 300
const INBOX_PAUSE_MAX_MS = 60 * 60_000
/** … beyond so many. */
const INBOX_RECORDS_FREE = 64

type Scope = 'near' | 'full'

/** What is asked for in a round. */
interface Question {
  readonly keys: readonly Uint8Array[]
  readonly bySlot: ReadonlyMap<string, Slot>
  /** Keys of buckets among them, in hex. */
  readonly inbox: ReadonlySet<string>
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
  readonly #taker: Taker
  readonly #wakes: Wakes
  #due: Scope | undefined
  /** Slots that hints named, to be asked for when it is time, and now. */
  readonly #hintable = new Map<string, Slot>()
  readonly #hinted = new Map<string, Slot>()
  #running: Promise<void> | undefined
  /** Push nodes that have not answered yet, and those among them that a later round left out. */
  readonly #asking = new Map<string, Promise<void>>()
  readonly #leftOut = new Set<string>()
  #inboxAt = 0
  #polls = 0
  #pollTimer: Cancel | undefined
  #dhtTimer: Cancel | undefined
  #walking: Promise<void> | undefined
  #hasWalked = false
  #isStopped = false

  constructor(context: () => Context, options: RetrieverOptions) {
    this.#context = context
    this.#options = options
    this.#chains = new Chains(context)
    this.#inbox = new Inbox(context)
    const { blocks, events } = options
    this.#taker = new Taker(context, { blocks, events, onMore: () => this.look('near') })
    this.#wakes = new Wakes({
      clock: { now: () => context().clock.now(), after: (delayMs, fire) => context().clock.after(delayMs, fire) },
      onDue: (keys, isInboxDue) => this.#wokenBy(keys, isInboxDue),
    })
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
    this.#wakes.stop()
    await this.#running
    await this.#walking
    await Promise.all(this.#asking.values())
    await this.#taker.stop()
  }

  /** Something may wait. Rounds never overlap; what comes in during one is looked at in the next. */
  look(scope: Scope): void {
    if (this.#isStopped) return
    if (scope === 'full') {
      this.#taker.retry()
      this.#options.blocks.retry()
    }
    this.#due = this.#due === 'full' ? 'full' : scope
    this.#run()
  }

  woken(topic: number, hint: Uint8Array): void {
    if (this.#isStopped) return
    const prefixes = decodeHint(hint) ?? []
    const slots = prefixes.flatMap((prefix) => this.#chains.byPrefix(prefix) ?? [])
    for (const slot of slots) this.#hintable.set(toHex(slot.key), slot)
    const isInbox = prefixes.some((prefix) => this.#inbox.isOurs(topic, prefix))
    this.#wakes.hear(
      slots.map(({ key }) => toHex(key)),
      isInbox,
    )
  }

  #wokenBy(keys: readonly string[], isInboxDue: boolean): void {
    for (const key of keys) {
      const slot = this.#hintable.get(key)
      if (slot !== undefined) this.#hinted.set(key, slot)
    }
    this.#hintable.clear()
    if (isInboxDue) this.#due ??= 'near'
    this.#run()
  }

  /** Other push nodes are connected: they are asked at once. */
  pushNodesChanged(): void {
    if (this.#isStopped) return
    this.look('full')
    this.#pollTimer?.()
    this.#schedulePoll()
  }

  #schedulePoll(): void {
    const { clock, random, sessions } = this.#context()
    const jitter = ((random(1)[0] ?? 0) / 255) * (POLL_PUSH_MS / 4)
    // Without a push node there is nobody to ask in between: nothing wakes the device for that.
    const isAlone = sessions.mailbox.pushNodes().length === 0
    const polls = isAlone ? POLLS_PER_FULL - (this.#polls % POLLS_PER_FULL) : 1
    this.#pollTimer = clock.after(polls * POLL_PUSH_MS + jitter, () => {
      this.#polls += polls
      this.look(this.#polls % POLLS_PER_FULL === 0 ? 'full' : 'near')
      this.#schedulePoll()
    })
  }

  #scheduleDht(): void {
    this.#dhtTimer = this.#context().clock.after(this.#hasWalked ? POLL_DHT_MS : DHT_DELAY_MS, () => {
      this.#hasWalked = true
      // A slow walk is not joined by another.
      this.#walking ??= this.#lookInDht()
        .catch((error: unknown) =>
          this.#context().log.log('debug', 'the DHT was not searched', { error: String(error) }),
        )
        .finally(() => (this.#walking = undefined))
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
      await this.#round(scope, hinted)
    }
  }

  /** Asks every push node; one that is slow, or has not answered yet, is not waited for. */
  async #round(scope: Scope | undefined, hinted: readonly Slot[]): Promise<void> {
    const pushNodes = this.#context().sessions.mailbox.pushNodes()
    const isInboxDue = scope !== undefined && this.#context().clock.now() >= this.#inboxAt
    if (pushNodes.length === 0) {
      // The DHT looks at what is known, and whoever comes next is asked at once.
      this.#chains.current()
      return
    }
    const slots = scope === undefined ? hinted : [...hinted, ...(await this.#slots(scope))]
    const inboxKeys = isInboxDue ? await this.#inbox.keys(scope) : []
    this.#listen()
    const keys = [...slots.map(({ key }) => key), ...inboxKeys]
    const question = {
      keys,
      bySlot: new Map(slots.map((slot) => [toHex(slot.key), slot])),
      inbox: new Set(inboxKeys.map(toHex)),
    }
    const gathered: FoundByName = new Map()
    const round = { isOver: false }
    const answers = pushNodes.flatMap((address) => this.#ask(address, question, gathered, round) ?? [])
    await patience(this.#context().clock, FIND_PATIENCE_MS, Promise.all(answers))
    round.isOver = true
    this.#taker.take([...gathered.values()])
  }

  #ask(
    address: string,
    question: Question,
    gathered: FoundByName,
    round: { readonly isOver: boolean },
  ): Promise<void> | undefined {
    if (this.#asking.has(address)) {
      this.#leftOut.add(address)
      return undefined
    }
    const asking = this.#find(address, question).then((found) => {
      this.#asking.delete(address)
      if (round.isOver) this.#taker.take(found)
      else for (const each of found) mergeFound(gathered, each)
      if (this.#leftOut.delete(address)) this.look('near')
    })
    this.#asking.set(address, asking)
    return asking
  }

  /** Walks take seconds, so nothing waits for them. */
  async #lookInDht(): Promise<void> {
    const slots: Slot[] = []
    for (const chain of this.#chains.known()) {
      if (chain.isWhole) slots.push(...(await this.#chains.slotsOf(chain, 'near')).slice(0, DHT_SLOTS))
    }
    const bySlot = new Map(slots.map((slot) => [toHex(slot.key), slot]))
    const inboxKeys = await this.#inbox.keys('near')
    const keys = [...[...bySlot.values()].map(({ key }) => key), ...inboxKeys]
    this.#taker.take([...(await this.#findInDht({ keys, bySlot, inbox: new Set(inboxKeys.map(toHex)) })).values()])
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

  /** Never rejects: whoever does not answer has nothing. */
  async #find(address: string, { keys, bySlot, inbox }: Question): Promise<readonly Found[]> {
    const context = this.#context()
    const found: Found[] = []
    let worked = 0
    try {
      if (keys.length === 0) return []
      for (const record of await this.#options.holders.find(address, keys)) {
        const slot = bySlot.get(toHex(record.key))
        // Mail of strangers under the key of a conversation is nobody's: the key was seen in a hint.
        if (record.type === 'worked' && !inbox.has(toHex(record.key))) continue
        if (record.type === 'worked') worked++
        const opened = openFound(context, record, slot)
        if (opened !== undefined) found.push(opened)
      }
    } catch (error) {
      context.log.log('debug', 'a holder did not answer', { error: String(error) })
    }
    if (worked > INBOX_RECORDS_FREE) {
      const pauseMs = Math.min(INBOX_PAUSE_MAX_MS, worked * INBOX_PAUSE_PER_RECORD_MS)
      this.#inboxAt = Math.max(this.#inboxAt, context.clock.now() + pauseMs)
    }
    const isPushNode = context.sessions.mailbox.pushNodes().includes(address)
    return isPushNode ? found.map((each) => ({ ...each, holders: [address, ...each.holders] })) : found
  }

  async #findInDht({ keys, ...rest }: Question): Promise<FoundByName> {
    const { sessions, log } = this.#context()
    const found: FoundByName = new Map()
    const waiting = keys.slice(0, DHT_KEYS_MAX)
    const lookUp = async (): Promise<void> => {
      for (let key = waiting.shift(); key !== undefined && !this.#isStopped; key = waiting.shift()) {
        const question = { keys: [key], ...rest }
        const peers = await sessions.mailbox.closest(key, this.#options.blocks.signal).catch((error: unknown) => {
          log.log('debug', 'the DHT did not answer', { error: String(error) })
          return []
        })
        const answers = await Promise.all(peers.map((address) => this.#find(address, question)))
        for (const each of answers.flat()) mergeFound(found, each)
      }
    }
    await Promise.all(Array.from({ length: DHT_PARALLEL }, lookUp))
    return found
  }
}
