/** From MLS groups to epochs, and from members to accounts. */
import {
  exportSecret,
  EXPORTED_BYTES,
  framed,
  groupInfo,
  MAILBOX_SECRET_LABEL,
  OUTER_KEY_LABEL,
  parseDeviceCertificate,
  sha256,
  toHex,
  utf8,
  type DeviceCertificate,
  type Group,
  type Member,
} from '@parley/core'
import type { Context } from '../context.ts'
import type { Epoch } from './state.ts'

export interface EpochOrigin {
  readonly parent: Epoch | undefined
  readonly committer: string
  readonly class: number
  readonly createdAt: number
}

/** The epoch of a group state; every member computes the same id. Spec: CNV-4. */
export async function epochAfter(context: Pick<Context, 'mls'>, group: Group, origin: EpochOrigin): Promise<Epoch> {
  const { groupId, confirmationTag } = groupInfo(group)
  const none = new Uint8Array(0)
  const outerKey = await exportSecret(context.mls, group, OUTER_KEY_LABEL, none, EXPORTED_BYTES)
  const mailboxSecret = await exportSecret(context.mls, group, MAILBOX_SECRET_LABEL, none, EXPORTED_BYTES)
  return {
    id: toHex(sha256(framed(utf8('parley/epoch/1'), groupId, confirmationTag))),
    groupId: toHex(groupId),
    parent: origin.parent?.id,
    committer: origin.committer,
    class: origin.class,
    depth: (origin.parent?.depth ?? -1) + 1,
    createdAt: origin.createdAt,
    messages: 0,
    keys: { outerKey, mailboxSecret },
    group,
  }
}

/** Certificates by the leaf's credential bytes, which the tree keeps from epoch to epoch: read once, asked often. */
const certificates = new WeakMap<Uint8Array, DeviceCertificate>()

/** The certificate behind a leaf; it was checked when the leaf entered the tree. */
export function certificateOf(member: Member): DeviceCertificate | undefined {
  const known = certificates.get(member.credential)
  if (known !== undefined) return known
  const certificate = parseDeviceCertificate(member.credential)
  if (!certificate.ok) return undefined
  certificates.set(member.credential, certificate.value)
  return certificate.value
}

export const accountOf = (member: Member): string | undefined => certificateOf(member)?.account

/** True when exactly these accounts, and nobody else, have leaves. */
export function isGroupOf(group: Group, accounts: readonly string[]): boolean {
  const present = new Set(groupInfo(group).members.map(accountOf))
  return present.size === accounts.length && accounts.every((account) => present.has(account))
}
