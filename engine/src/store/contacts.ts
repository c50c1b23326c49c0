/** People: contacts, blocks, requests. */
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, flagOf, numberOf, optionalBytes, optionalNumber, textOf } from './rows.ts'

/** invited: we asked and wait. active: the conversation has a group. */
export type ContactStatus = 'invited' | 'active'

export interface ContactRow {
  readonly account: string
  readonly conversation: string
  readonly status: ContactStatus
  readonly claimedName: string
  readonly givenName: string
  readonly isVerified: boolean
  /** What the request needs, sealed; kept until the contact is active. */
  readonly inviteSealed: Uint8Array | undefined
  /** The request is in the outbox or has been delivered. */
  readonly isRequested: boolean
  readonly createdAt: number
  /** When they were last at it, as they said; absent while they do not say. Written by {@link savePresence} alone. */
  readonly presenceSeenAt?: number | undefined
}

export function saveContact(store: StorePort, contact: ContactRow): void {
  store.run(
    `INSERT INTO contacts
       (account, conversation, status, claimed_name, given_name, is_verified, invite_sealed, is_requested, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET status = excluded.status, claimed_name = excluded.claimed_name,
       given_name = excluded.given_name, is_verified = excluded.is_verified, invite_sealed = excluded.invite_sealed,
       is_requested = excluded.is_requested`,
    [
      contact.account,
      contact.conversation,
      contact.status,
      contact.claimedName,
      contact.givenName,
      contact.isVerified ? 1 : 0,
      contact.inviteSealed ?? null,
      contact.isRequested ? 1 : 0,
      contact.createdAt,
    ],
  )
}

/** `undefined`: they do not say any more. Inside a transaction. PRS-4 */
export function savePresence(store: StorePort, account: string, seenAt: number | undefined): void {
  store.run('UPDATE contacts SET presence_seen_at = ? WHERE account = ?', [seenAt ?? null, account])
}

/** The name that a contact gives itself now. @returns false when it is the same. Inside a transaction. */
export const renameClaimed = (store: StorePort, account: string, name: string): boolean =>
  store.run('UPDATE contacts SET claimed_name = ? WHERE account = ? AND claimed_name <> ?', [name, account, name]) === 1

/** The request of this contact never counted: it is to be made again. */
export function unrequest(store: StorePort, conversation: string): void {
  store.run("UPDATE contacts SET is_requested = 0 WHERE conversation = ? AND status = 'invited'", [conversation])
}

export function contactByAccount(store: StorePort, account: string): ContactRow | undefined {
  const row = store.all('SELECT * FROM contacts WHERE account = ?', [account])[0]
  return row === undefined ? undefined : readContact(row)
}

export function contactByConversation(store: StorePort, conversation: string): ContactRow | undefined {
  const row = store.all('SELECT * FROM contacts WHERE conversation = ?', [conversation])[0]
  return row === undefined ? undefined : readContact(row)
}

export const allContacts = (store: StorePort): readonly ContactRow[] =>
  store.all('SELECT * FROM contacts ORDER BY created_at, account').map(readContact)

export const displayName = (contact: ContactRow): string => contact.givenName || contact.claimedName

/** The account that must answer when we dial this device; undefined for devices that we do not know. */
export function expectedAccount(store: StorePort, peerId: string): string | undefined {
  const row = store.all('SELECT account FROM devices WHERE peer_id = ?', [peerId])[0]
  return row === undefined ? undefined : textOf(row, 'account')
}

export const isBlockedAccount = (store: StorePort, account: string): boolean =>
  store.all('SELECT 1 AS found FROM blocks WHERE account = ?', [account]).length === 1

export interface RequestRow {
  readonly id: string
  readonly account: string
  readonly peerId: string
  readonly name: string
  readonly textSealed: Uint8Array
  readonly bundle: Uint8Array
  readonly isDeclined: boolean
  readonly receivedAt: number
}

/** A newer request of the same account takes the place of the older one. */
export function saveRequest(store: StorePort, request: RequestRow): void {
  store.run('DELETE FROM requests WHERE account = ?', [request.account])
  store.run(
    `INSERT INTO requests (id, account, peer_id, name, text_sealed, bundle, is_declined, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      request.id,
      request.account,
      request.peerId,
      request.name,
      request.textSealed,
      request.bundle,
      request.isDeclined ? 1 : 0,
      request.receivedAt,
    ],
  )
}

export function requestById(store: StorePort, id: string): RequestRow | undefined {
  const row = store.all('SELECT * FROM requests WHERE id = ? AND is_declined = 0', [id])[0]
  return row === undefined ? undefined : readRequest(row)
}

export function requestOfAccount(store: StorePort, account: string): RequestRow | undefined {
  const row = store.all('SELECT * FROM requests WHERE account = ?', [account])[0]
  return row === undefined ? undefined : readRequest(row)
}

export const pendingRequests = (store: StorePort): readonly RequestRow[] =>
  store.all('SELECT * FROM requests WHERE is_declined = 0 ORDER BY received_at DESC').map(readRequest)

/** Keeps the newest `limit` pending requests. */
export function trimRequests(store: StorePort, limit: number): number {
  return store.run(
    `DELETE FROM requests WHERE is_declined = 0 AND id NOT IN
       (SELECT id FROM requests WHERE is_declined = 0 ORDER BY received_at DESC LIMIT ?)`,
    [limit],
  )
}

function readContact(row: SqlRow): ContactRow {
  return {
    account: textOf(row, 'account'),
    conversation: textOf(row, 'conversation'),
    status: textOf(row, 'status') === 'active' ? 'active' : 'invited',
    claimedName: textOf(row, 'claimed_name'),
    givenName: textOf(row, 'given_name'),
    isVerified: flagOf(row, 'is_verified'),
    inviteSealed: optionalBytes(row, 'invite_sealed'),
    isRequested: flagOf(row, 'is_requested'),
    createdAt: numberOf(row, 'created_at'),
    presenceSeenAt: optionalNumber(row, 'presence_seen_at'),
  }
}

function readRequest(row: SqlRow): RequestRow {
  return {
    id: textOf(row, 'id'),
    account: textOf(row, 'account'),
    peerId: textOf(row, 'peer_id'),
    name: textOf(row, 'name'),
    textSealed: bytesOf(row, 'text_sealed'),
    bundle: bytesOf(row, 'bundle'),
    isDeclined: flagOf(row, 'is_declined'),
    receivedAt: numberOf(row, 'received_at'),
  }
}
