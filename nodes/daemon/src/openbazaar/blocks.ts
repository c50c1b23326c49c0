/** Blocked peers, also those of whom no more than the peer id is known yet. Spec: OBG-13. */
import type { ApiClient } from '@parley/engine'
import { isPeerId, peerIdOf } from './names.ts'
import { BLOCKED_MAX } from './limits.ts'
import type { People } from './people.ts'
import { notAPeer, Refusal } from './refusal.ts'
import { KeptValue, readTexts } from './values.ts'

export class Blocks {
  readonly #client: ApiClient
  readonly #people: People
  /** Who was blocked here and is no contact: by account once it is known, till then by peer id. */
  readonly #strangers: KeptValue<readonly string[]>

  constructor(client: ApiClient, people: People) {
    this.#client = client
    this.#people = people
    this.#strangers = new KeptValue(client, 'openbazaar/blocked', readTexts)
  }

  /** Everybody who is blocked, wherever that was said. */
  async list(): Promise<readonly string[]> {
    await this.#people.refresh()
    const named = (await this.#strangers.get()).map(peerIdIn)
    const strangers = named.filter((peerId) => this.#people.near(peerId)?.type !== 'contact')
    const contacts = [...this.#people.contacts].filter(({ status }) => status === 'blocked')
    const peers = contacts.map(({ account }) => peerIdOf(account))
    return [...new Set([...peers, ...strangers])]
  }

  async isBlocked(peerId: string): Promise<boolean> {
    const person = this.#people.near(peerId)
    if (person?.type === 'contact') return person.contact.status === 'blocked'
    return (await this.#strangers.get()).some((each) => peerIdIn(each) === peerId)
  }

  /** Nothing of them comes in any more when this resolves. @throws Refusal for what is no peer id, and above BLOCKED_MAX. */
  async add(peerId: string): Promise<void> {
    if (!isPeerId(peerId) || peerId === this.#people.peerId) throw notAPeer()
    const person = await this.#people.find(peerId)
    if (person?.type !== 'contact') await this.#remember(peerId, person?.account)
    if (person !== undefined) await this.#block(person.account)
  }

  async remove(peerId: string): Promise<void> {
    if (!isPeerId(peerId)) throw notAPeer()
    const person = await this.#people.find(peerId)
    const remembered = (await this.#strangers.get()).find((each) => peerIdIn(each) === peerId)
    const account = person?.account ?? (remembered?.startsWith('did:') === true ? remembered : undefined)
    if (account !== undefined) await this.#client.call('blocks.remove', { account })
    await this.#strangers.update((all) =>
      remembered === undefined ? all : all.filter((each) => peerIdIn(each) !== peerId),
    )
    await this.#people.refresh()
  }

  /** Exactly these; what is no peer id is left out, as OpenBazaar's nodes do. */
  async set(peerIds: readonly string[]): Promise<void> {
    const wanted = new Set(peerIds.filter((peerId) => isPeerId(peerId) && peerId !== this.#people.peerId))
    if (wanted.size > BLOCKED_MAX) throw tooMany()
    const held = new Set(await this.list())
    for (const peerId of held) if (!wanted.has(peerId)) await this.remove(peerId)
    for (const peerId of wanted) if (!held.has(peerId)) await this.add(peerId)
  }

  /** Blocks the accounts of those of whom only the peer id was known, as soon as somebody comes under it. */
  async enforce(): Promise<void> {
    const blocked = new Set((await this.#strangers.get()).map(peerIdIn))
    if (blocked.size === 0) return
    for (const [peerId, { account }] of [...this.#people.requests]) {
      if (!blocked.has(peerId)) continue
      await this.#remember(peerId, account)
      await this.#block(account)
    }
  }

  async #remember(peerId: string, account: string | undefined): Promise<void> {
    const name = account ?? peerId
    await this.#strangers.update((all) => {
      if (all.includes(name)) return all
      const others = all.filter((each) => peerIdIn(each) !== peerId)
      if (others.length >= BLOCKED_MAX) throw tooMany()
      return [...others, name]
    })
  }

  async #block(account: string): Promise<void> {
    await this.#client.call('blocks.add', { account })
    await this.#people.refresh()
  }
}

/** The value holds names that were checked before they came in. */
const peerIdIn = (name: string): string => (name.startsWith('did:') ? peerIdOf(name) : name)

const tooMany = (): Refusal => new Refusal(500, `At most ${BLOCKED_MAX} people can be blocked here.`)
