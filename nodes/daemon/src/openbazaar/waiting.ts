/** What was written to people who are not in contact yet: kept, looked for, then sent in order. Spec: OBG-12. */
import { type ApiClient, EngineError, type LogPort, type Message, type Profile } from '@parley/engine'
import { countLetters, REQUEST_TEXT_LETTERS_MAX, sanitizeText } from '@parley/core'
import type { Aliases } from './aliases.ts'
import { isGiven } from './given.ts'
import { WAITING_LETTERS_MAX, WAITING_MESSAGES_MAX, WAITING_RETRY_MS } from './limits.ts'
import { peerIdOf } from './names.ts'
import type { People, Person } from './people.ts'
import { Refusal } from './refusal.ts'
import { KeptValue } from './values.ts'

/** A text on its way to somebody unknown. */
export interface WaitingText {
  readonly peerId: string
  /** Its id as a copy, 31 bytes in hex: the message that it becomes carries it. */
  readonly copy: string
  readonly subject: string
  readonly text: string
  /** Unix milliseconds. */
  readonly writtenAt: number
}

export interface WaitingOptions {
  readonly client: ApiClient
  readonly people: People
  readonly aliases: Aliases
  readonly log: LogPort
  /** Nothing is sent to them while this holds. */
  readonly isBlocked: (peerId: string) => Promise<boolean>
}

export class Waiting implements AsyncDisposable {
  readonly #options: WaitingOptions
  readonly #value: KeptValue<readonly WaitingText[]>
  readonly #ending = new AbortController()
  readonly #retry: NodeJS.Timeout
  /** Peers who are being looked for. */
  readonly #sought = new Set<string>()
  #work: Promise<void> = Promise.resolve()

  constructor(options: WaitingOptions) {
    this.#options = options
    this.#value = new KeptValue(options.client, 'openbazaar/waiting', readWaiting)
    this.#retry = setInterval(() => this.tryAll(), WAITING_RETRY_MS)
    this.#retry.unref()
  }

  /** The oldest first. */
  all(): Promise<readonly WaitingText[]> {
    return this.#value.get()
  }

