/** Making commits (RFC 9420 §12.4.1): every change of the group, inline proposals only, as a PublicMessage. */
import type { ClientState, KeyPackage, Proposal, RatchetTree } from 'ts-mls'
import { createCommit, encodeMlsMessage } from 'ts-mls'
import { equalBytes, toHex } from '../base/bytes.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { groupOf } from './group.ts'
import { parseKeyPackage } from './key-package.ts'
import { callConfig, suiteOf } from './suite.ts'
import { leafNode, memberAt, membersOf } from './tree.ts'
import type { CommitChange, CommitRejection, Committed, Group, Member, MlsContext } from './types.ts'
import { isPermittedKeyPackage } from './validate.ts'

/**
 * Makes the next epoch. An empty change refreshes this device's keys and nothing else.
 *
 * `group` stays usable: another commit on the same epoch may win, so the caller keeps it and stores `value.group` too,
 * because a device cannot process its own commit from the wire. A refusal is about data (a member left meanwhile, a
 * key package of somebody who is in already). Lifetimes of key packages were judged by `verifyKeyPackage`; no clock
 * runs here. Spec: MLS-6, MLS-8, MLS-16, MLS-18, MLS-19.
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
  const removed = change.remove.flatMap((leaf) => memberAt(state.ratchetTree, leaf) ?? [])
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
      added: addedMembers(next.state.ratchetTree, packages),
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
  if (new Set(remove).size !== remove.length || remove.some((leaf) => memberAt(state.ratchetTree, leaf) === undefined))
    return 'no-such-member'
  const staying = membersOf(state.ratchetTree).filter(({ leaf }) => !remove.includes(leaf))
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

export function addedMembers(tree: RatchetTree, keyPackages: readonly KeyPackage[]): readonly Member[] {
  const members = membersOf(tree)
  return keyPackages.flatMap(
    ({ leafNode: { signaturePublicKey } }) =>
      members.find((member) => equalBytes(member.signaturePublicKey, signaturePublicKey)) ?? [],
  )
}
