/** The MLS group of a direct conversation comes to be: made by whoever accepts, joined by whoever asked. CNV-2, CNV-11 */
import {
  commitChange,
  CONTACT_WELCOME,
  createGroup,
  encodeContactWelcome,
  groupInfo,
  joinGroup,
  parseBase64url,
  peerIdOfKey,
  SEALED_LIFETIME_MS,
  sealTo,
  verifyKeyPackage,
  type ContactWelcomeBody,
  type DeviceBundle,
  type Group,
} from '@parley/core'
import { prepareBundle, storedKeyPackages } from '../account/bundle.ts'
import { EngineError } from '../api/errors.ts'
import type { Context } from '../context.ts'
import { isPlausibleGroupId, newGroupId, settle } from '../conversation/epochs.ts'
import { epochAfter, isGroupOf } from '../conversation/group.ts'
import { withEpoch, type ConversationState } from '../conversation/state.ts'
import { recipientsOf } from '../conversation/seal.ts'
import { readdress } from '../store/readdress.ts'
import { deleteSecret } from '../store/secrets.ts'
import { insertOutbox } from '../store/outbox.ts'
import type { Apply } from '../turn/turns.ts'

const NO_AUTHENTICATED_DATA = new Uint8Array(0)

/** An empty conversation, staged; its row is written by `insertConversation`. */
export const emptyConversation = (context: Context, id: string, account: string): ConversationState => ({
  id,
  account,
  members: [context.self.account, account].sort(),
  heads: [],
  lastTime: undefined,
  updatedAt: 0,
  epochs: new Map(),
  headEpoch: undefined,
})

export function insertConversation(context: Context, id: string, account: string, now: number): void {
  context.store.run(
    `INSERT OR IGNORE INTO conversations (id, account, heads, last_time, draft_sealed, created_at, updated_at)
     VALUES (?, ?, ?, '', NULL, ?, ?)`,
    [id, account, Uint8Array.of(0x80), now, now],
  )
}

/**
 * Makes a new group of this device and the bundle's device, stages its epoch, and seals the Welcome for it. The bundle
 * was verified; its key package has to be good at `judgedAt`. @returns what to write: the Welcome in the outbox.
 * @throws EngineError `REQUEST_EXPIRED` when the other device's key package is of no use any more.
 */
export async function startGroup(
  context: Context,
  conversation: string,
  theirs: DeviceBundle,
  { now, judgedAt }: { readonly now: number; readonly judgedAt: number },
): Promise<Apply<void>> {
  const peerId = peerIdOfKey(theirs.deviceKey)
  const { mls, self, random } = context
  const groupId = newGroupId(context.conversations.get(conversation)?.epochs.values() ?? [], random, now)
  const [bytes] = theirs.keyPackages
  const keyPackage = bytes === undefined ? undefined : await verifyKeyPackage(mls, bytes, judgedAt)
  if (!keyPackage?.ok)
    throw new EngineError('REQUEST_EXPIRED', `key package of the contact: ${keyPackage?.reason ?? 'missing'}`)
  const created = await createGroup(mls, self.signer, groupId, now)
  const committed = await commitChange(mls, created, { add: [keyPackage.value], remove: [] }, NO_AUTHENTICATED_DATA)
  if (!committed.ok) throw new EngineError('INTERNAL', `group: ${committed.reason}`)
  const { group, welcome } = committed.value
  if (welcome === undefined) throw new EngineError('INTERNAL', 'group: no welcome')
  await stageGroup(context, conversation, group, now, self.account)
  const own = await prepareBundle(context, {
    addresses: context.sessions.status.addresses,
    now,
    hasOneTimeKeyPackage: false,
  })
  const body = encodeContactWelcome({
    conversation: parseBase64url(conversation) ?? new Uint8Array(0),
    groupId,
    welcome,
    bundle: own.bundle.bytes,
  })
  const sealed = await sealTo(
    context,
    theirs,
    { deviceSeed: self.deviceSeed, certificate: self.certificate.bytes },
    {
      type: CONTACT_WELCOME,
      body,
      now,
      expiresAt: now + SEALED_LIFETIME_MS,
    },
  )
  if (!sealed.ok) throw new EngineError('INTERNAL', `welcome: ${sealed.reason}`)
  return (commit) => {
    own.save()
    readdress(context.store, conversation, [peerId])
    insertOutbox(context.store, {
      peerId,
      kind: 'welcome',
      conversation,
      message: undefined,
      bytes: sealed.value,
      createdAt: now,
    })
    commit.wake(peerId)
  }
}

/** Joins the group of a Welcome, when it is a group of exactly the two of us. `undefined` when it is not, or not for us. */
export async function joinDirectGroup(
  context: Context,
  conversation: string,
  body: ContactWelcomeBody,
  account: string,
  now: number,
): Promise<{ readonly apply: Apply<void>; readonly isLastResort: boolean } | undefined> {
  for (const { name, keyPackage, secrets, isLastResort } of storedKeyPackages(context)) {
    const group = await joinGroup(context.mls, body.welcome, keyPackage, secrets)
    if (!group.ok) continue
    const isPlausible = isPlausibleGroupId(groupInfo(group.value).groupId)
    if (!isPlausible || !isGroupOf(group.value, [context.self.account, account])) return undefined
    await stageGroup(context, conversation, group.value, now, account)
    const apply = () => {
      if (!isLastResort) deleteSecret(context.store, name)
      readdress(context.store, conversation, recipientsOf(group.value))
    }
    return { apply, isLastResort }
  }
  return undefined
}

async function stageGroup(
  context: Context,
  conversation: string,
  group: Group,
  now: number,
  committer: string,
): Promise<void> {
  const state = context.conversations.get(conversation)
  if (state === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
  const epoch = await epochAfter(context, group, { parent: undefined, committer, class: 1, createdAt: now })
  context.conversations.set(settle(withEpoch(state, epoch), now))
}