  /**
   * Keeps texts durably and starts looking for their readers.
   * @throws Refusal 500 when too much waits already; nothing of it is kept then, and nothing else is dropped.
   */
  async add(texts: readonly WaitingText[]): Promise<void> {
    await this.#value.update((held) => {
      const all = [...held, ...texts]
      const isTooMuch = all.length > WAITING_MESSAGES_MAX || JSON.stringify(all).length > WAITING_LETTERS_MAX
      if (isTooMuch) throw new Refusal(500, 'Too much waits already for people who could not be found yet.')
      return all
    })
    this.#later(() => this.#seek(texts.map(({ peerId }) => peerId)))
  }

  /** Forgets what `isGone` names. */
  async remove(isGone: (text: WaitingText) => boolean): Promise<void> {
    await this.#value.update((held) => (held.some(isGone) ? held.filter((text) => !isGone(text)) : held))
  }

  /** Looks for everybody again, and sends to those who are known by now. */
  tryAll(): void {
    this.#later(async () => this.#seek((await this.all()).map(({ peerId }) => peerId)))
  }

  /** Somebody's profile came in. */
  learned(profiles: readonly Profile[]): void {
    const peers = new Set(profiles.map(({ account }) => peerIdOf(account)))
    this.#later(async () => {
      for (const peerId of new Set((await this.all()).map((text) => text.peerId))) {
        if (peers.has(peerId)) await this.#tryToDeliver(peerId)
      }
    })
  }

  async #seek(peerIds: readonly string[]): Promise<void> {
    const ids: string[] = []
    for (const peerId of new Set(peerIds)) {
      // Whoever is being looked for is sent to when they are found; here only if that happened a moment ago.
      const isSought = this.#sought.has(peerId)
      if (isSought && this.#options.people.near(peerId) === undefined) continue
      if (!(await this.#tryToDeliver(peerId)) && !isSought) ids.push(peerId)
    }
    if (ids.length === 0) return
    for (const peerId of ids) this.#sought.add(peerId)
    // Not awaited: a look-up takes as long as it takes, and whoever is found meanwhile must not wait for it.
    void this.#lookUp(ids).finally(() => {
      for (const peerId of ids) this.#sought.delete(peerId)
    })
  }

  async #lookUp(ids: string[]): Promise<void> {
    const { client, log } = this.#options
    try {
      for await (const answer of client.stream('profiles.fetch', { ids, priority: 'soon' }, this.#ending.signal)) {
        if (answer.outcome === 'found') this.#later(async () => void (await this.#tryToDeliver(answer.id)))
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) log.log('warn', 'look-up of waiting readers failed', reasonOf(error))
    }
  }

  /** As #deliver. What fails for one peer stays, is tried again later, and keeps nobody else waiting. */
  async #tryToDeliver(peerId: string): Promise<boolean> {
    try {
      return await this.#deliver(peerId)
    } catch (error) {
      if (isOver(error)) throw error
      // Blocked in another window, which this one has not heard of yet.
      const isBlocked = error instanceof EngineError && error.code === 'CONTACT_BLOCKED'
      if (!isBlocked) this.#options.log.log('warn', 'what waits could not be sent yet', reasonOf(error))
      return true
    }
  }

  /** Sends what waits for one peer. False when nothing is known of them that leads to them. */
  async #deliver(peerId: string): Promise<boolean> {
    const { people, isBlocked } = this.#options
    await this.remove((text) => text.peerId === peerId && isNothing(text))
    const [first] = await this.#textsFor(peerId)
    if (first === undefined || (await isBlocked(peerId))) return true
    const conversation = await this.#conversationWith(await people.find(peerId), first)
    if (conversation === undefined) return false
    // More may be written while this goes on.
    for (let next: WaitingText | undefined = first; next !== undefined; [next] = await this.#textsFor(peerId)) {
      await this.#send(conversation, next)
      await this.#forget(next)
    }
    return true
  }

  async #textsFor(peerId: string): Promise<readonly WaitingText[]> {
    return (await this.all()).filter((text) => text.peerId === peerId)
  }

  #forget({ peerId, copy }: WaitingText): Promise<void> {
    return this.remove((each) => each.copy === copy && each.peerId === peerId)
  }

  /** Unless it was sent before a crash in between. */
  async #send(conversation: string, waiting: WaitingText): Promise<void> {
    const { client, aliases } = this.#options
    const { copy, subject, text } = waiting
    const found = await aliases.find(client, { type: 'copy', copy })
    if (found.some((each) => each.conversation === conversation)) return
    const asked = isShort(waiting) ? await this.#askedWith(conversation, waiting) : undefined
    if (asked !== undefined) return aliases.add(asked.id, copy)
    await client.call('messages.send', { conversation, text, copy, ...(subject === '' ? {} : { subject }) })
  }

  /** The message that these words became when they went with the request. */
  async #askedWith(conversation: string, { text, writtenAt }: WaitingText): Promise<Message | undefined> {
    const { client, people, aliases } = this.#options
    const { messages } = await client.call('messages.page', { conversation, subject: '' })
    const words = sanitizeText(text)
    return messages.find(
      ({ id, sender, content, copy, sentAt }) =>
        sender === people.account &&
        content.type === 'text' &&
        content.text === words &&
        copy === undefined &&
        sentAt >= writtenAt &&
        !aliases.has(id),
    )
  }

  /** Answers their request, or asks them; short first words go with that, so that they know what it is about. */
  async #conversationWith(person: Person | undefined, first: WaitingText): Promise<string | undefined> {
    const { client, people } = this.#options
    if (person?.type === 'contact') return person.contact.conversation
    const link = person?.type === 'known' ? person.profile.invite : undefined
    if (person?.type !== 'request' && link === undefined) return undefined
    try {
      const { id } =
        person?.type === 'request'
          ? await client.call('requests.accept', { id: person.request.id })
          : await client.call('contacts.add', { link: link ?? '', ...(isShort(first) ? { text: first.text } : {}) })
      await people.refresh()
      return id
    } catch (error) {
      // A profile whose invite leads nowhere: as if none was known, so that a newer one is looked for.
      if (error instanceof EngineError && USELESS_INVITE.has(error.code)) return undefined
      throw error
    }
  }

  /** One after the other, so that texts stay in order. What fails stays and is tried again. */
  #later(task: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#ending.signal.aborted) return
      try {
        await task()
      } catch (error) {
        if (!isOver(error)) this.#options.log.log('warn', 'what waits could not be sent yet', reasonOf(error))
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#retry)
    this.#ending.abort()
    await this.#work
  }
}

const USELESS_INVITE: ReadonlySet<string> = new Set(['INVITE_EXPIRED', 'INVITE_MALFORMED'])

const isOver = (error: unknown): boolean =>
  error instanceof EngineError && (error.code === 'CLOSED' || error.code === 'LOCKED')

/** Shows nothing, so that it can never be sent; such are refused, but an older release kept them. */
const isNothing = ({ text }: WaitingText): boolean => sanitizeText(text) === ''

/** Fits into a request for contact; words about an order stay with the order. */
const isShort = ({ subject, text }: WaitingText): boolean =>
  subject === '' && countLetters(text) <= REQUEST_TEXT_LETTERS_MAX

function readWaiting(value: unknown): readonly WaitingText[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown) => {
    const { peerId, copy, subject, text, writtenAt } = isGiven(item) ? item : {}
    const isWhole =
      typeof peerId === 'string' && typeof copy === 'string' && typeof subject === 'string' && typeof text === 'string'
    return isWhole && typeof writtenAt === 'number' ? [{ peerId, copy, subject, text, writtenAt }] : []
  })
}

const reasonOf = (error: unknown) => ({ reason: error instanceof Error ? error.message : String(error) })
