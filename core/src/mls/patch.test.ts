/** What patches/ts-mls+1.6.4.patch changes. Each test fails on the library as published. */
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import type { Node } from 'ts-mls'
import { validateRatchetTree } from 'ts-mls/clientState.js'
import { verifyParentHashes } from 'ts-mls/parentHash.js'
import { describe, expect, test } from 'vitest'
import { KEY_PACKAGE_LIFETIME_MS } from '../base/limits.ts'
import { commitChange, generateKeyPackage, joinGroup, verifyKeyPackage } from './index.ts'
import { callConfig, suiteOf } from './suite.ts'
import { commit, createScene, exporter, guessWithoutPath, must, NOTHING, open } from './testing/scene.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const [alice, bob, carol, dave, erin, frank, grace] = await Promise.all([
  scene.device('alice'),
  scene.device('bob'),
  scene.device('carol'),
  scene.device('dave'),
  scene.device('erin'),
  scene.device('frank'),
  scene.device('grace'),
])
const suite = suiteOf(alice.context)

describe('patched library', () => {
  test('[MLS-17] a tree whose inner node lists more unmerged leaves than its ancestor can be joined', async () => {
    const of = await scene.group(alice, bob, carol, dave, erin)
    // alice's path now covers the tree; leaf 1 is refilled and unmerged below alice's nodes only
    const removal = await commit(alice, of(alice), { remove: [1] })
    const refill = await scene.invitable(frank)
    const filled = await commit(alice, removal.group, { add: [refill.verified] })
    let carolState = (await open(carol, of(carol), removal.commit)).group
    carolState = (await open(carol, carolState, filled.commit)).group
    const last = await scene.invitable(grace)
    const added = await commit(carol, carolState, { add: [last.verified] })
    if (added.welcome === undefined) throw new Error('no welcome')
    const joined = await joinGroup(grace.context, added.welcome, last.keyPackage, last.secrets)
    expect(joined.ok ? 'joined' : joined.reason).toBe('joined')
    expect(await exporter(grace, must(joined))).toEqual(await exporter(carol, added.group))
  })

  test('[MLS-17] an unmerged leaf must be a non-blank descendant of the node that lists it, and within the tree', async () => {
    const { state } = (await scene.group(alice, bob, carol))(alice)
    const hpkePublicKey = await suite.hpke.exportPublicKey((await suite.hpke.generateKeyPair()).publicKey)
    // leaf 2 is there but below another node; 3 is blank; the others are nowhere
    for (const unmerged of [2, 3, 4, 1_000, 0xffffffff]) {
      const parent: Node = {
        nodeType: 'parent',
        parent: { hpkePublicKey, parentHash: NOTHING, unmergedLeaves: [unmerged] },
      }
      const tree = state.ratchetTree.with(1, parent)
      const { config } = callConfig(alice.context)
      const verdict = await validateRatchetTree(
        tree,
        state.groupContext,
        config.lifetimeConfig,
        config.authService,
        NOTHING,
        suite,
      )
      expect(verdict?.message).toBe('Unmerged leaf did not represent a non-blank descendant leaf node')
    }
  })

  test('[MLS-17] an inner node that does not list the leaf is still refused', async () => {
    const { state } = (await scene.group(alice, bob, carol))(alice)
    const node = async (unmergedLeaves: number[]): Promise<Node> => {
      const hpkePublicKey = await suite.hpke.exportPublicKey((await suite.hpke.generateKeyPair()).publicKey)
      return { nodeType: 'parent', parent: { hpkePublicKey, parentHash: NOTHING, unmergedLeaves } }
    }
    const { config } = callConfig(alice.context)
    const judge = (tree: (Node | undefined)[]) =>
      validateRatchetTree(tree, state.groupContext, config.lifetimeConfig, config.authService, NOTHING, suite)
    const tree = state.ratchetTree.with(3, await node([1]))
    expect((await judge(tree.with(1, await node([]))))?.message).toContain('must list leaf node')
    expect((await judge(tree.with(1, await node([1]))))?.message).not.toContain('must list leaf node')
  })

  test('[MLS-17] only leaves that committed cost parent hashes when a tree is checked', async () => {
    const of = await scene.group(alice, bob, carol, dave, erin, frank, grace)
    const { group } = await commit(alice, of(alice))
    let hashes = 0
    const counting = { ...suite.hash, digest: (data: Uint8Array) => (hashes++, suite.hash.digest(data)) }
    expect(await verifyParentHashes(group.state.ratchetTree, counting)).toBe(true)
    // one chain from alice's leaf: three parents, whose siblings span 1, 2 and 4 leaves of hashes, and themselves
    expect(hashes).toBe(1 + 3 + 7 + 3)
  })

  test('[MLS-16] a member who is left alone shuts the last other out, from whichever leaf', async () => {
    const of = await scene.group(alice, bob)
    for (const [stays, leaves, leaf] of [
      [alice, bob, 1],
      [bob, alice, 0],
    ] as const) {
      const { group } = await commit(stays, of(stays), { remove: [leaf] })
      expect(await guessWithoutPath(leaves, of(leaves), group)).not.toEqual(group.state.keySchedule.exporterSecret)
      const again = await commit(stays, group)
      expect(await guessWithoutPath(stays, group, again.group)).not.toEqual(
        again.group.state.keySchedule.exporterSecret,
      )
    }
  })

  test('[MLS-18] additions are judged by the caller’s clock alone', async () => {
    for (const notBefore of [0, 4_000_000_000_000]) {
      const options = { notBefore, notAfter: notBefore + KEY_PACKAGE_LIFETIME_MS, isLastResort: false }
      const { keyPackage } = await generateKeyPackage(bob.context, bob.signer, options)
      const verified = must(await verifyKeyPackage(alice.context, keyPackage, notBefore))
      const group = (await scene.group(alice))(alice)
      const outcome = await commitChange(alice.context, group, { add: [verified], remove: [] }, NOTHING)
      expect(outcome.ok ? 'committed' : outcome.reason).toBe('committed')
    }
  })
})
