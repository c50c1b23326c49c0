/** First contact from our side: follow an invite, ask, answer those who ask, block. Spec: FST-17…FST-24. */
import {
  CONTACT_REQUEST,
  countLetters,
  directConversationId,
  encodeContactRequest,
  inviteId,
  inviteProof,
  inviteTranscript,
  parseInvite,
  parseUtf8,
  peerIdOfKey,
  REQUEST_TEXT_LETTERS_MAX,
  SEALED_LIFETIME_MS,
  sealTo,
  utf8,
  verifyDeviceBundle,
  type Invite,
} from '@parley/core'
import { prepareBundle } from '../account/bundle.ts'
import { EngineError, type ErrorCode } from '../api/errors.ts'
import type { Context } from '../context.ts'
import { compose } from '../conversation/compose.ts'
import type { Session } from '../links/session.ts'
import {
  contactByAccount,
  isBlockedAccount,
  requestById,
  requestOfAccount,
  saveContact,
  type ContactRow,
} from '../store/contacts.ts'
import { deviceByPeer, devicesOf, saveDevice } from '../store/devices.ts'
import { insertOutbox } from '../store/outbox.ts'
import type { Apply } from '../turn/turns.ts'
import { emptyConversation, insertConversation } from './groups.ts'
import { activate, claimedNameOf, rememberDevice, type ContactEvents } from './requests.ts'

const invitePlace = (account: string) => `contacts/${account}/invite`

const INVITE_ERRORS: Readonly<Record<string, ErrorCode>> = { expired: 'INVITE_EXPIRED' }

/**
 * Remembers whom an invite leads to and starts reaching for them. The words of `text` are the first message of the
 * conversation and are shown with the request; both wait here until they can be delivered. Whoever asked us before, and
 * was not answered or declined, is accepted by this. A contact whose invite names devices that we do not know has lost
 * the others: they are asked again. FST-20
 * @throws EngineError `INVITE_MALFORMED`, `INVITE_EXPIRED`, `INVITE_IS_OWN`, `CONTACT_BLOCKED`, `TEXT_TOO_LONG`.
 */
export async function addContact(
  context: Context,
  events: ContactEvents,
  { link, text }: { readonly link: string; readonly text: string | undefined },
  now: number,
): Promise<Apply<string>> {
  const { store, vault, self } = context
  if (text !== undefined && countLetters(text) > REQUEST_TEXT_LETTERS_MAX) throw new EngineError('TEXT_TOO_LONG')
  const parsed = parseInvite(link, now)
  if (!parsed.ok)
    throw new EngineError(INVITE_ERRORS[parsed.reason] ?? 'INVITE_MALFORMED', `invite is ${parsed.reason}`)
  const invite = parsed.value
  const { account } = invite
  if (account === self.account) throw new EngineError('INVITE_IS_OWN')
  if (isBlockedAccount(store, account)) throw new EngineError('CONTACT_BLOCKED')
  const conversation = directConversationId(self.account, account)
  const known = contactByAccount(store, account)
  const isInContact = known?.status === 'active' && invite.devices.some((device) => isKnownDevice(context, device))
  const isNew = context.conversations.get(conversation) === undefined
  if (isNew) context.conversations.set(emptyConversation(context, conversation, account))
  const firstWords =
    text !== undefined && text !== '' && !isInContact
      ? await compose(context, conversation, { type: 'text', text }, now)
      : undefined
  const contact: ContactRow = {
    account,
    conversation,
    status: 'invited',
    claimedName: known?.claimedName ?? '',
    givenName: known?.givenName ?? '',
    isVerified: known?.isVerified ?? false,
    inviteSealed: vault.seal(invitePlace(account), utf8(JSON.stringify({ link: link.trim(), text: text ?? '', now }))),
    isRequested: false,
    createdAt: known?.createdAt ?? now,
  }
  const accept = isInContact ? undefined : await acceptEarlierRequest(context, events, contact, now)
  return (commit) => {
    if (isNew) insertConversation(context, conversation, account, now)
    firstWords?.(commit)
    rememberInvitedDevices(context, invite, now)
    if (!isInContact) saveContact(store, contact)
    accept?.(commit)
    commit.touch('contacts')
    commit.touchConversation(conversation)
    for (const { deviceKey } of invite.devices) {
      const peerId = peerIdOfKey(deviceKey)
      commit.afterwards(() => {
        context.sessions.wake(peerId)
        for (const session of context.sessions.ofAccount(account)) askForBundle(context, session)
      })
    }
    return conversation
  }
}

