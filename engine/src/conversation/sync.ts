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
/** Pause between two requests for what one conversation misses. */
export const WANT_INTERVAL_MS = 1_000

export class Sync {
  readonly #context: () => Context
  readonly #announcing = new Map<string, Cancel>()
  readonly #wanting = new Map<string, Cancel>()

  constructor(context: () => Context) {
    this.#context = context
  }

  /** The conversation changed, or a link to its other device opened. */
  announceSoon(conversation: string): void {
    if (this.#announcing.has(conversation)) return
    const cancel = this.#context().clock.after(ANNOUNCE_DELAY_MS, () => {
      this.#announcing.delete(conversation)
      this.#announce(conversation)
    })
    this.#announcing.set(conversation, cancel)
  }

  wantSoon(conversation: string, ids: readonly MessageIdBytes[] = []): void {
    if (this.#wanting.has(conversation)) return
    const cancel = this.#context().clock.after(WANT_INTERVAL_MS, () => {
      this.#wanting.delete(conversation)
      this.#want(conversation, ids)
    })
    this.#wanting.set(conversation, cancel)
  }

  onControl(conversation: string, origin: Origin, control: Control): void {
    if (control.type === 'want') {
      this.#answer(conversation, origin, control)
      return
    }
    const unknown = control.heads.filter((id) => !hasEntry(this.#context().store, id))
    if (unknown.length > 0) this.wantSoon(conversation, unknown)
  }

  stop(): void {
    for (const cancel of [...this.#announcing.values(), ...this.#wanting.values()]) cancel()
    this.#announcing.clear()
    this.#wanting.clear()
  }

  #announce(conversation: string): void {
    const state = this.#context().conversations.get(conversation)
    if (state === undefined || !hasGroup(state)) return
    const heads = state.heads.map(({ id }) => id).slice(-HEADS_MAX)
    if (heads.length > 0) this.#send(conversation, { type: 'heads', heads })
    if (missingIn(this.#context().store, conversation, 1).length > 0) this.wantSoon(conversation)
  }

  #want(conversation: string, heads: readonly MessageIdBytes[]): void {
    const { store, conversations } = this.#context()
    const state = conversations.get(conversation)
    if (state === undefined || !hasGroup(state)) return
    const missing = [...heads, ...missingIn(store, conversation, WANTED_IDS_MAX)]
    const ids = [...new Map(missing.map((id) => [toHex(id), id])).values()]
      .filter((id) => !hasEntry(store, id))
      .slice(0, WANTED_IDS_MAX)
    const have = state.heads.map(({ id }) => id).slice(-HEADS_MAX)
    if (ids.length > 0) this.#send(conversation, { type: 'want', ids, have })
  }

  /** Controls are lost with the link and cost nothing to repeat, so they bypass the outbox. */
  #send(conversation: string, control: Control): void {
    const { epoch, state } = headEpochOf(this.#context(), conversation)
    const envelope = sealControl(this.#context(), epoch, control, this.#context().clock.now())
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
