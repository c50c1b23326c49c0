/** What people do: they meet, write, change their minds, close the app, block each other and make up again. */
import type { Conversation, Message } from '@parley/engine'
import type { Dice } from './dice.ts'
import type { Person } from './person.ts'
import { MARKER } from './watch.ts'
import type { World } from './world.ts'

const LOOK_MS = 900
const UNBLOCK_MS = 5_000
const EMOJI = ['👍', '🎉', '❤️'] as const
const PAGE_LIMIT = 30

export type Meeting = 'invite' | 'mutual' | 'declined' | 'declined-then-asked'

export class Life {
  /** Pairs of which one declined and never asked: they stay apart. */
  readonly apart = new Set<string>()
  readonly #world: World
  readonly #dice: Dice
  /** Whom each person declines, by name. */
  readonly #declines = new Map<string, Set<string>>()
  #texts = 0
  #meetings = 0

  constructor(world: World, dice: Dice) {
    this.#world = world
    this.#dice = dice
  }

  /** Invites that nobody has followed yet. */
  get meetings(): number {
    return this.#meetings
  }

  /** Every text of a world is different, so that none can be shown twice unseen. */
  text(): string {
    const words = `${MARKER} ${++this.#texts}`
    const length = this.#dice.chance(0.05) ? this.#dice.pick([3_000, 20_000]) : 0
    return words.padEnd(length, '.')
  }

  /** A text that fits into a request. */
  greeting(): string {
    return `${MARKER} ${++this.#texts}`
  }

  /** `a` and `b` come to know each other, each step when both their apps are running. */
  meet(a: Person, b: Person, kind: Meeting, delayMs: number): void {
    const world = this.#world
    world.watch.trace(`${a.name} and ${b.name} meet: ${kind}`)
    if (kind === 'declined' || kind === 'declined-then-asked') {
      this.#declines.set(a.name, (this.#declines.get(a.name) ?? new Set()).add(b.name))
      if (kind === 'declined') this.apart.add(pairName(a, b))
    }
    this.#follow(a, b, delayMs)
    if (kind === 'mutual') this.#follow(b, a, delayMs)
    if (kind === 'declined-then-asked') this.#follow(b, a, delayMs + this.#dice.between(3_000, 9_000))
  }