const isKnownDevice = ({ store }: Context, { deviceKey }: Invite['devices'][number]): boolean =>
  deviceByPeer(store, peerIdOfKey(deviceKey)) !== undefined

async function acceptEarlierRequest(context: Context, events: ContactEvents, contact: ContactRow, now: number) {
  const request = requestOfAccount(context.store, contact.account)
  if (request === undefined) return undefined
  const judgedAt = Math.max(now, request.receivedAt)
  const bundle = await verifyDeviceBundle(context.crypto, request.bundle, judgedAt)
  return bundle.ok ? activate(context, events, { contact, bundle: bundle.value, now, judgedAt }) : undefined
}

function rememberInvitedDevices({ store }: Context, invite: Invite, now: number): void {
  for (const { deviceKey, addresses } of invite.devices) {
    const peerId = peerIdOfKey(deviceKey)
    const held = deviceByPeer(store, peerId)
    saveDevice(store, {
      peerId,
      account: invite.account,
      addresses: [...new Set([...addresses, ...(held?.addresses ?? [])])],
      bundle: held?.bundle,
      bundleSequence: held?.bundleSequence ?? 0,
      inception: held?.inception,
      addedAt: held?.addedAt ?? now,
      lastHeardAt: held?.lastHeardAt,
    })
  }
}

/** Every new link to a contact refreshes what we know of the device; an invited one is asked for contact with it. */
export function askForBundle({ store }: Context, session: Session): void {
  if (session.account !== undefined && contactByAccount(store, session.account) !== undefined) {
    session.requestBundle()
  }
}

export async function giveBundle(context: Context, session: Session): Promise<void> {
  const bytes = await context.turns.runAlone('input', async () => {
    const addresses = context.sessions.status.addresses
    const { bundle, save } = await prepareBundle(context, {
      addresses,
      now: context.clock.now(),
      hasOneTimeKeyPackage: false,
    })
    return () => {
      save()
      return bundle.bytes
    }
  })
  session.sendFrame({ type: 'bundle', bundle: bytes })
}

/**
 * A bundle of the device `peerId`, from its own link or found under an invite of its account; signed by itself, so that
 * both are as good. False when it is of no use. FST-21
 */
export async function takeBundle(
  context: Context,
  from: { readonly account: string | undefined; readonly peerId: string },
  bytes: Uint8Array,
  now: number,
): Promise<Apply<boolean>> {
  const bundle = await verifyDeviceBundle(context.crypto, bytes, now)
  const contact = from.account === undefined ? undefined : contactByAccount(context.store, from.account)
  const isTheirs = bundle.ok && bundle.value.account === from.account
  if (!bundle.ok || contact === undefined || !isTheirs || peerIdOfKey(bundle.value.deviceKey) !== from.peerId) {
    context.log.log('info', 'bundle ignored', { reason: bundle.ok ? 'not-theirs' : bundle.reason })
    return () => false
  }
  const request =
    contact.status === 'invited' && !contact.isRequested
      ? await sealRequest(context, contact, bundle.value, now)
      : undefined
  return (commit) => {
    rememberDevice(context, commit, bundle.value, now)
    const name = bundle.value.claimedName
    const changed: ContactRow = {
      ...contact,
      claimedName: claimedNameOf(context, contact, name),
      isRequested: contact.isRequested || request !== undefined,
    }
    if (changed.claimedName !== contact.claimedName || changed.isRequested !== contact.isRequested) {
      saveContact(context.store, changed)
      commit.touch('contacts')
      commit.touchConversation(contact.conversation)
    }
    request?.(commit)
    return true
  }
}

/** The invite that a contact was added with, as long as nobody answered. */
export function followedInvite({ vault }: Pick<Context, 'vault'>, contact: ContactRow): FollowedInvite | undefined {
  if (contact.inviteSealed === undefined) return undefined
  const stored = JSON.parse(parseUtf8(vault.open(invitePlace(contact.account), contact.inviteSealed)) ?? '{}') as {
    link?: string
    text?: string
    now?: number
  }
  // Read at the time it was followed: an invite that expires while the request waits is still worth asking with.
  const invite = parseInvite(stored.link ?? '', stored.now ?? contact.createdAt)
  return invite.ok ? { invite: invite.value, text: stored.text ?? '' } : undefined
}

interface FollowedInvite {
  readonly invite: Invite
  /** The first words. */
  readonly text: string
}

