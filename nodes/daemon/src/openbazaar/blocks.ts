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
  /** Who was blocked here before an account was known under the peer id; the engine has all others. */
  readonly #strangers: KeptValue<readonly string[]>

  constructor(client: ApiClient, people: People) {
    this.#client = client
    this.#people = people
    this.#strangers = new KeptValue(client, 'openbazaar/blocked', readTexts)
  }

  /** Everybody who is blocked, wherever that was said. */
  async list(): Promise<readonly string[]> {
    const blocked = await this.#client.call('blocks.list', {})
    const peers = blocked.map(({ account }) => peerIdOf(account))
    return [...new Set([...peers, ...(await this.#unknown())])]
  }

  async isBlocked(peerId: string): Promise<boolean> {
    const person = this.#people.near(peerId)
    if (person?.type === 'contact') return person.contact.status === 'blocked'
    return (await this.list()).includes(peerId)
  }

  async #unknown(): Promise<readonly string[]> {
    return (await this.#strangers.get()).filter(isPeerId)
  }

  /** Nothing of them comes in any more when this resolves. @throws Refusal for what is no peer id, and above BLOCKED_MAX. */
  async add(peerId: string): Promise<void> {
    if (!isPeerId(peerId) || peerId === this.#people.peerId) throw notAPeer()
    const person = await this.#people.find(peerId)
    if (person?.type !== 'contact') await this.#assertRoom(peerId)
    if (person === undefined) await this.#remember(peerId)
    else await this.#block(person.account)
  }

  async remove(peerId: string): Promise<void> {
    if (!isPeerId(peerId)) throw notAPeer()
    const blocked = await this.#client.call('blocks.list', {})
    const found = blocked.find(({ account }) => peerIdOf(account) === peerId)
    if (found !== undefined) await this.#client.call('blocks.remove', { account: found.account })
    await this.#forget(peerId)
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
    const blocked = new Set(await this.#unknown())
    if (blocked.size === 0) return
    for (const [peerId, { account }] of [...this.#people.requests]) {
      if (!blocked.has(peerId)) continue
      // In this order, so that there is no moment without either.
      await this.#block(account)
      await this.#forget(peerId)
    }
  }

  /** @throws Refusal above BLOCKED_MAX. */
  async #assertRoom(peerId: string): Promise<void> {
    const held = await this.list()
    if (held.length >= BLOCKED_MAX && !held.includes(peerId)) throw tooMany()
  }

  async #remember(peerId: string): Promise<void> {
    await this.#strangers.update((all) => (all.includes(peerId) ? all : [...all, peerId]))
  }

  async #forget(peerId: string): Promise<void> {
    await this.#strangers.update((all) => (all.includes(peerId) ? all.filter((each) => each !== peerId) : all))
  }

  async #block(account: string): Promise<void> {
    await this.#client.call('blocks.add', { account })
    await this.#people.refresh()
  }
}

const tooMany = (): Refusal => new Refusal(500, `At most ${BLOCKED_MAX} people can be blocked here.`)
