/** Incoming sealed envelopes: requests for contact, and the Welcome that answers ours. Spec: FST-11…FST-22. */
import {
  CONTACT_REQUEST,
  CONTACT_WELCOME,
  directConversationId,
  openSealed,
  parseContactRequest,
  parseContactWelcome,
  parseBase64url,
  equalBytes,
  logInception,
  peerIdOfKey,
  REQUESTS_PENDING_MAX,
  sanitizeText,
  toHex,
  utf8,
  verifyDeviceBundle,
  type DeviceBundle,
  type OpenedSealed,
} from '@parley/core'
import { inboxKeys } from '../account/bundle.ts'
import { EngineError } from '../api/errors.ts'
import type { Context } from '../context.ts'
import { ACKNOWLEDGED, type Received } from '../conversation/receive.ts'
import { sealSelfUpdate, post } from '../conversation/seal.ts'
import {
  contactByAccount,
  isBlockedAccount,
  requestOfAccount,
  saveContact,
  saveRequest,
  trimRequests,
  type ContactRow,
} from '../store/contacts.ts'
import { deviceByPeer, saveDevice } from '../store/devices.ts'
import { deleteRequests } from '../store/outbox.ts'
import { hasProfile } from '../store/profiles.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'
import { joinDirectGroup, startGroup } from './groups.ts'
import { isInvited } from './invites.ts'

export interface ContactEvents {
  /** The conversation has a group now: what waited can be sealed. */
  activated(commit: Commit, conversation: string): void
}

export interface ReceivedSealed extends Received {
  /** The account whose Welcome this was. */
  readonly welcomedBy?: string
}

/** Looks the same to the sender whatever we think of it. */
export async function receiveSealed(
  context: Context,
  events: ContactEvents,
  bytes: Uint8Array,
  now: number,
): Promise<ReceivedSealed> {
  const { self, crypto, store, log } = context
  const owner = { account: self.account, deviceKey: self.deviceKey, inboxKeys: await inboxKeys(context) }
  const opened = await openSealed({ crypto }, owner, bytes, now)
  if (!opened.ok) {
    log.log('info', 'sealed envelope ignored', { reason: opened.reason })
    // One of the two clocks is wrong and will be right one day: the sender must not believe that this arrived.
    return opened.reason === 'from-future'
      ? { outcome: { type: 'refuse', reason: 'from-future' }, apply: () => undefined }
      : ACKNOWLEDGED
  }
  const { sender, encHash } = opened.value
  const isSeen = store.all('SELECT 1 AS found FROM seen_seals WHERE hash = ?', [encHash]).length > 0
  if (isSeen || isBlockedAccount(store, sender.account) || sender.account === self.account) return ACKNOWLEDGED
  const apply = await applyOf(context, events, opened.value, now)
  return {
    outcome: { type: 'acknowledge' },
    ...(opened.value.type === CONTACT_WELCOME ? { welcomedBy: sender.account } : {}),
    apply: (commit) => {
      store.run('INSERT OR IGNORE INTO seen_seals (hash, expires_at) VALUES (?, ?)', [encHash, opened.value.expiresAt])
      apply?.(commit)
    },
  }
}

function applyOf(context: Context, events: ContactEvents, opened: OpenedSealed, now: number) {
  if (opened.type === CONTACT_REQUEST) return onRequest(context, events, opened, now)
  if (opened.type === CONTACT_WELCOME) return onWelcome(context, events, opened, now)
  return undefined
}

async function onRequest(
  context: Context,
  events: ContactEvents,
  opened: OpenedSealed,
  now: number,
): Promise<Apply<void> | undefined> {
  const { store, crypto, log } = context
  const { account, certificate } = opened.sender
  const body = parseContactRequest(opened.body)
  const bundle = body === undefined ? undefined : await verifyDeviceBundle(crypto, body.bundle, opened.sentAt)
  if (body === undefined || !bundle?.ok || !equalBytes(bundle.value.deviceKey, certificate.deviceKey)) {
    log.log('info', 'request ignored: malformed')
    return undefined
  }
  const contact = contactByAccount(store, account)
  // We asked them too, or they lost their side of a contact: both are a yes. When two ask each other at once, both make
  // a group, and both come to use the same one. CNV-11
  if (contact !== undefined) {
    const activation = { contact, bundle: bundle.value, now, judgedAt: opened.sentAt }
    return activate(context, events, activation).catch((error: unknown) => {
      // Their key package is of no use, which is for them to mend: the envelope was read and says nothing more.
      if (!(error instanceof EngineError) || error.code !== 'REQUEST_EXPIRED') throw error
      log.log('info', 'request ignored: no usable key package')
      return undefined
    })
  }
  const isWelcome = isInvited(context, body, { account, deviceKey: certificate.deviceKey }, opened.sentAt)
  if (!isWelcome || requestOfAccount(store, account)?.isDeclined === true) {
    log.log('info', 'request ignored: not invited')
    return undefined
  }
  const id = toHex(opened.encHash).slice(0, 32)
  return (commit) => {
    saveRequest(store, {
      id,
      account,
      peerId: peerIdOfKey(certificate.deviceKey),
      name: bundle.value.claimedName,
      textSealed: context.vault.seal(`requests/${id}/text`, utf8(sanitizeText(body.text))),
      bundle: bundle.value.bytes,
      isDeclined: false,
      receivedAt: now,
    })
    trimRequests(store, REQUESTS_PENDING_MAX)
    commit.touch('requests')
  }
}

