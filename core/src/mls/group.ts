/** A group's state: made, looked at, stored, destroyed. */
import type { ClientState } from 'ts-mls'
import { createGroup as createState, decodeGroupState, encodeGroupState, mlsExporter } from 'ts-mls'
import { allSecretTreeValues } from 'ts-mls/secretTree.js'
import { assert } from '../base/assert.ts'
import { concat, zero } from '../base/bytes.ts'
import { CLOCK_SKEW_MAX_MS, KEY_PACKAGE_LIFETIME_MS } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { epochNumber } from './codec.ts'
import { newKeyPackage } from './key-package.ts'
import { callConfig, inertConfig, suiteOf } from './suite.ts'
import { membersOf } from './tree.ts'
import type { DeviceSigner, Group, GroupInfo, MlsContext } from './types.ts'

/** A new group with this device as its only member, in epoch 0. Spec: MLS-1. */
export async function createGroup(
  context: MlsContext,
  signer: DeviceSigner,
  groupId: Uint8Array,
  now: Millis,
): Promise<Group> {
  const { publicPackage, privatePackage } = await newKeyPackage(context, signer, {
    notBefore: now - CLOCK_SKEW_MAX_MS,
    notAfter: now + KEY_PACKAGE_LIFETIME_MS,
    isLastResort: false,
  })
  const { config } = callConfig(context)
  const id = new Uint8Array(groupId)
  return groupOf(await createState(id, publicPackage, privatePackage, [], suiteOf(context), config))
}

/**
 * The state as it is kept between calls: no configuration of the call, no keys of earlier epochs.
 *
 * The library keeps every earlier epoch when told to keep none (`slice(-0)` is the whole array), so they are dropped
 * here; the caller keeps one state per epoch as long as it wants to read that epoch. MLS-12
 */
export function groupOf(state: ClientState): Group {
  return { state: { ...state, historicalReceiverData: new Map(), clientConfig: inertConfig } }
}

/** What the members agree on. Arrays are borrowed: read only. */
export function groupInfo(group: Group): GroupInfo {
  const { state } = group
  const epoch = epochNumber(state.groupContext.epoch)
  assert(epoch !== undefined, 'a group in memory has a safe epoch')
  return {
    groupId: state.groupContext.groupId,
    epoch,
    ownLeaf: state.privatePath.leafIndex,
    members: membersOf(state.ratchetTree),
    confirmationTag: state.confirmationTag,
  }
}

/** A secret of this epoch for other layers (RFC 9420 §8.5): equal for all members, unknown to everybody else. MLS-13 */
export function exportSecret(
  context: MlsContext,
  group: Group,
  label: string,
  contextBytes: Uint8Array,
  lengthBytes: number,
): Promise<Uint8Array> {
  return mlsExporter(group.state.keySchedule.exporterSecret, label, contextBytes, lengthBytes, suiteOf(context))
}

const GROUP_FORMAT = 1

/** Everything needed to go on, private keys included: store sealed, overwrite, never back up. MLS-14 */
export const encodeGroup = (group: Group): Uint8Array =>
  concat(Uint8Array.of(GROUP_FORMAT), encodeGroupState(group.state))

/** Reads what {@link encodeGroup} wrote, into its own memory: erasing the group leaves `bytes` alone and vice versa. */
export function decodeGroup(
  context: MlsContext,
  bytes: Uint8Array,
): Result<Group, 'malformed' | 'unknown-format' | 'wrong-suite'> {
  if (bytes[0] !== GROUP_FORMAT) return fail(bytes.length === 0 ? 'malformed' : 'unknown-format')
  const copy = new Uint8Array(bytes.subarray(1))
  try {
    const decoded = decodeGroupState(copy, 0)
    if (decoded === undefined || decoded[1] !== copy.length) return fail('malformed')
    const [state] = decoded
    if (state.groupContext.cipherSuite !== context.crypto.mlsSuite.name) return fail('wrong-suite')
    if (epochNumber(state.groupContext.epoch) === undefined) return fail('malformed')
    return ok(groupOf({ ...state, clientConfig: inertConfig }))
  } catch {
    return fail('malformed')
  }
}

/**
 * Zeroes the secrets that belong to this epoch alone. For a state that is pruned and has no descendant in memory that
 * still has to be made: a commit on it is impossible afterwards, and so is reading its messages.
 *
 * The keys of the tree and of the signature stay: later epochs share their arrays. MLS-15
 */
export function eraseGroup(group: Group): void {
  const { keySchedule, secretTree } = group.state
  for (const secret of Object.values(keySchedule)) zero(secret)
  for (const secret of allSecretTreeValues(secretTree)) if (secret !== undefined) zero(secret)
}
