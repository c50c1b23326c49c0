/**
 * What two accounts tell each other of themselves over one link. Each end asks when the link opens, tells when something
 * changes, and does one thing at a time however often it is asked. Spec: PFX-3, PFX-4.
 */
import { avatarKind, cidText, isBlockOf, type Frame, type ProfileRecord } from '@parley/core'
import type { Session } from '../links/session.ts'
import type { ClockPort } from '../ports/clock.ts'
import { Pace } from './pace.ts'

export type ProfileFrame = Extract<Frame, { type: 'profile.get' | 'profile' | 'avatar.get' | 'avatar' }>

/** Answers of one kind, and records that are looked at: so many in a row, and then one in each pause. */
export const EXCHANGE_BURST = 8
export const EXCHANGE_PAUSE_MS = 250
/** How long an answer is waited for; doubled each time it is asked again by itself. */
export const EXCHANGE_PATIENCE_MS = 5_000
/** Questions that a link asks by itself before it believes that there is no answer. */
const ASKED_MAX = 4
/** Pictures that are asked for over one link at a time. */
const PICTURES_MAX = 4

export interface ProfileLinkHost {
  readonly clock: ClockPort
  /** What this account may see of us. */
  ownFor(account: string): ProfileRecord | undefined
  /** The own picture in the record that this account may see. */
  pictureFor(account: string, cid: Uint8Array): Uint8Array | undefined
  /** Sequence of what is held of this account; 0 for nothing. */
  heldSequence(account: string): number
  /** A record came. */
  received(account: string, record: Uint8Array): Promise<void>
  /** They said that there is nothing newer than what was held when they were asked. */
  confirmed(account: string, sequence: number): Promise<void>
  /** The store failed; the link goes on. Must not throw. */
  failed(error: unknown): void
}

export class ProfileLink {
  readonly account: string
  readonly #session: Session
  readonly #host: ProfileLinkHost
  readonly #answering: Pace
  readonly #taking: Pace
  readonly #picturing: Pace
  /** Asked of us: what they have. */
  #have = 0
  /** Our record is to go as soon as the link takes it. */
  #isOwed = false
  #received: Uint8Array | undefined
  #asked: { readonly sequence: number; readonly answer: PromiseWithResolvers<boolean> } | undefined
  #pictureAsked: Uint8Array | undefined
  readonly #pictures = new Map<string, PromiseWithResolvers<Uint8Array | undefined>>()
  #isEnded = false

  constructor(session: Session, account: string, host: ProfileLinkHost) {
    this.#session = session
    this.account = account
    this.#host = host
    const pace = (run: () => Promise<void>) =>
      new Pace({ clock: host.clock, burst: EXCHANGE_BURST, pauseMs: EXCHANGE_PAUSE_MS, run, failed: host.failed })
    this.#answering = pace(async () => this.#answer())
    this.#taking = pace(() => this.#take())
    this.#picturing = pace(async () => this.#answerPicture())
  }

  /** Asks until there is an answer, a few times. Never rejects. */
  async start(): Promise<void> {
    try {
      for (let attempt = 0; attempt < ASKED_MAX && !this.#isEnded; attempt++) {
        if (await this.ask(EXCHANGE_PATIENCE_MS * 2 ** attempt)) return
      }
    } catch (error) {
      this.#host.failed(error)
    }
  }

  /** @returns whether they answered in time; what they said is durable then. */
  async ask(patienceMs: number): Promise<boolean> {
    if (this.#isEnded) return false
    const isFirst = this.#asked === undefined
    const asked = (this.#asked ??= {
      sequence: this.#host.heldSequence(this.account),
      answer: Promise.withResolvers<boolean>(),
    })
    if (isFirst) this.#session.sendFrame({ type: 'profile.get', have: asked.sequence })
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = this.#host.clock.after(patienceMs, () => {
      // The next who asks sends the question again.
      if (isFirst && this.#asked === asked) this.#asked = undefined
      resolve(false)
    })
    void asked.answer.promise.then(resolve)
    const isAnswered = await promise
    cancel()
    return isAnswered
  }

  /** Our record changed. */
  announce(): void {
    if (this.#isEnded) return
    this.#isOwed = true
    this.drained()
  }

  /** The link takes frames again. */
  drained(): void {
    if (!this.#isOwed) return
    try {
      const record = this.#host.ownFor(this.account)
      this.#isOwed = record !== undefined && !this.#session.sendFrame({ type: 'profile', record: record.bytes })
    } catch (error) {
      this.#host.failed(error)
    }
  }

  /** The picture, checked; `undefined` when they do not have it or do not answer. */
  async picture(cid: Uint8Array, patienceMs: number): Promise<Uint8Array | undefined> {
    const name = cidText(cid)
    const known = this.#pictures.get(name)
    if (known !== undefined) return known.promise
    if (this.#isEnded || this.#pictures.size >= PICTURES_MAX) return undefined
    const answer = Promise.withResolvers<Uint8Array | undefined>()
    this.#pictures.set(name, answer)
    const cancel = this.#host.clock.after(patienceMs, () => answer.resolve(undefined))
    this.#session.sendFrame({ type: 'avatar.get', cid })
    try {
      return await answer.promise
    } finally {
      cancel()
      this.#pictures.delete(name)
    }
  }

  onFrame(frame: ProfileFrame): void {
    switch (frame.type) {
      case 'profile.get':
        this.#have = frame.have
        return this.#answering.wish()
      case 'profile':
        if (frame.record === undefined) return this.#onNothingNewer()
        this.#received = frame.record
        return this.#taking.wish()
      case 'avatar.get':
        this.#pictureAsked = frame.cid
        return this.#picturing.wish()
      case 'avatar':
        return this.#onPicture(frame.cid, frame.image)
    }
  }

  end(): void {
    this.#isEnded = true
    for (const pace of [this.#answering, this.#taking, this.#picturing]) pace.stop()
    this.#settle(false)
    for (const { resolve } of this.#pictures.values()) resolve(undefined)
  }

  #answer(): void {
    const record = this.#host.ownFor(this.account)
    if (record !== undefined && record.sequence > this.#have) this.announce()
    else this.#session.sendFrame({ type: 'profile', record: undefined })
  }

  async #take(): Promise<void> {
    const record = this.#received
    this.#received = undefined
    if (record === undefined) return
    await this.#host.received(this.account, record)
    this.#settle(true)
  }

  #onNothingNewer(): void {
    const asked = this.#asked
    if (asked === undefined) return
    this.#host.confirmed(this.account, asked.sequence).then(() => {
      if (this.#asked === asked) this.#settle(true)
    }, this.#host.failed)
  }

  #settle(isAnswered: boolean): void {
    this.#asked?.answer.resolve(isAnswered)
    this.#asked = undefined
  }

  #answerPicture(): void {
    const cid = this.#pictureAsked
    if (cid === undefined) return
    this.#session.sendFrame({ type: 'avatar', cid, image: this.#host.pictureFor(this.account, cid) })
  }

  #onPicture(cid: Uint8Array, image: Uint8Array | undefined): void {
    const waiting = this.#pictures.get(cidText(cid))
    const isIt = image !== undefined && isBlockOf(cid, image) && avatarKind(image) !== undefined
    waiting?.resolve(isIt ? image : undefined)
  }
}
