/** Whom we look for on the local network, and as whom we answer there. Spec: NET-15. */
import { contactTag, groupInfo, inviteTag, localPeriodOf, peerIdOfKey } from '@parley/core'
import { followedInvite } from '../contact/contacts.ts'
import { inviteSecrets } from '../contact/invites.ts'
import type { Context } from '../context.ts'
import { certificateOf } from '../conversation/group.ts'
import { allContacts, isBlockedAccount } from '../store/contacts.ts'
import { textOf } from '../store/rows.ts'

/** Conversations and invites, the latest ones. */
const CONVERSATIONS_MAX = 48
const INVITES_MAX = 32
/** Epochs of a conversation under which we answer: the other side may be one behind. */
const EPOCHS = 2
/** Clocks differ. */
const PERIODS = [-1, 0, 1]

export interface LocalNames {
  /** Peer ids by the tag under which they are sought. */
  readonly soughtByTag: ReadonlyMap<string, readonly string[]>
  readonly own: ReadonlySet<string>
}

/** Computed from what is stored; devices that are connected are not sought. */
export function localNames(context: Context, now: number): LocalNames {
  const period = localPeriodOf(now)
  const soughtByTag = new Map<string, readonly string[]>()
  const own = new Set<string>()
  for (const id of latestConversations(context)) {
    const state = context.conversations.get(id)
    const epochs = [...(state?.epochs.values() ?? [])].toSorted(
      (a, b) => b.createdAt - a.createdAt || b.depth - a.depth,
    )
    epochs.slice(0, EPOCHS).forEach((epoch, index) => {
      const { members, ownLeaf } = groupInfo(context.conversations.groupOf(epoch))
      const { mailboxSecret } = epoch.keys
      for (const shift of PERIODS) own.add(contactTag(mailboxSecret, ownLeaf, period + shift))
      if (index > 0) return
      for (const member of members) {
        const certificate = member.leaf === ownLeaf ? undefined : certificateOf(member)
        const peerId = certificate && peerIdOfKey(certificate.deviceKey)
        if (peerId === undefined || context.sessions.isConnected(peerId)) continue
        soughtByTag.set(contactTag(mailboxSecret, member.leaf, period), [peerId])
      }
    })
  }
  for (const secret of [...inviteSecrets(context, now).values()].slice(0, INVITES_MAX))
    for (const shift of PERIODS) own.add(inviteTag(secret, period + shift))
  for (const contact of allContacts(context.store)) {
    const { status, isRequested, inviteSealed, account } = contact
    if (status !== 'invited' || isRequested || inviteSealed === undefined || isBlockedAccount(context.store, account))
      continue
    const invite = followedInvite(context, contact)?.invite
    if (invite === undefined || soughtByTag.size >= CONVERSATIONS_MAX + INVITES_MAX) continue
    const peers = invite.devices.map(({ deviceKey }) => peerIdOfKey(deviceKey))
    if (!peers.some((peerId) => context.sessions.isConnected(peerId)))
      soughtByTag.set(inviteTag(invite.secret, period), peers)
  }
  return { soughtByTag, own }
}

function latestConversations({ store }: Context): readonly string[] {
  return store
    .all(
      `SELECT conversations.id AS id FROM conversations JOIN contacts ON contacts.conversation = conversations.id
       WHERE contacts.status = 'active' AND contacts.account NOT IN (SELECT account FROM blocks)
       ORDER BY conversations.updated_at DESC, conversations.id LIMIT ?`,
      [CONVERSATIONS_MAX],
    )
    .map((row) => textOf(row, 'id'))
}
