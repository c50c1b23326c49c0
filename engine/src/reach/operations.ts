/** The operations about reach and push nodes, for the table of them all. */
import { isPushLink, parsePushLink, readInvite, widestScope } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { InvitePreview } from '../api/schema.ts'
import type { ReachOperations } from '../api/tables.ts'
import type { Context } from '../context.ts'
import { pushNodesAmong } from '../mailbox/places.ts'
import { contactByAccount, displayName, isBlockedAccount } from '../store/contacts.ts'
import type { ReachService } from './service.ts'

/** Parameters were validated. `profileName`: what an account calls itself, as far as is known here. */
export const reachOperations = (
  context: () => Context,
  reach: ReachService,
  profileName: (account: string) => string | undefined,
): ReachOperations => ({
  queries: { 'invites.preview': ({ link }) => preview(context(), link, profileName) },
  commands: {
    'network.change': () => Promise.reject(new EngineError('REACH_FIXED')),
    'network.test': async () => reach.reachability(),
    'pushNodes.add': ({ address }) => {
      const isWhole = isPushLink(address) ? parsePushLink(address).ok : address.startsWith('/')
      return Promise.reject(new EngineError(isWhole ? 'PUSH_NODE_CONFIGURED' : 'PUSH_NODE_MALFORMED'))
    },
    'pushNodes.test': () => Promise.reject(new EngineError('PUSH_NODE_NOT_FOUND')),
    'pushNodes.remove': ({ peerId }) => {
      const isOurs = context().sessions.status.infrastructure.some((node) => node.peerId === peerId)
      return Promise.reject(new EngineError(isOurs ? 'PUSH_NODE_CONFIGURED' : 'PUSH_NODE_NOT_FOUND'))
    },
  },
})

function preview(
  { store, self, clock }: Context,
  link: string,
  profileName: (account: string) => string | undefined,
): InvitePreview {
  const invite = readInvite(link)
  if (!invite.ok) throw new EngineError('INVITE_MALFORMED', `invite is ${invite.reason}`)
  const { account, devices, expiresAt } = invite.value
  const addresses = devices.flatMap((device) => device.addresses)
  const contact = contactByAccount(store, account)
  const name = contact === undefined ? profileName(account) : displayName(contact)
  const problem =
    account === self.account
      ? 'own'
      : isBlockedAccount(store, account)
        ? 'blocked'
        : expiresAt <= clock.now()
          ? 'expired'
          : undefined
  return {
    account,
    ...(name === undefined || name === '' ? {} : { name }),
    expiresAt,
    worksOn: widestScope(addresses),
    pushNodes: [...pushNodesAmong(addresses)],
    ...(problem === undefined ? {} : { problem }),
  }
}
