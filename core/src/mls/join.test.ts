import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import type { Extension, GroupContext, Node } from 'ts-mls'
import { encodeMlsMessage } from 'ts-mls'
import { createConfirmationTag } from 'ts-mls/framedContent.js'
import { extractWelcomeSecret, signGroupInfo } from 'ts-mls/groupInfo.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { deriveKeySchedule } from 'ts-mls/keySchedule.js'
import { encodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { treeHashRoot } from 'ts-mls/treeHash.js'
import { encryptGroupInfo, encryptGroupSecrets } from 'ts-mls/welcome.js'
import { describe, expect, test } from 'vitest'
import { concat, utf8 } from '../base/bytes.ts'
import { MLS_LEAVES_MAX, MLS_TREE_BYTES_MAX } from '../base/limits.ts'
import { groupInfo, joinGroup } from './index.ts'
import { parseKeyPackage } from './key-package.ts'
import { suiteOf } from './suite.ts'
import { commit, createScene, exporter } from './testing/scene.ts'
import type { Invitable } from './testing/scene.ts'
import { isPermittedTree } from './tree.ts'
import type { Group } from './types.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')
const refused = (reason: string) => ({ ok: false, reason })
const suite = suiteOf(alice.context)

const join = (welcome: Uint8Array, own: Invitable) => joinGroup(bob.context, welcome, own.keyPackage, own.secrets)

interface Forgery {
  readonly tree?: (Node | undefined)[]
  readonly encodedTree?: Uint8Array
  readonly context?: Partial<GroupContext>
  readonly extensions?: Extension[]
  readonly isSigned?: boolean
  readonly isConfirmed?: boolean
  readonly hasPsk?: boolean
}

/** A welcome from alice, who holds all the keys, for a group whose contents she invents. */
async function forgeWelcome(honest: Group, invited: Invitable, forgery: Forgery = {}): Promise<Uint8Array> {
  const { state } = honest
  const tree = forgery.tree ?? state.ratchetTree
  const joinerSecret = nodeRandom(64)
  const zeroes = new Uint8Array(64)
  const groupContext = { ...state.groupContext, treeHash: await treeHashRoot(tree, suite.hash), ...forgery.context }
  const [schedule] = await deriveKeySchedule(joinerSecret, zeroes, groupContext, suite.kdf)
  const tag = await createConfirmationTag(schedule.confirmationKey, groupContext.confirmedTranscriptHash, suite.hash)
  const extensionData = forgery.encodedTree ?? encodeRatchetTree(tree)
  const info = await signGroupInfo(
    {
      groupContext,
      extensions: forgery.extensions ?? [{ extensionType: 'ratchet_tree', extensionData }],
      confirmationTag: forgery.isConfirmed === false ? zeroes : tag,
      signer: 0,
    },
    forgery.isSigned === false ? bob.signer.seed : alice.signer.seed,
    suite.signature,
  )
  const encryptedGroupInfo = await encryptGroupInfo(
    info,
    await extractWelcomeSecret(joinerSecret, zeroes, suite.kdf),
    suite,
  )
  const keyPackage = parseKeyPackage(invited.keyPackage)
  if (keyPackage === undefined) throw new Error('no key package')
  const psk = { psktype: 'external', pskId: utf8('psk'), pskNonce: zeroes } as const
  const { ct, enc } = await encryptGroupSecrets(
    await suite.hpke.importPublicKey(keyPackage.initKey),
    encryptedGroupInfo,
    { joinerSecret, pathSecret: undefined, psks: forgery.hasPsk ? [psk] : [] },
    suite.hpke,
  )
  const newMember = await makeKeyPackageRef(keyPackage, suite.hash)
  const secrets = [{ newMember, encryptedGroupSecrets: { kemOutput: enc, ciphertext: ct } }]
  const welcome = { cipherSuite: suite.name, secrets, encryptedGroupInfo }
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })
}

async function invitedBob(): Promise<{ group: Group; welcome: Uint8Array; own: Invitable }> {
  const own = await scene.invitable(bob)
  const { group, welcome } = await commit(alice, (await scene.group(alice))(alice), { add: [own.verified] })
  if (welcome === undefined) throw new Error('no welcome')
  return { group, welcome, own }
}

