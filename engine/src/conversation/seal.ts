/**
 * Own words on their way out: payload → MLS → outer envelope → one outbox row per device of the members. Every function
 * stages the next conversation state and returns bytes; nothing leaves before the batch is durable. Spec: CNV-3, ENV-1.
 */
import {
  assert,
  commitChange,
  encodeControl,
  encodePayload,
  encryptMessage,
  peerIdOfKey,
  sealOuter,
  groupInfo,
  type Control,
  type DeviceCertificate,
  type Group,
  type OuterPayload,
  type Payload,
} from '@parley/core'
import type { Context } from '../context.ts'
import { insertOutbox, type OutboxItem, type OutboxKind } from '../store/outbox.ts'
import type { Commit } from '../turn/commit.ts'
import { isUpdateDue, settle } from './epochs.ts'
import { certificateOf, epochAfter } from './group.ts'
import { withEpoch, type ConversationState, type Epoch } from './state.ts'

const NO_AUTHENTICATED_DATA = new Uint8Array(0)

export interface Sealed {
  readonly envelope: Uint8Array
  /** Peer ids of every other device in the epoch. */
  readonly recipients: readonly string[]
}

/** Seals one payload in the head epoch, after a self-update when one is due. The conversation must have a group. */
export async function sealPayload(
  context: Context,
  conversation: string,
  payload: Payload,
  now: number,
): Promise<readonly (Sealed & { readonly kind: 'commit' | 'payload' })[]> {
  const updates = await sealDueUpdate(context, conversation, now)
  const { state, epoch, group } = headEpochOf(context, conversation)
  const encrypted = await encryptMessage(context.mls, group, encodePayload(payload), NO_AUTHENTICATED_DATA)
  context.conversations.set(withEpoch(state, { ...epoch, group: encrypted.group, messages: epoch.messages + 1 }))
  context.conversations.stageErasure(encrypted.erase)
  const envelope = outer(context, epoch, { kind: 'mls', body: encrypted.message })
  return [...updates, { kind: 'payload', envelope, recipients: recipientsOf(group) }]
}

/** A control message: no ratchet step, no state change, never stored. */
export function sealControl(context: Context, epoch: Epoch, control: Control): Uint8Array {
  return outer(context, epoch, { kind: 'control', body: encodeControl(control) })
}

async function sealDueUpdate(context: Context, conversation: string, now: number) {
  const { state } = headEpochOf(context, conversation)
  const isDue = isUpdateDue(state, context.self.account, now)
  return isDue ? [await sealSelfUpdate(context, conversation, now)] : []
}

/** A path-only commit: fresh keys for this device, and through them for the whole group. */
export async function sealSelfUpdate(context: Context, conversation: string, now: number) {
  const { state, epoch, group } = headEpochOf(context, conversation)
  const committed = await commitChange(context.mls, group, { add: [], remove: [] }, NO_AUTHENTICATED_DATA)
  assert(committed.ok, 'a member can always update its own leaf')
  const next = await epochAfter(context, committed.value.group, {
    parent: epoch,
    committer: context.self.account,
    class: 1,
    createdAt: now,
  })
  context.conversations.set(settle(withEpoch(state, next), now))
  const envelope = outer(context, epoch, { kind: 'mls', body: committed.value.commit })
  return { kind: 'commit' as const, envelope, recipients: recipientsOf(group) }
}

export function headEpochOf(context: Context, conversation: string) {
  const state = context.conversations.get(conversation)
  assert(state !== undefined, 'the conversation exists')
  const epoch = state.headEpoch === undefined ? undefined : state.epochs.get(state.headEpoch)
  assert(epoch !== undefined, 'the conversation has a group')
  return { state, epoch, group: context.conversations.groupOf(epoch) }
}

export const hasGroup = (state: ConversationState): boolean => state.headEpoch !== undefined

/** Writes outbox rows for what was sealed and wakes the links when they are durable. */
export function post(
  context: Context,
  commit: Commit,
  sealed: readonly (Sealed & { readonly kind: 'commit' | 'payload' })[],
  item: Pick<OutboxItem, 'conversation' | 'message' | 'report' | 'createdAt'> & { readonly kind: OutboxKind },
): void {
  for (const { envelope, recipients, kind } of sealed) {
    const isCommit = kind === 'commit'
    for (const peerId of recipients) {
      commit.wake(peerId)
      insertOutbox(context.store, {
        ...item,
        peerId,
        bytes: envelope,
        kind: isCommit ? 'commit' : item.kind,
        message: isCommit ? undefined : item.message,
        report: isCommit ? undefined : item.report,
      })
    }
  }
}

const keysOf = ({ keys }: Epoch) => ({ key: keys.outerKey, mailboxSecret: keys.mailboxSecret })

function outer(context: Context, epoch: Epoch, payload: OuterPayload): Uint8Array {
  const envelope = sealOuter(context.crypto, { ...keysOf(epoch), nonce: context.random(24) }, payload)
  assert(envelope !== undefined, 'a checked content fits an envelope')
  return envelope
}

const peerIds = new WeakMap<DeviceCertificate, string>()

function peerIdOf(certificate: DeviceCertificate): string {
  const peerId = peerIds.get(certificate) ?? peerIdOfKey(certificate.deviceKey)
  peerIds.set(certificate, peerId)
  return peerId
}

/** Peer ids of every other device in the group. */
export function recipientsOf(group: Group): readonly string[] {
  const { members, ownLeaf } = groupInfo(group)
  return members.flatMap((member) => {
    if (member.leaf === ownLeaf) return []
    const certificate = certificateOf(member)
    return certificate === undefined ? [] : [peerIdOf(certificate)]
  })
}
