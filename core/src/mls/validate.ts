/** Rules of this protocol that are stricter than RFC 9420. None of them looks at a clock: every member must agree. */
import type { KeyPackage, LeafNode, Proposal, PublicMessage } from 'ts-mls'
import { extensionsSupportedByCapabilities } from 'ts-mls/extension.js'
import { equalBytes } from '../base/bytes.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { isOurCredential, SUITE } from './suite.ts'
import type { OpenRejection } from './types.ts'

const ED25519_KEY_BYTES = 32

/** A leaf that later commits can encrypt to and that supports what every other leaf uses. MLS-6, MLS-7 */
export function isPermittedLeaf(leaf: LeafNode): boolean {
  return (
    isOurCredential(leaf.credential) &&
    leaf.signaturePublicKey.length === ED25519_KEY_BYTES &&
    supportsSuite(leaf) &&
    isUsableHpkeKey(leaf.hpkePublicKey)
  )
}

export function supportsSuite({ capabilities, extensions }: LeafNode): boolean {
  return (
    capabilities.versions.includes('mls10') &&
    capabilities.ciphersuites.includes(SUITE) &&
    capabilities.credentials.includes('basic') &&
    extensionsSupportedByCapabilities(extensions, capabilities)
  )
}

export function isPermittedKeyPackage(keyPackage: KeyPackage): boolean {
  return (
    keyPackage.version === 'mls10' &&
    keyPackage.cipherSuite === SUITE &&
    isPermittedLeaf(keyPackage.leafNode) &&
    isUsableHpkeKey(keyPackage.initKey) &&
    !equalBytes(keyPackage.initKey, keyPackage.leafNode.hpkePublicKey)
  )
}

/** Refuses, before any cryptography, a public message that no member of this protocol may send. MLS-8…MLS-10 */
export function refusePublicMessage(message: PublicMessage): OpenRejection | undefined {
  const { content } = message
  if (content.contentType === 'proposal') return 'standalone-proposal'
  if (content.contentType === 'application') return 'malformed'
  if (content.sender.senderType !== 'member' || message.senderType !== 'member') return 'unknown-sender'
  const { proposals, path } = content.commit
  if (proposals.length > MLS_LEAVES_MAX) return 'invalid-commit'
  for (const item of proposals) {
    if (item.proposalOrRefType !== 'proposal') return 'forbidden-proposal'
    const refusal = refuseProposal(item.proposal)
    if (refusal !== undefined) return refusal
  }
  if (path === undefined) return undefined
  return isPermittedLeaf(path.leafNode) && path.nodes.every((node) => isUsableHpkeKey(node.hpkePublicKey))
    ? undefined
    : 'invalid-commit'
}

function refuseProposal(mlsProposal: Proposal): OpenRejection | undefined {
  switch (mlsProposal.proposalType) {
    case 'add':
      return isPermittedKeyPackage(mlsProposal.add.keyPackage) ? undefined : 'invalid-commit'
    case 'remove':
      return undefined
    default:
      return 'forbidden-proposal'
  }
}
