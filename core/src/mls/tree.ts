/** Reading the ratchet tree. Leaf `n` is node `2n`. */
import type { LeafNode, RatchetTree } from 'ts-mls'
import { decodeNode } from 'ts-mls/ratchetTree.js'
import { determineLength } from 'ts-mls/codec/variableLength.js'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { isOurCredential } from './suite.ts'
import type { Member } from './types.ts'
import { isPermittedLeaf } from './validate.ts'

export function leafNode(tree: RatchetTree, leaf: number): LeafNode | undefined {
  const node = tree[leaf * 2]
  return node?.nodeType === 'leaf' ? node.leaf : undefined
}

/** `undefined` for a blank leaf. */
export function memberAt(tree: RatchetTree, leaf: number): Member | undefined {
  const node = leafNode(tree, leaf)
  return node === undefined || !isOurCredential(node.credential)
    ? undefined
    : { leaf, credential: node.credential.identity, signaturePublicKey: node.signaturePublicKey }
}

export function membersOf(tree: RatchetTree): readonly Member[] {
  const members: Member[] = []
  for (let leaf = 0; leaf * 2 < tree.length; leaf++) {
    const member = memberAt(tree, leaf)
    if (member !== undefined) members.push(member)
  }
  return members
}

/**
 * Whether an encoded ratchet tree is small enough and made of leaves and keys that later commits can use.
 *
 * Reads node by node and stops at the first fault, so a tree that claims a million leaves costs nothing. MLS-6, MLS-7
 */
export function isPermittedTree(encoded: Uint8Array): boolean {
  try {
    const { length, lengthFieldSize } = determineLength(encoded, 0)
    if (lengthFieldSize + length !== encoded.length) return false
    let nodes = 0
    for (let offset = lengthFieldSize; offset < encoded.length; nodes++) {
      if (nodes >= MLS_LEAVES_MAX * 2 - 1) return false
      const presence = encoded[offset]
      if (presence === 0) {
        offset += 1
        continue
      }
      if (presence !== 1) return false
      const decoded = decodeNode(encoded, offset + 1)
      if (decoded === undefined) return false
      const [node, consumed] = decoded
      if (node.nodeType === 'parent' ? !isUsableHpkeKey(node.parent.hpkePublicKey) : !isPermittedLeaf(node.leaf))
        return false
      offset += consumed + 1
    }
    return nodes > 0
  } catch {
    return false
  }
}
