/**
 * Gap repair between devices that are connected: heads are announced soon after every change and at every new link;
 * whoever does not know one asks for it, and its author seals it again. Spec: SYN-1…SYN-6.
 */
import { HEADS_MAX, RESEND_MESSAGES_MAX, toHex, WANTED_IDS_MAX, type Control, type MessageIdBytes } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import { entryById, hasEntry, type Entry } from '../store/entries.ts'
import { missingIn } from '../store/gaps.ts'
import { sealAgain } from './compose.ts'
import type { Origin } from './receive.ts'
import { hasGroup, headEpochOf, sealControl } from './seal.ts'

/** Quiet time after a change before the heads are announced: long enough for the acknowledgements of a burst. */
export const ANNOUNCE_DELAY_MS = 1_500
/** Pause before a conversation's first request for what it misses; it doubles with each that stays unanswered. */
export const WANT_INTERVAL_MS = 1_000
export const WANT_PAUSE_MAX_MS = 60_000

interface Wanting {
  /** Heads of the other side that are not here, by hex id; at most WANTED_IDS_MAX. */
  readonly heads: Map<string, MessageIdBytes>
  /** Until the next request, from when it was set. */
  pauseMs: number
  cancel: Cancel
}

export class Sync {
  readonly #context: () => Context
  readonly #announcing = new Map<string, Cancel>()
  readonly #wanting = new Map<string, Wanting>()
  readonly #answeredAt = new Map<string, number>()
  #isStopped = false

  constructor(context: () => Context) {
    this.#context = context
  }

  /** The conversation changed, or a link to its other device opened. */
  announceSoon(conversation: string): void {
    if (this.#isStopped || this.#announcing.has(conversation)) return
    const cancel = this.#context().clock.after(ANNOUNCE_DELAY_MS, () => {
      this.#announcing.delete(conversation)
      this.#announce(conversation)
    })
    this.#announcing.set(conversation, cancel)
  }

  /** Asks soon for `heads` that are not here and for everything missing below, and again until it came. SYN-2 */
  wantSoon(conversation: string, heads: readonly MessageIdBytes[] = []): void {
    if (this.#isStopped) return
    const wanting: Wanting = this.#wanting.get(conversation) ?? {
      heads: new Map(),
      pauseMs: Infinity,
      cancel: () => undefined,
    }
    this.#wanting.set(conversation, wanting)
    for (const id of heads) if (wanting.heads.size < WANTED_IDS_MAX) wanting.heads.set(toHex(id), id)
    // Whatever is due that soon already is not put off: a busy conversation would never ask.
    if (wanting.pauseMs > WANT_INTERVAL_MS) this.#wantLater(conversation, wanting, WANT_INTERVAL_MS)
  }

  #wantLater(conversation: string, wanting: Wanting, pauseMs: number): void {
    wanting.cancel()
    wanting.pauseMs = pauseMs
    wanting.cancel = this.#context().clock.after(pauseMs, () => this.#want(conversation, wanting))
  }

  onControl(conversation: string, origin: Origin, control: Control): void {
    if (control.type === 'want') {
      if (this.#mayAnswer(conversation)) this.#answer(conversation, origin, control)
      return
    }
    const unknown = control.heads.filter((id) => !hasEntry(this.#context().store, id))
    if (unknown.length > 0) this.wantSoon(conversation, unknown)
  }

  /** An honest device asks once in WANT_INTERVAL_MS; whoever asks faster makes us work for nothing. */
  #mayAnswer(conversation: string): boolean {
    const now = this.#context().clock.now()
    const sinceMs = now - (this.#answeredAt.get(conversation) ?? -Infinity)
    // A clock that was set back must not silence us.
    if (sinceMs >= 0 && sinceMs < WANT_INTERVAL_MS / 2) return false
    this.#answeredAt.set(conversation, now)
    return true
  }

  /** What is still being received may ask for more: nothing more is said. */
  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#announcing.values()) cancel()
    for (const { cancel } of this.#wanting.values()) cancel()
    this.#announcing.clear()
    this.#wanting.clear()
  }

  #announce(conversation: string): void {
    const state = this.#context().conversations.get(conversation)
    if (state === undefined || !hasGroup(state)) return
    // Sent even when there are none: whoever cannot read this epoch says so, and is helped. CNV-10
    this.#send(conversation, { type: 'heads', heads: state.heads.map(({ id }) => id).slice(-HEADS_MAX) })
    if (missingIn(this.#context().store, conversation, 1).length > 0) this.wantSoon(conversation)
  }

  #want(conversation: string, wanting: Wanting): void {
    const { store, conversations, sessions } = this.#context()
    const state = conversations.get(conversation)
    const missing = [...wanting.heads.values(), ...missingIn(store, conversation, WANTED_IDS_MAX)]
    const ids = [...new Map(missing.map((id) => [toHex(id), id])).values()]
      .filter((id) => !hasEntry(store, id))
      .slice(0, WANTED_IDS_MAX)
    const isConnected = state !== undefined && hasGroup(state) && sessions.ofAccount(state.account).length > 0
    if (!isConnected || ids.length === 0) {
      // The next link begins with heads on both sides, so nothing is forgotten.
      this.#wanting.delete(conversation)
      return
    }
    const have = state.heads.map(({ id }) => id).filter((id) => hasEntry(store, id))
    this.#send(conversation, { type: 'want', ids, have: have.slice(-HEADS_MAX) })
    this.#wantLater(conversation, wanting, Math.min(WANT_PAUSE_MAX_MS, 2 * wanting.pauseMs))
  }

  /** Controls are lost with the link and cost nothing to repeat, so they bypass the outbox. */
  #send(conversation: string, control: Control): void {
    const { epoch, state } = headEpochOf(this.#context(), conversation)
    const envelope = sealControl(this.#context(), epoch, control)
    this.#context().sessions.sendToAccount(state.account, envelope)
  }

  #answer(conversation: string, origin: Origin, control: Control & { readonly type: 'want' }): void {
    const { turns, log } = this.#context()
    for (const entry of this.#ownAncestors(conversation, control)) {
      turns
        .run('input', () => sealAgain(this.#context(), entry, this.#context().clock.now()))
        .catch((error: unknown) =>
          log.log('warn', 'a wanted message could not be sealed again', { error: String(error) }),
        )
    }
    log.log('debug', 'wanted messages answered', { peer: origin.peerId.slice(-6) })
  }

  /** Own contents among the wanted ids and, below them, whatever leads to them and is not below `have`; parents first. */
  #ownAncestors(conversation: string, control: Control & { readonly type: 'want' }): readonly Entry[] {
    const { store, self } = this.#context()
    const known = new Set(control.have.map(toHex))
    const found: Entry[] = []
    const open = [...control.ids]
    const visited = new Set<string>()
    for (let id = open.shift(); id !== undefined && visited.size < RESEND_MESSAGES_MAX; id = open.shift()) {
      const idHex = toHex(id)
      if (visited.has(idHex) || known.has(idHex)) continue
      visited.add(idHex)
      const entry = entryById(store, id)
      if (entry === undefined || entry.conversation !== conversation) continue
      if (entry.author === self.account && !entry.isPosted) found.push(entry)
      open.push(...entry.parents)
    }
    return found.reverse()
  }
}
