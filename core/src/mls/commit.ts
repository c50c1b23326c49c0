/** Commits (RFC 9420 §12.4): every change of the group, inline proposals only, as a PublicMessage. */
import type { ClientState, KeyPackage, Proposal, PublicMessage } from 'ts-mls'
import { createCommit, emptyPskIndex, encodeMlsMessage, processPublicMessage } from 'ts-mls'
import { CryptoError, CryptoVerificationError } from 'ts-mls/mlsError.js'
import { assert } from '../base/assert.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { groupOf } from './group.ts'
import { parseKeyPackage } from './key-package.ts'
import { callConfig, suiteOf } from './suite.ts'
import { leafNode, memberAt, membersOf } from './tree.ts'
import type {
  CommitChange,
  CommitRejection,
  Committed,
  Group,
  Member,
  MlsContext,
  Opened,
  OpenRejection,
} from './types.ts'
import { isPermittedKeyPackage, refusePublicMessage } from './validate.ts'

/**
 * Makes the next epoch. An empty change refreshes this device's keys and nothing else.
 *
 * `group` stays usable: another commit on the same epoch may win, so the caller keeps it and stores `value.group` too,
 * because a device cannot process its own commit from the wire. A refusal is about data (a member left meanwhile, a
 * key package of somebody who is in already). Lifetimes of key packages were judged by `verifyKeyPackage`; no clock
 * runs here. Spec: MLS-8…MLS-11.
 */
export async function commitChange(
  context: MlsContext,
  group: Group,
  change: CommitChange,
  authenticatedData: Uint8Array,
): Promise<Result<Committed, CommitRejection>> {
  const { state } = group
  const keyPackages = change.add.map(({ bytes }) => parseKeyPackage(bytes))
  const added = keyPackages.filter((keyPackage) => keyPackage !== undefined && isPermittedKeyPackage(keyPackage))
  if (added.length < change.add.length) return fail('bad-key-package')
  const packages = added.filter((keyPackage) => keyPackage !== undefined)
  const refusal = refuseChange(state, packages, change.remove)
  if (refusal !== undefined) return fail(refusal)
  const { config, isCredentialRefused } = callConfig(context)
  const suite = suiteOf(context)
  const removed = change.remove.flatMap((leaf) => memberAt(state, leaf) ?? [])
  try {
    const result = await createCommit(
      { state: { ...state, clientConfig: config }, cipherSuite: suite },
      {
        wireAsPublicMessage: true,
        ratchetTreeExtension: true,
        authenticatedData: new Uint8Array(authenticatedData),
        extraProposals: [
          ...change.remove.map((leaf): Proposal => ({ proposalType: 'remove', remove: { removed: leaf } })),
          ...packages.map((keyPackage): Proposal => ({ proposalType: 'add', add: { keyPackage } })),
        ],
      },
    )
    const next = groupOf(result.newState)
    const { welcome } = result
    return ok({
      group: next,
      commit: encodeMlsMessage(result.commit),
      ...(welcome && { welcome: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome }) }),
      added: addedMembers(next.state, packages),
      removed,
    })
  } catch (error) {
    if (isCredentialRefused()) return fail('bad-key-package')
    throw error
  }
}

function refuseChange(
  state: ClientState,
  add: readonly KeyPackage[],
  remove: readonly number[],
): CommitRejection | undefined {
  if (leafNode(state.ratchetTree, state.privatePath.leafIndex) === undefined) return 'not-a-member'
  if (remove.includes(state.privatePath.leafIndex)) return 'self-removal'
  if (new Set(remove).size !== remove.length || remove.some((leaf) => memberAt(state, leaf) === undefined))
    return 'no-such-member'
  const staying = membersOf(state).filter(({ leaf }) => !remove.includes(leaf))
  if (staying.length + add.length > MLS_LEAVES_MAX) return 'group-full'
  const keys = [
    ...staying.map(({ signaturePublicKey }) => signaturePublicKey),
    ...add.map((keyPackage) => keyPackage.leafNode.signaturePublicKey),
    ...state.ratchetTree.flatMap((node, index) =>
      node === undefined || (node.nodeType === 'leaf' && remove.includes(index / 2))
        ? []
        : [node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey],
    ),
    ...add.map((keyPackage) => keyPackage.leafNode.hpkePublicKey),
  ]
  return new Set(keys.map(toHex)).size === keys.length ? undefined : 'already-member'
}

function addedMembers(state: ClientState, keyPackages: readonly KeyPackage[]): readonly Member[] {
  const members = membersOf(state)
  return keyPackages.flatMap(
    ({ leafNode: { signaturePublicKey } }) =>
      members.find((member) => equalBytes(member.signaturePublicKey, signaturePublicKey)) ?? [],
  )
}

/** Processes another member's commit of the current epoch. Spec: MLS-8…MLS-11. */
export async function openCommit(
  context: MlsContext,
  group: Group,
  message: PublicMessage,
): Promise<Result<Opened, OpenRejection>> {
  const { state } = group
  const refusal = refusePublicMessage(message)
  if (refusal !== undefined) return fail(refusal)
  const { content } = message
  assert(content.contentType === 'commit' && content.sender.senderType === 'member', 'refused otherwise')
  const committer = memberAt(state, content.sender.leafIndex)
  if (committer === undefined) return fail('unknown-sender')
  if (committer.leaf === state.privatePath.leafIndex) return fail('own-message')
  const { config, isCredentialRefused } = callConfig(context)
  try {
    const result = await processPublicMessage(
      { ...state, clientConfig: config },
      message,
      emptyPskIndex,
      suiteOf(context),
    )
    const { newState } = result
    const members = membersOf(newState)
    if (members.length > MLS_LEAVES_MAX) return fail('invalid-commit')
    const committerAfter = memberAt(newState, committer.leaf)
    assert(committerAfter !== undefined, 'a committer stays a member')
    const proposals = content.commit.proposals.flatMap((item) =>
      item.proposalOrRefType === 'proposal' ? item.proposal : [],
    )
    const isSelfRemoved = newState.groupActiveState.kind === 'removedFromGroup'
    return ok({
      type: 'commit',
      group: isSelfRemoved ? group : groupOf(newState),
      committer,
      committerAfter,
      authenticatedData: content.authenticatedData,
      added: addedMembers(
        newState,
        proposals.flatMap((item) => (item.proposalType === 'add' ? item.add.keyPackage : [])),
      ),
      removed: proposals.flatMap((item) =>
        item.proposalType === 'remove' ? (memberAt(state, item.remove.removed) ?? []) : [],
      ),
      isSelfRemoved,
    })
  } catch (error) {
    if (isCredentialRefused()) return fail('bad-credential')
    if (error instanceof CryptoVerificationError) return fail('bad-signature')
    return fail(error instanceof CryptoError ? 'undecryptable' : 'invalid-commit')
  }
}
