/**
 * Who is there: what we say of ourselves to contacts we are linked with, and what they say of themselves. Nothing is said
 * unless the owner wants it, and nothing is believed longer than the link lasts. Spec: PRS-1…PRS-6.
 */
import { PRESENCE_LIFETIME_MS, type PresenceStatus } from '@parley/core'
import type { Presence } from '../api/schema.ts'
import type { Context } from '../context.ts'
import type { Session } from '../links/session.ts'
import type { Cancel } from '../ports/clock.ts'
import { Pace } from '../profile/pace.ts'
import { contactByAccount, isBlockedAccount, savePresence, type ContactRow } from '../store/contacts.ts'
import type { Commit } from '../turn/commit.ts'

/** Changes of one link that are looked at: so many in a row, and then one in each pause. */
export const PRESENCE_BURST = 4
export const PRESENCE_PAUSE_MS = 1_000

/** What one link says. */
interface Said {
  readonly status: PresenceStatus
  readonly seenAt: number
}

interface Line {
  readonly account: string
  readonly session: Session
  /** What was told to the other end last. */
  told: PresenceStatus | undefined
  /** What the other end says. */
  said: Said | undefined
  heard: Said | undefined
  readonly hearing: Pace
}

export class Presences {
  readonly #context: () => Context
  readonly #changed: () => void
  /** By peer id. */
  readonly #lines = new Map<string, Line>()
  #status: 'online' | 'away' = 'away'
  /** When the owner was last at it. */
  #seenAt = 0
  #ending: Cancel | undefined
  #isStopped = false

  /** `changed`: somebody's presence is another one. */
  constructor(context: () => Context, changed: () => void) {
    this.#context = context
    this.#changed = changed
  }

  /** The owner is at it, or went away; holds for PRESENCE_LIFETIME_MS. */
  set(status: 'online' | 'away'): void {
    if (this.#isStopped) return
    const { clock } = this.#context()
    this.#ending?.()
    this.#ending = undefined
    if (status === 'online' || this.#status === 'online') this.#seenAt = clock.now()
    this.#status = status
    if (status === 'online') this.#ending = clock.after(PRESENCE_LIFETIME_MS, () => this.#fade())
    this.tell()
  }

  /** Tells every contact what it was not told yet: after a change of ours, of a setting, of who is a contact. */
  tell(): void {
    for (const line of this.#lines.values()) this.#tellTo(line)
  }

  /** They are a contact now: what they said before is heard. */
  befriended(account: string): void {
    for (const line of this.#lines.values()) {
      if (line.account !== account) continue
      this.#tellTo(line)
      if (line.heard !== undefined) line.hearing.wish()
    }
  }

  opened(session: Session): void {
    const { account, peerId } = session
    if (account === undefined || this.#isStopped) return
    this.#lines.get(peerId)?.hearing.stop()
    const { clock } = this.#context()
    const line: Line = {
      account,
      session,
      told: undefined,
      said: undefined,
      heard: undefined,
      hearing: new Pace({
        clock,
        burst: PRESENCE_BURST,
        pauseMs: PRESENCE_PAUSE_MS,
        run: () => this.#hear(line),
        failed: (error) => this.#failed('not noted', error),
      }),
    }
    this.#lines.set(peerId, line)
    this.#tellTo(line)
  }

  closed(session: Session): void {
    const line = this.#lines.get(session.peerId)
    if (line?.session !== session) return
    line.hearing.stop()
    this.#lines.delete(session.peerId)
    const { said } = line
    if (said === undefined || said.status === 'hidden') return
    this.#changed()
    // They were at it when the link broke.
    if (said.status === 'online') void this.#keep(line.account, this.#context().clock.now())
  }

  /** The link takes frames again. */
  drained(session: Session): void {
    const line = this.#lines.get(session.peerId)
    if (line?.session === session) this.#tellTo(line)
  }

  onFrame(session: Session, status: PresenceStatus, seenAt: number): void {
    const line = this.#lines.get(session.peerId)
    if (line?.session !== session) return
    line.heard = { status, seenAt: Math.min(seenAt, this.#context().clock.now()) }
    line.hearing.wish()
  }

  /** What a contact is shown as. Reads no store: `contact` is as it is there. PRS-4, PRS-5 */
  of({ account, presenceSeenAt }: ContactRow, isBlocked: boolean): Presence {
    if (isBlocked) return { status: 'hidden' }
    const said = [...this.#lines.values()].flatMap((line) =>
      line.account === account && line.said !== undefined ? [line.said] : [],
    )
    const best = said.find(({ status }) => status === 'online') ?? said.find(({ status }) => status === 'away')
    if (best !== undefined) return { status: best.status, ...timeOf(best.seenAt || presenceSeenAt) }
    if (said.length > 0 || presenceSeenAt === undefined) return { status: 'hidden' }
    return { status: 'offline', ...timeOf(presenceSeenAt) }
  }

  /** Resolves when it is noted who was there until now. */
  async stop(): Promise<void> {
    this.#ending?.()
    const lines = [...this.#lines.values()]
    this.#lines.clear()
    for (const { hearing } of lines) hearing.stop()
    const now = this.#context().clock.now()
    const ended = lines.filter(({ said }) => said?.status === 'online')
    await Promise.all(ended.map(({ account }) => this.#keep(account, now)))
    this.#isStopped = true
  }

  #fade(): void {
    this.#ending = undefined
    this.#status = 'away'
    this.tell()
  }

  #tellTo(line: Line): void {
    try {
      this.#tellWhatIsNew(line)
    } catch (error) {
      this.#failed('not told', error)
    }
  }

  #tellWhatIsNew(line: Line): void {
    const { settings, store } = this.#context()
    const isContact =
      contactByAccount(store, line.account)?.status === 'active' && !isBlockedAccount(store, line.account)
    const isShared = isContact && settings.current.presence === 'contacts'
    const status = isShared ? this.#status : 'hidden'
    if (status === line.told || (!isContact && line.told === undefined)) return
    const seenAt = status === 'hidden' ? 0 : this.#seenAt
    if (line.session.sendFrame({ type: 'presence', status, seenAt })) line.told = status
  }

  async #hear(line: Line): Promise<void> {
    const { store } = this.#context()
    const { heard } = line
    const contact = contactByAccount(store, line.account)
    if (heard === undefined || contact?.status !== 'active') return
    line.said = heard
    const seenAt = heard.status === 'hidden' ? undefined : heard.seenAt || contact.presenceSeenAt || 0
    if (contact.presenceSeenAt !== seenAt) await this.#keep(line.account, seenAt)
    this.#changed()
  }

  async #keep(account: string, seenAt: number | undefined): Promise<void> {
    const { turns, store } = this.#context()
    if (this.#isStopped) return
    const note = (commit: Commit) => {
      savePresence(store, account, seenAt)
      commit.touch('conversations')
    }
    await turns.run('input', () => note).catch((error: unknown) => this.#failed('not noted', error))
  }

  #failed(what: string, error: unknown): void {
    if (!this.#isStopped) this.#context().log.log('warn', `presence ${what}`, { error: String(error) })
  }
}

/** 0: they say whether they are there, and were not at it since they started. */
const timeOf = (seenAt: number | undefined): { seenAt?: number } =>
  seenAt === undefined || seenAt === 0 ? {} : { seenAt }
