/** The MLS working group's vectors of trees and welcomes, on the library as patched. */
import { existsSync, readFileSync } from 'node:fs'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { bytesToBase64, joinGroup, makePskIndex } from 'ts-mls'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { validateRatchetTree } from 'ts-mls/clientState.js'
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from 'ts-mls/groupInfo.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { verifyParentHashes } from 'ts-mls/parentHash.js'
import { decodeProposal } from 'ts-mls/proposal.js'
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  removeLeafNode,
  resolution,
  updateLeafNode,
} from 'ts-mls/ratchetTree.js'
import { treeHash, treeHashRoot } from 'ts-mls/treeHash.js'
import { left, nodeWidth, parent, right, root, sibling, toLeafIndex, toNodeIndex } from 'ts-mls/treemath.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
import { describe, expect, test } from 'vitest'
import { toHex } from '../base/bytes.ts'
import type { Check, PassiveClient, TreeMath, TreeOperation, TreeValidation, WelcomeVector } from './testing/vectors.ts'
import { context, createVectorRunner, hex, message, whole } from './testing/vectors.ts'

const folder = new URL('../../../../shared/vectors/mls/', import.meta.url)
const isPresent = existsSync(folder)
const run = createVectorRunner(await createNodeCrypto())

/** Runs `check` on every vector of the file whose suite is installed, and says how many those were. */
async function each<V extends object>(file: string, check: Check<V>): Promise<string> {
  const all: readonly V[] = JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'))
  return `${await run(all, check)} of ${all.length}`
}

const ABSENT = 'the vectors are not beside this repository'
describe('vectors of the MLS working group', () => {
  test('[MLS-1] tree-math', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<TreeMath>('tree-math', async (vector) => {
      expect(nodeWidth(vector.n_leaves)).toBe(vector.n_nodes)
      expect(root(vector.n_leaves)).toBe(vector.root)
      for (let node = 0; node < vector.n_nodes; node++) {
        const index = toNodeIndex(node)
        if (vector.left[node] !== null) expect(left(index)).toBe(vector.left[node])
        if (vector.right[node] !== null) expect(right(index)).toBe(vector.right[node])
        if (vector.parent[node] !== null) expect(parent(index, vector.n_leaves)).toBe(vector.parent[node])
        if (vector.sibling[node] !== null) expect(sibling(index, vector.n_leaves)).toBe(vector.sibling[node])
      }
    })
    expect(ran).toBe('10 of 10')
  })

  test('[MLS-1] tree-operations', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<TreeOperation>('tree-operations', async (vector, suite) => {
      const before = whole(decodeRatchetTree(hex(vector.tree_before), 0))
      expect(toHex(await treeHashRoot(before, suite.hash))).toBe(vector.tree_hash_before)
      const mlsProposal = whole(decodeProposal(hex(vector.proposal), 0))
      const after = () => {
        switch (mlsProposal.proposalType) {
          case 'add':
            return addLeafNode(before, mlsProposal.add.keyPackage.leafNode)[0]
          case 'update':
            return updateLeafNode(before, mlsProposal.update.leafNode, toLeafIndex(vector.proposal_sender))
          case 'remove':
            return removeLeafNode(before, toLeafIndex(mlsProposal.remove.removed))
          default:
            throw new Error('not a change of the tree')
        }
      }
      expect(toHex(encodeRatchetTree(after()))).toBe(vector.tree_after)
      expect(toHex(await treeHashRoot(after(), suite.hash))).toBe(vector.tree_hash_after)
    })
    expect(ran).toBe('5 of 5')
  })

  test('[MLS-1] tree-validation', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<TreeValidation>('tree-validation', async (vector, suite) => {
      const tree = whole(decodeRatchetTree(hex(vector.tree), 0))
      const groupId = hex(vector.group_id)
      for (const [node, expected] of vector.resolutions.entries()) {
        expect(resolution(tree, toNodeIndex(node))).toEqual(expected)
      }
      for (const [node, expected] of vector.tree_hashes.entries()) {
        expect(toHex(await treeHash(tree, toNodeIndex(node), suite.hash))).toBe(expected)
      }
      expect(await verifyParentHashes(tree, suite.hash)).toBe(true)
      // the whole validation, as a joiner runs it: every signature, the parent hashes, the patched unmerged leaves
      const { lifetimeConfig, authService } = defaultClientConfig
      const rootHash = await treeHashRoot(tree, suite.hash)
      const groupContext = context(suite, { groupId, treeHash: rootHash })
      expect(
        await validateRatchetTree(tree, groupContext, lifetimeConfig, authService, rootHash, suite),
      ).toBeUndefined()
    })
    expect(ran).toBe('56 of 98')
  })

  test('[MLS-1] welcome', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<WelcomeVector>('welcome', async (vector, suite) => {
      const [keyPackage, welcome] = [message(vector.key_package), message(vector.welcome)]
      if (keyPackage.wireformat !== 'mls_key_package' || welcome.wireformat !== 'mls_welcome')
        throw new Error('no welcome')
      const reference = await makeKeyPackageRef(keyPackage.keyPackage, suite.hash)
      const key = await suite.hpke.importPrivateKey(hex(vector.init_priv))
      const secrets = await decryptGroupSecrets(key, reference, welcome.welcome, suite.hpke)
      if (secrets === undefined) throw new Error('no secrets')
      const zeroes = new Uint8Array(suite.kdf.size)
      const info = await decryptGroupInfo(welcome.welcome, secrets.joinerSecret, zeroes, suite)
      if (info === undefined) throw new Error('no group info')
      expect(await verifyGroupInfoSignature(info, hex(vector.signer_pub), suite.signature)).toBe(true)
      expect(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, zeroes, suite)).toBe(true)
    })
    expect(ran).toBe('4 of 7')
  })

  test('[MLS-1] passive-client-welcome', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<PassiveClient>('passive-client-welcome', async (vector, suite) => {
      const [keyPackage, welcome] = [message(vector.key_package), message(vector.welcome)]
      if (keyPackage.wireformat !== 'mls_key_package' || welcome.wireformat !== 'mls_welcome')
        throw new Error('no welcome')
      const psks = Object.fromEntries(
        vector.external_psks.map((item) => [bytesToBase64(hex(item.psk_id)), hex(item.psk)]),
      )
      const state = await joinGroup(
        welcome.welcome,
        keyPackage.keyPackage,
        {
          initPrivateKey: hex(vector.init_priv),
          hpkePrivateKey: hex(vector.encryption_priv),
          signaturePrivateKey: hex(vector.signature_priv),
        },
        makePskIndex(undefined, psks),
        suite,
        vector.ratchet_tree === null ? undefined : whole(decodeRatchetTree(hex(vector.ratchet_tree), 0)),
      )
      expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator)
    })
    expect(ran).toBe('32 of 56')
  })
})
