/** The operations about reach and push nodes, for the table of them all. */
import { readInvite, widestScope } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { InvitePreview, Network } from '../api/schema.ts'
import type { ReachOperations } from '../api/tables.ts'
import type { Context } from '../context.ts'
import { pushNodesAmong } from '../mailbox/places.ts'
import { contactByAccount, displayName, isBlockedAccount } from '../store/contacts.ts'
import type { ReachService } from './service.ts'

export interface ShownByReach {
  network(): Network
  /** What an account calls itself, as far as is known here. */
  profileName(account: string): string | undefined
}

/** Parameters were validated. */
export const reachOperations = (
  context: () => Context,
  reach: ReachService,
  { network, profileName }: ShownByReach,
): ReachOperations => ({
  queries: { 'invites.preview': ({ link }) => preview(context(), link, profileName) },
  commands: {
    'network.change': async (params) => {
      await reach.change(params.reach)
      return network()
    },
    'network.test': () => reach.test(),
    'pushNodes.add': async ({ address }) => {
      await reach.add(address)
      return network()
    },
    'pushNodes.test': ({ address }) => reach.try(address),
    'pushNodes.remove': async ({ peerId }) => {
      await reach.remove(peerId)
      return network()
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
