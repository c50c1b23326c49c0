/** Invite links: made, listed, revoked, and recognised when somebody comes with one. Spec: FST-6…FST-9. */
import {
  encodeInvite,
  INVITE_LIFETIME_MS,
  INVITE_SECRET_BYTES,
  inviteId,
  inviteTranscript,
  isInviteProof,
  parseUtf8,
  readInvite,
  toHex,
  utf8,
  widestScope,
  WAITING_LIFETIME_MS,
  type ContactRequestBody,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Invite } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { bytesOf, numberOf, textOf } from '../store/rows.ts'
import { peerOfAddress, pushNodesAmong } from '../mailbox/places.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'

/** Links that work at the same time. */
const INVITES_MAX = 256
const place = (id: string, column: 'secret' | 'link') => `invites/${id}/${column}`

export const createInvite = (context: Context, now: number): Apply<Invite> => {
  const { invite, save } = prepareInvite(context, now)
  return (commit) => {
    save(commit)
    return invite
  }
}

/** An invite whose link is known before it works: from the commit of `save` on. */
export function prepareInvite(
  context: Context,
  now: number,
): { readonly invite: Invite; readonly save: (commit: Commit) => void } {
  const { store, vault, random, self } = context
  const secret = random(INVITE_SECRET_BYTES)
  const expiresAt = now + INVITE_LIFETIME_MS
  const encoded = encodeInvite({
    account: self.account,
    devices: [{ deviceKey: self.deviceKey, addresses: context.sessions.status.addresses }],
    secret,
    expiresAt,
  })
  if (!encoded.ok) throw new EngineError('INTERNAL', `own invite is ${encoded.reason}`)
  const { link } = encoded.value
  const id = toHex(inviteId(secret))
  const save = (commit: Commit) => {
    store.run('DELETE FROM invites WHERE expires_at <= ?', [now - WAITING_LIFETIME_MS])
    store.run('DELETE FROM invites WHERE id NOT IN (SELECT id FROM invites ORDER BY created_at DESC LIMIT ?)', [
      INVITES_MAX - 1,
    ])
    store.run('INSERT INTO invites (id, secret_sealed, link_sealed, created_at, expires_at) VALUES (?, ?, ?, ?, ?)', [
      id,
      vault.seal(place(id, 'secret'), secret),
      vault.seal(place(id, 'link'), utf8(link)),
      now,
      expiresAt,
    ])
    commit.touch('invites')
  }
  return { invite: { id, link, createdAt: now, expiresAt, worksOn: worksOn(link) }, save }
}

export function listInvites({ store, vault, clock }: Context): Invite[] {
  const rows = store.all('SELECT * FROM invites WHERE expires_at > ? ORDER BY created_at DESC', [clock.now()])
  return rows.map((row) => {
    const id = textOf(row, 'id')
    const link = parseUtf8(vault.open(place(id, 'link'), bytesOf(row, 'link_sealed'))) ?? ''
    return {
      id,
      link,
      createdAt: numberOf(row, 'created_at'),
      expiresAt: numberOf(row, 'expires_at'),
      worksOn: worksOn(link),
    }
  })
}

/**
 * Links that are passed on from now on lead to where we are now: same secret, same end, other addresses. Push nodes that
 * are out of reach for a moment stay in. Inside a transaction.
 */
export function refreshInvites(context: Context, commit: Commit): void {
  const { store, vault, clock, self, sessions } = context
  const { addresses, infrastructure } = sessions.status
  const used = new Set(infrastructure.map(({ peerId }) => peerId))
  const rows = store.all('SELECT * FROM invites WHERE expires_at > ?', [clock.now()])
  for (const row of rows) {
    const id = textOf(row, 'id')
    const before = parseUtf8(vault.open(place(id, 'link'), bytesOf(row, 'link_sealed'))) ?? ''
    const known = readInvite(before)
    const former = known.ok ? known.value.devices.flatMap((device) => device.addresses) : []
    const kept = former.filter((address) => pushNodesAmong([address]).some((node) => used.has(peerOfAddress(node))))
    const encoded = encodeInvite({
      account: self.account,
      devices: [{ deviceKey: self.deviceKey, addresses: [...new Set([...addresses, ...kept])] }],
      secret: vault.open(place(id, 'secret'), bytesOf(row, 'secret_sealed')),
      expiresAt: numberOf(row, 'expires_at'),
    })
    if (!encoded.ok || encoded.value.link === before) continue
    const sealed = vault.seal(place(id, 'link'), utf8(encoded.value.link))
    store.run('UPDATE invites SET link_sealed = ? WHERE id = ?', [sealed, id])
    commit.touch('invites')
  }
}

/** How far the addresses in a link carry; one that cannot be read works nowhere else. */
function worksOn(link: string): Invite['worksOn'] {
  const invite = readInvite(link)
  return invite.ok ? widestScope(invite.value.devices.flatMap(({ addresses }) => addresses)) : 'computer'
}

/** Ids and secrets of the invites that work now. */
export function inviteSecrets({ store, vault }: Context, now: number): ReadonlyMap<string, Uint8Array> {
  const rows = store.all('SELECT id, secret_sealed FROM invites WHERE expires_at > ?', [now])
  return new Map(
    rows.map((row) => {
      const id = textOf(row, 'id')
      return [id, vault.open(place(id, 'secret'), bytesOf(row, 'secret_sealed'))] as const
    }),
  )
}

export function revokeInvite({ store }: Context, id: string): Apply<null> {
  return (commit) => {
    if (store.run('DELETE FROM invites WHERE id = ?', [id]) === 0) throw new EngineError('INVITE_NOT_FOUND')
    commit.touch('invites')
    return null
  }
}

/**
 * True when the requester holds the secret of an invite of ours that worked when the request was sealed; it may have
 * waited WAITING_LIFETIME_MS since.
 */
export function isInvited(
  { store, vault, self }: Context,
  body: ContactRequestBody,
  requester: { readonly account: string; readonly deviceKey: Uint8Array },
  sentAt: number,
): boolean {
  const id = toHex(body.inviteId)
  const row = store.all('SELECT secret_sealed FROM invites WHERE id = ? AND expires_at > ?', [id, sentAt])[0]
  if (row === undefined) return false
  const transcript = inviteTranscript({
    inviter: self.account,
    requester: requester.account,
    requesterDevice: requester.deviceKey,
  })
  return isInviteProof(vault.open(place(id, 'secret'), bytesOf(row, 'secret_sealed')), transcript, body.inviteProof)
}