  /** `guest` follows an invite of `host`; both try until it works. */
  #follow(host: Person, guest: Person, delayMs: number): void {
    const attempt = async (): Promise<void> => {
      const invite = await host.do('invites.create', {})
      const text = this.#dice.chance(0.7) ? this.greeting() : undefined
      const added =
        invite && (await guest.do('contacts.add', { link: invite.link, ...(text === undefined ? {} : { text }) }))
      if (added === undefined) {
        this.#world.after(LOOK_MS, () => this.#world.background(attempt()))
        return
      }
      this.#meetings--
      this.#world.tally.count('invite followed')
    }
    this.#meetings++
    this.#world.after(delayMs, () => this.#world.background(attempt()))
  }

  /** Everybody looks at their requests now and then, for `durationMs`. */
  lookAtRequests(durationMs: number): void {
    for (const person of this.#world.people) {
      for (let atMs = this.#dice.waitMs(LOOK_MS); atMs < durationMs; atMs += this.#dice.waitMs(LOOK_MS)) {
        this.#world.after(atMs, () => this.#world.background(this.answerRequests(person)))
      }
    }
  }

  async answerRequests(person: Person): Promise<void> {
    for (const { id, name } of (await person.do('requests.list', {})) ?? []) {
      const declines = this.#declines.get(person.name)?.has(name) === true
      if (!declines) await person.do('requests.accept', { id })
      else if ((await person.do('requests.decline', { id })) === null) this.#world.tally.count('request declined')
    }
  }

  /** One thing that one person does in one conversation. */
  async act(person: Person): Promise<void> {
    const conversations = (await person.do('conversations.list', {})) ?? []
    if (conversations.length === 0) return
    const conversation = this.#dice.pick(conversations)
    const kind = this.#dice.between(0, 99)
    if (kind < 40) await this.write(person, conversation.id)
    else if (kind < 48) await this.#burst(person, conversation.id)
    else if (kind < 60) await person.do('conversations.read', { conversation: conversation.id })
    else if (kind < 66) await person.do('conversations.typing', { conversation: conversation.id })
    else if (kind < 68) await person.do('me.update', { settings: { sendsTyping: this.#dice.chance(0.7) } })
    else if (kind < 71) await this.#block(person, conversation)
    else if (kind < 73) await this.#care(person, conversation)
    else await this.#change(person, conversation.id, kind)
  }

  async write(person: Person, conversation: string): Promise<void> {
    const message = await person.do('messages.send', { conversation, text: this.text() })
    if (message !== undefined) this.#world.tally.count('message written')
  }

  async retryFailed(person: Person): Promise<void> {
    for (const { id } of (await person.do('conversations.list', {})) ?? []) {
      for (const message of await this.look(person, id)) {
        if (message.state === 'failed' && message.sender === person.account) await this.#retry(person, message)
      }
    }
  }

  /** What the person sees of a conversation, looked at for things that must not be seen. */
  async look(person: Person, conversation: string, limit = PAGE_LIMIT): Promise<readonly Message[]> {
    const { watch } = this.#world
    const asked = watch.shown
    const page = await person.do('messages.page', { conversation, limit })
    const messages = page?.messages ?? []
    watch.onShown(person.name, messages, asked)
    if (new Set(messages.map(({ id }) => id)).size < messages.length)
      watch.breach(`${person.name} sees one message twice`)
    const texts = messages.flatMap(({ content }) => (content.type === 'text' ? [content.text] : []))
    if (new Set(texts).size < texts.length) watch.breach(`${person.name} sees one text twice`)
    return messages
  }

  /** What concerns nobody else: a name, a mark, an unfinished text. */
  async #care(person: Person, { id, account }: Conversation): Promise<void> {
    const what = this.#dice.between(0, 2)
    if (what === 0) await person.do('contacts.rename', { account, name: `friend ${this.#dice.between(1, 99)}` })
    else if (what === 1) await person.do('contacts.verify', { account, isVerified: this.#dice.chance(0.5) })
    else await person.do('conversations.setDraft', { conversation: id, text: this.text() })
  }

  async #burst(person: Person, conversation: string): Promise<void> {
    const texts = Array.from({ length: this.#dice.between(2, 8) }, () => this.write(person, conversation))
    await Promise.all(texts)
  }

  async #block(person: Person, { account, status }: Conversation): Promise<void> {
    if (status !== 'active') return
    if ((await person.do('blocks.add', { account })) === null) this.#world.tally.count('block')
    this.#world.after(this.#dice.waitMs(UNBLOCK_MS), () =>
      this.#world.background(person.do('blocks.remove', { account })),
    )
  }

  async #change(person: Person, conversation: string, kind: number): Promise<void> {
    const messages = await this.look(person, conversation)
    if (messages.length === 0) return
    const message = this.#dice.pick(messages)
    const target = { conversation, message: message.id }
    const isOwn = message.sender === person.account
    if (kind < 80) await person.do('messages.send', { conversation, text: this.text(), replyTo: message.id })
    else if (kind < 92) {
      await person.do('messages.react', { ...target, emoji: this.#dice.pick(EMOJI), isOn: this.#dice.chance(0.7) })
    } else if (!isOwn) await person.do('conversations.read', { conversation, upTo: message.id })
    else if (message.state === 'failed') await this.#retry(person, message)
    else if (kind < 97) await person.do('messages.edit', { ...target, text: this.text() })
    else await person.do('messages.delete', target)
  }

  async #retry(person: Person, { id, conversation }: Message): Promise<void> {
    this.#world.tally.count('retry')
    this.#world.watch.onRetry(person.name, id)
    await person.do('messages.retry', { conversation, message: id })
  }
}

export const pairName = (a: Person, b: Person): string => [a.name, b.name].sort().join('+')
