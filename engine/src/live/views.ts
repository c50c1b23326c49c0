/** What the lists show: conversations, contacts, requests, network. Conversation rows are cached until touched. */
import { parseUtf8, toHex } from '@parley/core'
import type { Block, Contact, ContactRequest, Conversation, Me, Network, Presence, Profile } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { viewEntries } from '../conversation/view.ts'
import type { ConversationService } from '../conversation/service.ts'
import {
  allContacts,
  contactByAccount,
  displayName,
  isBlockedAccount,
  pendingRequests,
  type ContactRow,
} from '../store/contacts.ts'
import { viewWaiting } from '../mailbox/view.ts'
import type { StorageKind } from '../ports/block-storage.ts'
import { devicesOf } from '../store/devices.ts'
import { firstUnread, tilesBefore, unpostedCount, unreadCount } from '../store/entries.ts'
import { outboxContents } from '../store/outbox.ts'
import { numberOf, optionalBytes, textOf } from '../store/rows.ts'

type StoredPart = Omit<Conversation, 'isConnected' | 'typing' | 'lastHeardAt' | 'presence'>

/** What others say of themselves, for the rows of the lists. */
export interface ShownPeople {
  readonly profile: (account: string) => Profile | undefined
  readonly presence: (contact: ContactRow, isBlocked: boolean) => Presence
}

/** How far the node reaches, for the view of the network. */
export interface ReachView {
  view(): Pick<
    Network,
    'reach' | 'isReachChosen' | 'isReachFixed' | 'reachability' | 'portMapping' | 'infrastructure' | 'offeredPushNodes'
  >
}

export interface ShownBeside {
  readonly people: ShownPeople
  readonly reach: ReachView
  readonly storage: StorageKind | undefined
}

export const draftPlace = (conversation: string): string => `conversations/${conversation}/draft`

export class Views {
  readonly #context: () => Context
  readonly #service: ConversationService
  readonly #storage: StorageKind | undefined
  readonly #people: ShownPeople
  readonly #reach: ReachView
  readonly #conversations = new Map<string, StoredPart>()

  constructor(context: () => Context, service: ConversationService, { people, reach, storage }: ShownBeside) {
    this.#reach = reach
    this.#people = people
    this.#context = context
    this.#service = service
    this.#storage = storage
  }

  forget(conversations: Iterable<string>): void {
    for (const id of conversations) this.#conversations.delete(id)
  }

  forgetAll(): void {
    this.#conversations.clear()
  }

  me(): Me {
    const { self, settings, sessions, vault } = this.#context()
    const { name, sendsTyping, sendsReadReceipts, presence, isRecoveryPhraseConfirmed, createdAt } = settings.current
    return {
      account: self.account,
      peerId: self.peerId,
      name,
      addresses: [...sessions.status.addresses],
      settings: { sendsTyping, sendsReadReceipts, presence },
      hasPassphrase: vault.hasPassphrase,
      isRecoveryPhraseConfirmed,
      createdAt,
    }
  }