interface Activation {
  readonly contact: ContactRow
  readonly bundle: DeviceBundle
  readonly now: number
  /** When their keys have to be good. */
  readonly judgedAt: number
}

/** Makes the group and turns the contact active. */
export async function activate(
  context: Context,
  events: ContactEvents,
  { contact, bundle, now, judgedAt }: Activation,
): Promise<Apply<void>> {
  const start = await startGroup(context, contact.conversation, bundle, { now, judgedAt })
  return (commit) => {
    rememberDevice(context, commit, bundle, now)
    start(commit)
    becomeActive(context, commit, contact, bundle.claimedName)
    events.activated(commit, contact.conversation)
  }
}

async function onWelcome(
  context: Context,
  events: ContactEvents,
  opened: OpenedSealed,
  now: number,
): Promise<Apply<void> | undefined> {
  const { store, crypto, log } = context
  const { account, certificate } = opened.sender
  const contact = contactByAccount(store, account)
  const body = parseContactWelcome(opened.body)
  const bundle = body === undefined ? undefined : await verifyDeviceBundle(crypto, body.bundle, opened.sentAt)
  const conversation = directConversationId(context.self.account, account)
  const isOurs =
    body !== undefined &&
    bundle?.ok === true &&
    equalBytes(bundle.value.deviceKey, certificate.deviceKey) &&
    equalBytes(parseBase64url(conversation) ?? new Uint8Array(0), body.conversation)
  if (contact === undefined || !isOurs) {
    log.log('info', 'welcome ignored: nobody we asked')
    return undefined
  }
  const joined = await joinDirectGroup(context, conversation, body, account, now)
  if (joined === undefined) {
    log.log('warn', 'welcome ignored: it does not fit a key package of ours')
    return undefined
  }
  // RFC 9420 §16.8: a last-resort key package may have been used before, so this leaf gets fresh keys at once.
  const update = joined.isLastResort ? [await sealSelfUpdate(context, conversation, now)] : []
  return (commit) => {
    joined.apply(commit)
    rememberDevice(context, commit, bundle.value, now)
    becomeActive(context, commit, contact, bundle.value.claimedName)
    // A request that came by way of others has no other answer than this.
    if (deleteRequests(store, conversation)) commit.release()
    post(context, commit, update, { kind: 'commit', conversation, message: undefined, createdAt: now })
    events.activated(commit, conversation)
  }
}

function becomeActive(context: Context, commit: Commit, contact: ContactRow, claimedName: string): void {
  saveContact(context.store, {
    ...contact,
    status: 'active',
    claimedName: claimedNameOf(context, contact, claimedName),
    inviteSealed: undefined,
    isRequested: true,
  })
  context.store.run('DELETE FROM requests WHERE account = ?', [contact.account])
  commit.touch('contacts')
  commit.touch('requests')
  commit.touchConversation(contact.conversation)
}

/** Their profile says it once one is known; until then their newest bundle. PFX-6 */
export const claimedNameOf = (context: Context, { account, claimedName }: ContactRow, ofBundle: string): string =>
  (claimedName !== '' && hasProfile(context.store, account)) || ofBundle === '' ? claimedName : ofBundle

/** Stores a verified bundle of a device, unless an equal or newer one is held. */
export function rememberDevice(context: Context, commit: Commit, bundle: DeviceBundle, now: number): void {
  const peerId = peerIdOfKey(bundle.deviceKey)
  const held = deviceByPeer(context.store, peerId)
  if (held !== undefined && held.bundleSequence >= bundle.sequence && held.bundle !== undefined) return
  saveDevice(context.store, {
    peerId,
    account: bundle.account,
    addresses: bundle.addresses.length > 0 ? bundle.addresses : (held?.addresses ?? []),
    bundle: bundle.bytes,
    bundleSequence: bundle.sequence,
    inception: logInception(bundle.log),
    addedAt: held?.addedAt ?? now,
    lastHeardAt: now,
  })
  commit.touch('contacts')
}