async function sealRequest(
  context: Context,
  contact: ContactRow,
  theirs: Parameters<typeof sealTo>[1],
  now: number,
): Promise<Apply<void> | undefined> {
  const { self, log, sessions } = context
  const followed = followedInvite(context, contact)
  if (followed === undefined) return undefined
  const { invite, text } = followed
  const own = await prepareBundle(context, { addresses: sessions.status.addresses, now, hasOneTimeKeyPackage: true })
  const transcript = inviteTranscript({
    inviter: contact.account,
    requester: self.account,
    requesterDevice: self.deviceKey,
  })
  const body = encodeContactRequest({
    bundle: own.bundle.bytes,
    text,
    inviteId: inviteId(invite.secret),
    inviteProof: inviteProof(invite.secret, transcript),
  })
  const sender = { deviceSeed: self.deviceSeed, certificate: self.certificate.bytes }
  const sealed = await sealTo(context, theirs, sender, {
    type: CONTACT_REQUEST,
    body,
    now,
    expiresAt: now + SEALED_LIFETIME_MS,
  })
  if (!sealed.ok) {
    log.log('error', 'request not sealed', { reason: sealed.reason })
    return undefined
  }
  const peerId = peerIdOfKey(theirs.deviceKey)
  return (commit) => {
    own.save()
    insertOutbox(context.store, {
      peerId,
      kind: 'request',
      conversation: contact.conversation,
      message: undefined,
      bytes: sealed.value,
      createdAt: now,
    })
    commit.wake(peerId)
  }
}

/**
 * Their keys were good when the request came: a clock of ours that was set back since says nothing about them. FST-25
 * @throws EngineError `REQUEST_NOT_FOUND` when it was answered before, `REQUEST_EXPIRED` when their keys are over.
 */
export async function acceptRequest(
  context: Context,
  events: ContactEvents,
  id: string,
  now: number,
): Promise<Apply<string>> {
  const request = requestById(context.store, id)
  if (request === undefined) throw new EngineError('REQUEST_NOT_FOUND')
  const judgedAt = Math.max(now, request.receivedAt)
  const bundle = await verifyDeviceBundle(context.crypto, request.bundle, judgedAt)
  if (!bundle.ok) throw new EngineError('REQUEST_EXPIRED', `their keys are ${bundle.reason}`)
  const { account } = request
  const conversation = directConversationId(context.self.account, account)
  const isNew = context.conversations.get(conversation) === undefined
  if (isNew) context.conversations.set(emptyConversation(context, conversation, account))
  const contact: ContactRow = {
    account,
    conversation,
    status: 'invited',
    claimedName: request.name,
    givenName: '',
    isVerified: false,
    inviteSealed: undefined,
    isRequested: false,
    createdAt: now,
  }
  const apply = await activate(context, events, { contact, bundle: bundle.value, now, judgedAt })
  return (commit) => {
    if (isNew) insertConversation(context, conversation, account, now)
    apply(commit)
    return conversation
  }
}

/** Nobody is told. Further requests of the account are ignored until we invite or ask them ourselves. */
export function declineRequest({ store }: Context, id: string): Apply<null> {
  return (commit) => {
    if (store.run('UPDATE requests SET is_declined = 1 WHERE id = ? AND is_declined = 0', [id]) === 0) {
      throw new EngineError('REQUEST_NOT_FOUND')
    }
    commit.touch('requests')
    return null
  }
}

/**
 * From this commit on nothing of the account is received and nothing is sent to it: its links end and none is made. What
 * waited for it stays in the outbox, in case it is unblocked: receipts and commits could not be made again. FST-23
 */
export function block(context: Context, account: string, now: number): Apply<null> {
  const { store } = context
  return (commit) => {
    store.run('INSERT OR IGNORE INTO blocks (account, created_at) VALUES (?, ?)', [account, now])
    store.run('DELETE FROM requests WHERE account = ?', [account])
    commit.afterwards(() => context.sessions.drop(account))
    touchAccount(context, commit, account)
    return null
  }
}

export function unblock(context: Context, account: string, events: ContactEvents): Apply<null> {
  return (commit) => {
    context.store.run('DELETE FROM blocks WHERE account = ?', [account])
    touchAccount(context, commit, account)
    const contact = contactByAccount(context.store, account)
    if (contact?.status === 'active') events.activated(commit, contact.conversation)
    for (const { peerId } of devicesOf(context.store, account)) commit.wake(peerId)
    return null
  }
}

function touchAccount({ store }: Context, commit: Parameters<Apply<null>>[0], account: string): void {
  const contact = contactByAccount(store, account)
  commit.touch('contacts')
  commit.touch('requests')
  if (contact !== undefined) commit.touchConversation(contact.conversation)
}