  conversations(): Conversation[] {
    const rows = allContacts(this.#context().store).map((contact) => this.conversation(contact))
    return rows.sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1))
  }

  conversation(contact: ContactRow): Conversation {
    const { sessions, store } = this.#context()
    const id = contact.conversation
    const known = this.#conversations.get(id) ?? this.#read(contact)
    this.#conversations.set(id, known)
    const heard = devicesOf(store, contact.account).flatMap(({ lastHeardAt }) => lastHeardAt ?? [])
    return {
      ...known,
      isConnected: sessions.ofAccount(contact.account).length > 0,
      presence: this.#people.presence(contact, known.status === 'blocked'),
      typing: [...this.#service.typingIn(id)],
      ...(heard.length === 0 ? {} : { lastHeardAt: Math.max(...heard) }),
    }
  }

  #read(contact: ContactRow): StoredPart {
    const context = this.#context()
    const { store, vault } = context
    const { conversation: id, account } = contact
    const row = store.all('SELECT draft_sealed, updated_at FROM conversations WHERE id = ?', [id])[0] ?? {}
    const draft = optionalBytes(row, 'draft_sealed')
    const [last] = viewEntries(context, tilesBefore(store, id, undefined, 1))
    const unread = unreadCount(store, id)
    const first = unread === 0 ? undefined : firstUnread(store, id)
    return {
      id,
      kind: 'direct',
      account,
      name: displayName(contact),
      ...this.#shown(account),
      status: isBlockedAccount(store, account) ? 'blocked' : contact.status,
      unread,
      draft: draft === undefined ? '' : (parseUtf8(vault.open(draftPlace(id), draft)) ?? ''),
      updatedAt: numberOf(row, 'updated_at'),
      ...(last === undefined ? {} : { lastMessage: last }),
      ...(first === undefined ? {} : { firstUnread: toHex(first) }),
    }
  }

  /** Empty while none is known. */
  #shown(account: string): Pick<Contact, 'handle' | 'location' | 'avatar'> {
    const profile = this.#people.profile(account)
    const { handle = '', location = '', avatar } = profile ?? {}
    return { handle, location, ...(avatar === undefined ? {} : { avatar }) }
  }

  contacts(): Contact[] {
    return allContacts(this.#context().store).map((contact) => this.contact(contact))
  }

  /** The newest first. */
  blocks(): Block[] {
    const { store } = this.#context()
    return store.all('SELECT account, created_at FROM blocks ORDER BY created_at DESC, account').map((row) => {
      const account = textOf(row, 'account')
      const contact = contactByAccount(store, account)
      const name = contact === undefined ? (this.#people.profile(account)?.name ?? '') : displayName(contact)
      return { account, name, blockedAt: numberOf(row, 'created_at') }
    })
  }

  contact(contact: ContactRow): Contact {
    const { store, sessions } = this.#context()
    const connected = new Set(sessions.ofAccount(contact.account).map(({ peerId }) => peerId))
    return {
      account: contact.account,
      name: displayName(contact),
      claimedName: contact.claimedName,
      ...this.#shown(contact.account),
      conversation: contact.conversation,
      status: isBlockedAccount(store, contact.account) ? 'blocked' : contact.status,
      isVerified: contact.isVerified,
      devices: devicesOf(store, contact.account).map(({ peerId, addedAt }) => ({
        peerId,
        addedAt,
        isConnected: connected.has(peerId),
      })),
    }
  }

  requests(): ContactRequest[] {
    const { store, vault } = this.#context()
    return pendingRequests(store).map(({ id, account, name, textSealed, receivedAt }) => ({
      id,
      account,
      name,
      text: parseUtf8(vault.open(`requests/${id}/text`, textSealed)) ?? '',
      receivedAt,
    }))
  }

  network(): Network {
    const { sessions, store } = this.#context()
    const { transport, isListening, addresses, relayReasons } = sessions.status
    const contacts = new Map(allContacts(store).map((contact) => [contact.account, contact]))
    const pages = numberOf(store.all('PRAGMA page_count')[0] ?? {}, 'page_count')
    const pageBytes = numberOf(store.all('PRAGMA page_size')[0] ?? {}, 'page_size')
    return {
      transport,
      isListening,
      addresses: [...addresses],
      ...this.#reach.view(),
      peers: sessions.open.flatMap(({ account, peerId, link, openedAt }) => {
        const contact = account === undefined ? undefined : contacts.get(account)
        if (account === undefined || contact === undefined) return []
        const path = link.isRelayed ? ('relayed' as const) : ('direct' as const)
        const relayReason = link.isRelayed ? relayReasons?.get(peerId) : undefined
        const seen = { account, name: displayName(contact), peerId, path, connectedAt: openedAt }
        return [relayReason === undefined ? seen : { ...seen, relayReason }]
      }),
      waitingMessages: outboxContents(store) + unpostedCount(store),
      waiting: viewWaiting(this.#context()),
      ...(this.#storage === undefined ? {} : { storage: this.#storage }),
      storedBytes: pages * pageBytes,
    }
  }
}