describe('join', () => {
  test('[MLS-1] the welcome carries the tree, and its joiner agrees with the inviter', async () => {
    const { group, welcome, own } = await invitedBob()
    const joined = await join(welcome, own)
    if (!joined.ok) throw new Error(joined.reason)
    expect(groupInfo(joined.value)).toEqual({ ...groupInfo(group), ownLeaf: 1 })
    expect(await exporter(bob, joined.value)).toEqual(await exporter(alice, group))
    // the forger of the next tests forges well: unchanged, her welcome is accepted
    expect((await join(await forgeWelcome(group, own), own)).ok).toBe(true)
  })

  test('[MLS-5] every leaf’s credential is judged', async () => {
    const { welcome, own } = await invitedBob()
    const seen: string[] = []
    const careful = {
      ...bob.context,
      authenticate: (identity: Uint8Array) => {
        seen.push(new TextDecoder().decode(identity))
        return identity.length !== 5
      },
    }
    expect(await joinGroup(careful, welcome, own.keyPackage, own.secrets)).toEqual(refused('bad-credential'))
    const all: string[] = []
    const watching = {
      ...careful,
      authenticate: (identity: Uint8Array) => all.push(new TextDecoder().decode(identity)) > 0,
    }
    expect((await joinGroup(watching, welcome, own.keyPackage, own.secrets)).ok).toBe(true)
    expect(new Set(all)).toEqual(new Set(['alice', 'bob']))
    expect(seen).toContain('alice')
  })

  test('[MLS-11] a group info that its signer did not sign or confirm is refused', async () => {
    const { group, own } = await invitedBob()
    expect(await join(await forgeWelcome(group, own, { isSigned: false }), own)).toEqual(refused('bad-signature'))
    expect(await join(await forgeWelcome(group, own, { isConfirmed: false }), own)).toEqual(refused('bad-signature'))
    expect(await join(await forgeWelcome(group, own, { context: { treeHash: nodeRandom(64) } }), own)).toEqual(
      refused('bad-tree'),
    )
  })

  test('[MLS-8] group extensions, pre-shared keys and missing trees are refused', async () => {
    const { group, own } = await invitedBob()
    const extensions = [{ extensionType: 10, extensionData: new Uint8Array() }]
    expect(await join(await forgeWelcome(group, own, { context: { extensions } }), own)).toEqual(refused('unsupported'))
    expect(await join(await forgeWelcome(group, own, { context: { epoch: 2n ** 53n } }), own)).toEqual(
      refused('unsupported'),
    )
    expect(await join(await forgeWelcome(group, own, { hasPsk: true }), own)).toEqual(refused('unsupported'))
    expect(await join(await forgeWelcome(group, own, { extensions: [] }), own)).toEqual(refused('bad-tree'))
  })

  test('[MLS-6] a tree of too many leaves is refused before it is walked', async () => {
    const { group, own } = await invitedBob()
    const [leaf] = group.state.ratchetTree
    const blanks: undefined[] = Array.from({ length: MLS_LEAVES_MAX * 2 })
    const tree = [...group.state.ratchetTree, ...blanks, leaf]
    expect(await join(await forgeWelcome(group, own, { encodedTree: encodeRatchetTree(tree) }), own)).toEqual(
      refused('bad-tree'),
    )
    const flood = new Uint8Array(MLS_TREE_BYTES_MAX - 8_192)
    const encoded = concat(
      Uint8Array.of(0x80 | (flood.length >>> 24), flood.length >>> 16, flood.length >>> 8, flood.length),
      flood,
    )
    expect(isPermittedTree(encoded)).toBe(false)
    expect(await join(await forgeWelcome(group, own, { encodedTree: encoded }), own)).toEqual(refused('bad-tree'))
    expect(await join(new Uint8Array(MLS_TREE_BYTES_MAX + 1), own)).toEqual(refused('too-large'))
  })

  test('[MLS-17] a parent that lists an unmerged leaf outside the tree is refused, and ends', async () => {
    const { group, own } = await invitedBob()
    const [first, , third] = group.state.ratchetTree
    if (first?.nodeType !== 'leaf') throw new Error('no leaf')
    for (const unmerged of [2, 5, 100, 0x7fffffff, 0xffffffff]) {
      const hpkePublicKey = await suite.hpke.exportPublicKey((await suite.hpke.generateKeyPair()).publicKey)
      const parent = { hpkePublicKey, parentHash: new Uint8Array(), unmergedLeaves: [unmerged] }
      const tree: (Node | undefined)[] = [first, { nodeType: 'parent', parent }, third]
      expect(await join(await forgeWelcome(group, own, { tree }), own)).toEqual(refused('bad-tree'))
    }
  })

  test('[MLS-7] a tree with a key nobody could encrypt to is refused', async () => {
    const { group, own } = await invitedBob()
    const [first, , third] = group.state.ratchetTree
    const parent = { hpkePublicKey: new Uint8Array(1_216).fill(255), parentHash: new Uint8Array(), unmergedLeaves: [] }
    const tree: (Node | undefined)[] = [first, { nodeType: 'parent', parent }, third]
    expect(await join(await forgeWelcome(group, own, { tree }), own)).toEqual(refused('bad-tree'))
  })

  test('[MLS-6] structure that is no tree is refused', async () => {
    const { group, own } = await invitedBob()
    const [first, , third] = group.state.ratchetTree
    const trees = [[first, first, third], [first, undefined, first], [third], [undefined, undefined, third]]
    for (const encodedTree of trees.map(encodeRatchetTree)) {
      expect((await join(await forgeWelcome(group, own, { encodedTree }), own)).ok).toBe(false)
    }
    for (const encoded of [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(1, 2), Uint8Array.of(2, 1, 1)]) {
      expect(isPermittedTree(encoded)).toBe(false)
    }
  })

  test('[MLS-4] truncated, changed or arbitrary bytes get an outcome', async () => {
    const { welcome, own } = await invitedBob()
    expect(await join(Uint8Array.of(...welcome, 0), own)).toEqual(refused('malformed'))
    await fc.assert(
      fc.asyncProperty(fc.nat(welcome.length * 8 - 1), fc.boolean(), async (bit, isCut) => {
        const mutated = isCut ? welcome.slice(0, bit >>> 3) : new Uint8Array(welcome)
        if (!isCut) mutated[bit >>> 3] = (mutated[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
        expect((await join(mutated, own)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await join(bytes, own)).ok).toBe(false)
        expect((await join(concat(welcome.subarray(0, 6), bytes), own)).ok).toBe(false)
        expect((await joinGroup(bob.context, welcome, bytes, own.secrets)).ok).toBe(false)
        expect((await joinGroup(bob.context, welcome, own.keyPackage, bytes)).ok).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
