/** Processing commits (RFC 9420 §12.4.2) under the narrower rules of this protocol. */
import type { ClientState, Commit, PublicMessage } from 'ts-mls'
import { emptyPskIndex, processPublicMessage } from 'ts-mls'
import { applyProposals, throwIfDefined, validateLeafNodeUpdateOrCommit } from 'ts-mls/clientState.js'
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import { CryptoError, CryptoVerificationError, ValidationError } from 'ts-mls/mlsError.js'
import { toLeafIndex } from 'ts-mls/treemath.js'
import { assert } from '../base/assert.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { addedMembers } from './commit.ts'
import { groupOf } from './group.ts'
import { watchPath } from './path-keys.ts'
import { callConfig, suiteOf } from './suite.ts'
import { memberAt, membersOf } from './tree.ts'
import type { Group, Member, MlsContext, Opened, OpenRejection } from './types.ts'
import { refusePublicMessage } from './validate.ts'

/** Processes another member's commit of the current epoch. Spec: MLS-5…MLS-9, MLS-11, MLS-16, MLS-18…MLS-21. */
export async function openCommit(
  context: MlsContext,
  group: Group,
  message: PublicMessage,
): Promise<Result<Opened, OpenRejection>> {
  const refusal = refusePublicMessage(message)
  if (refusal !== undefined) return fail(refusal)
  const { content } = message
  assert(content.contentType === 'commit' && content.sender.senderType === 'member', 'refused otherwise')
  const { ratchetTree, privatePath } = group.state
  const committer = memberAt(ratchetTree, content.sender.leafIndex)
  if (committer === undefined) return fail('unknown-sender')
  if (committer.leaf === privatePath.leafIndex) return fail('own-message')
  const { added, removed } = proposed(content.commit)
  const { config, isCredentialRefused } = callConfig(context)
  const state: ClientState = { ...group.state, clientConfig: config }
  const isSelfRemoved = removed.includes(privatePath.leafIndex)
  try {
    const after = await (isSelfRemoved ? witnessRemoval : processCommit)(
      context,
      state,
      message,
      content.commit,
      committer,
    )
    if (membersOf(after.ratchetTree).length > MLS_LEAVES_MAX) return fail('invalid-commit')
    const committerAfter = memberAt(after.ratchetTree, committer.leaf)
    assert(committerAfter !== undefined, 'a committer stays a member')
    return ok({
      type: 'commit',
      group: isSelfRemoved ? group : groupOf(after),
      committer,
      committerAfter,
      authenticatedData: content.authenticatedData,
      added: addedMembers(after.ratchetTree, added),
      removed: removed.flatMap((leaf) => memberAt(ratchetTree, leaf) ?? []),
      isSelfRemoved,
    })
  } catch (error) {
    if (isCredentialRefused()) return fail('bad-credential')
    if (error instanceof CryptoVerificationError) return fail('bad-signature')
    return fail(error instanceof CryptoError ? 'undecryptable' : 'invalid-commit')
  }
}

function proposed({ proposals }: Commit) {
  const inline = proposals.flatMap((item) => (item.proposalOrRefType === 'proposal' ? item.proposal : []))
  return {
    added: inline.flatMap((item) => (item.proposalType === 'add' ? item.add.keyPackage : [])),
    removed: inline.flatMap((item) => (item.proposalType === 'remove' ? item.remove.removed : [])),
  }
}

type Processed = (
  context: MlsContext,
  state: ClientState,
  message: PublicMessage,
  commit: Commit,
  committer: Member,
) => Promise<ClientState>

const processCommit: Processed = async (context, state, message) => {
  const { suite, isConsistent } = watchPath(suiteOf(context))
  // straight to the public door: the general one drops its arguments for private messages
  const { newState } = await processPublicMessage(state, message, emptyPskIndex, suite)
  if (!isConsistent(newState)) throw new ValidationError('a path secret does not derive the keys of its path')
  return newState
}

/**
 * Verifies as much of a commit as the member it removes can: the tags, the proposals and the committer's new leaf, but
 * not the next epoch. Done here because the library takes a leaf that is refilled by the same commit for a stayer.
 */
const witnessRemoval: Processed = async (context, state, message, commit, committer) => {
  const suite = suiteOf(context)
  const { groupContext, keySchedule, ratchetTree, clientConfig } = state
  await unprotectPublicMessage(keySchedule.membershipKey, groupContext, ratchetTree, message, suite)
  const leaf = toLeafIndex(committer.leaf)
  const { tree } = await applyProposals(state, commit.proposals, leaf, emptyPskIndex, false, suite)
  if (commit.path === undefined) throw new ValidationError('a removal without a path')
  const { leafNode } = commit.path
  const { authService } = clientConfig
  throwIfDefined(await validateLeafNodeUpdateOrCommit(leafNode, leaf, groupContext, authService, suite.signature))
  return { ...state, ratchetTree: tree.with(leaf * 2, { nodeType: 'leaf', leaf: leafNode }) }
}
