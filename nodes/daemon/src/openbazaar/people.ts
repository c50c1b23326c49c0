/** Who is behind a peer id: contacts, people who ask, and those whose profile is known here. Spec: OBG-7. */
import type { ApiClient, Contact, ContactRequest, LiveQuery, Me, Profile } from '@parley/engine'
import { isPeerId, peerIdOf } from './names.ts'

export type Person =
  | { readonly type: 'self'; readonly peerId: string; readonly account: string }
  | { readonly type: 'contact'; readonly peerId: string; readonly account: string; readonly contact: Contact }
  | { readonly type: 'request'; readonly peerId: string; readonly account: string; readonly request: ContactRequest }
  /** Not in contact. */
  | { readonly type: 'known'; readonly peerId: string; readonly account: string; readonly profile: Profile }

export class People implements Disposable {
  readonly account: string
  readonly peerId: string
  readonly #client: ApiClient
  readonly #contactsLive: LiveQuery<Contact[]>
  readonly #requestsLive: LiveQuery<ContactRequest[]>
  readonly #contactsByPeer = new Map<string, Contact>()
  readonly #contactsByConversation = new Map<string, Contact>()
  readonly #requestsByPeer = new Map<string, ContactRequest>()
  readonly #changed = new Set<() => void>()

  constructor(client: ApiClient, { account }: Me) {
    this.#client = client
    this.account = account
    this.peerId = peerIdOf(account)
    this.#contactsLive = client.live('contacts.list', {})
    this.#requestsLive = client.live('requests.list', {})
    this.#contactsLive.subscribe(() => this.#adopt(this.#contactsLive.peek(), undefined))
    this.#requestsLive.subscribe(() => this.#adopt(undefined, this.#requestsLive.peek()))
  }

  /** Asks for everybody now, rather than hearing of changes a moment later. */
  async refresh(): Promise<void> {
    const [contacts, requests] = await Promise.all([
      this.#client.call('contacts.list', {}),
      this.#client.call('requests.list', {}),
    ])
    this.#adopt(contacts, requests)
  }

  /** Called after contacts or requests changed. @returns the function that ends it. */
  onChanged(changed: () => void): () => void {
    this.#changed.add(changed)
    return () => void this.#changed.delete(changed)
  }

  get contacts(): Iterable<Contact> {
    return this.#contactsByPeer.values()
  }

  get requests(): Iterable<readonly [peerId: string, request: ContactRequest]> {
    return this.#requestsByPeer
  }

  /** Of those in contact or asking for it; as of a moment ago. */
  near(peerId: string): Person | undefined {
    if (peerId === this.peerId) return { type: 'self', peerId, account: this.account }
    const contact = this.#contactsByPeer.get(peerId)
    if (contact !== undefined) return { type: 'contact', peerId, account: contact.account, contact }
    const request = this.#requestsByPeer.get(peerId)
    return request === undefined ? undefined : { type: 'request', peerId, account: request.account, request }
  }

  /** Anybody known here. `undefined` for strangers and for what is no peer id. */
  async find(peerId: string): Promise<Person | undefined> {
    const near = this.near(peerId)
    if (near !== undefined || !isPeerId(peerId)) return near
    await this.refresh()
    const [answers, found] = [await this.#client.call('profiles.cached', { ids: [peerId] }), this.near(peerId)]
    if (found !== undefined) return found
    const profile = answers.find(({ id }) => id === peerId)?.profile
    return profile === undefined ? undefined : { type: 'known', peerId, account: profile.account, profile }
  }

  /** The contact on the other side; `undefined` for a conversation that is not here. */
  async contactOf(conversation: string): Promise<Contact | undefined> {
    if (!this.#contactsByConversation.has(conversation)) await this.refresh()
    return this.#contactsByConversation.get(conversation)
  }

  #adopt(contacts: readonly Contact[] | undefined, requests: readonly ContactRequest[] | undefined): void {
    if (contacts !== undefined) {
      this.#contactsByPeer.clear()
      this.#contactsByConversation.clear()
      for (const contact of contacts) {
        this.#contactsByPeer.set(peerIdOf(contact.account), contact)
        this.#contactsByConversation.set(contact.conversation, contact)
      }
    }
    if (requests !== undefined) {
      this.#requestsByPeer.clear()
      for (const request of requests) this.#requestsByPeer.set(peerIdOf(request.account), request)
    }
    for (const changed of this.#changed) changed()
  }

  [Symbol.dispose](): void {
    this.#changed.clear()
    this.#contactsLive.dispose()
    this.#requestsLive.dispose()
  }
}
