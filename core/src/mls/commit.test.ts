import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import type { ClientState, Proposal } from 'ts-mls'
import { createCommit, createProposal, decodeMlsMessage, encodeMlsMessage } from 'ts-mls'
import { createContentCommitSignature } from 'ts-mls/framedContent.js'
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import { protectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { commitChange, encryptMessage, groupInfo, joinGroup, openMessage } from './index.ts'
import { parseKeyPackage } from './key-package.ts'
import { callConfig, suiteOf } from './suite.ts'
import { commit, createScene, exporter, NOTHING, open, say } from './testing/scene.ts'
import type { Device } from './testing/scene.ts'
import type { Group } from './types.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')
const carol = await scene.device('carol')
const refused = (reason: string) => ({ ok: false, reason })

/** A commit as a member who ignores this protocol's rules would make it. */
async function rogueCommit(
  device: Device,
  state: ClientState,
  extraProposals: Proposal[],
  wireAsPublicMessage = true,
  suite = suiteOf(device.context),
): Promise<Uint8Array> {
  const { config } = callConfig(device.context)
  const pskIndex = { findPsk: () => new Uint8Array(32) }
  const context = { state: { ...state, clientConfig: config }, cipherSuite: suite, pskIndex }
  return encodeMlsMessage((await createCommit(context, { wireAsPublicMessage, extraProposals })).commit)
}

function pathOf(bytes: Uint8Array) {
  const message = decodeMlsMessage(bytes, 0)?.[0]
  if (message?.wireformat !== 'mls_public_message' || message.publicMessage.content.contentType !== 'commit') {
    throw new Error('not a public commit')
  }
  return message.publicMessage.content.commit.path
}

describe('commit', () => {
  test('[MLS-16] a single removal shuts the removed member out', async () => {
    const of = await scene.group(alice, bob, carol)
    const removal = await commit(alice, of(alice), { remove: [2] })
    expect(removal.removed).toMatchObject([{ leaf: 2, credential: utf8('carol') }])
    const seen = await open(bob, of(bob), removal.commit)
    expect(seen).toMatchObject({ type: 'commit', isSelfRemoved: false, added: [], removed: [{ leaf: 2 }] })
    const secret = await exporter(alice, removal.group)
    expect(await exporter(bob, seen.group)).toEqual(secret)
    // she learns that she is out, and keeps what she had
    const told = await open(carol, of(carol), removal.commit)
    expect(told).toMatchObject({ type: 'commit', isSelfRemoved: true, removed: [{ leaf: 2 }] })
    expect(told.group).toBe(of(carol))
    expect(await exporter(carol, told.group)).not.toEqual(secret)
    // with everything she knows, and no path secret, she computes another epoch
    const { kdf } = suiteOf(carol.context)
    const nothing = new Uint8Array(kdf.size)
    const { initSecret } = of(carol).state.keySchedule
    const guess = await initializeEpoch(initSecret, nothing, removal.group.state.groupContext, nothing, kdf)
    expect(guess.keySchedule.exporterSecret).not.toEqual(removal.group.state.keySchedule.exporterSecret)
    const { message } = await say(alice, removal.group, 'without carol')
    const impostor: Group = {
      state: { ...of(carol).state, groupContext: removal.group.state.groupContext, keySchedule: guess.keySchedule },
    }
    expect(await openMessage(carol.context, impostor, message)).toEqual(refused('undecryptable'))
    expect((await openMessage(bob.context, seen.group, message)).ok).toBe(true)
  })

  test('[MLS-16] removals and empty changes carry a path, and every path renews the committer’s key', async () => {
    const of = await scene.group(alice, bob, carol)
    for (const change of [{}, { remove: [2] }]) {
      const path = pathOf((await commit(alice, of(alice), change)).commit)
      expect(path?.leafNode.hpkePublicKey).toBeDefined()
      const before = of(alice).state.ratchetTree[0]
      expect(before?.nodeType === 'leaf' && before.leaf.hpkePublicKey).not.toEqual(path?.leafNode.hpkePublicKey)
    }
  })

  test('[MLS-16] an honestly signed removal without a path is refused by those who stay and by the removed', async () => {
    const of = await scene.group(alice, bob, carol)
    const { groupContext, keySchedule } = of(alice).state
    const suite = suiteOf(alice.context)
    const proposal: Proposal = { proposalType: 'remove', remove: { removed: 2 } }
    const { framedContent, signature } = await createContentCommitSignature(
      groupContext,
      'mls_public_message',
      { proposals: [{ proposalOrRefType: 'proposal', proposal }], path: undefined },
      { senderType: 'member', leafIndex: 0 },
      NOTHING,
      alice.signer.seed,
      suite.signature,
    )
    const auth = { contentType: 'commit', signature, confirmationTag: new Uint8Array(64) } as const
    const content = { wireformat: 'mls_public_message', content: framedContent, auth } as const
    const publicMessage = await protectPublicMessage(keySchedule.membershipKey, groupContext, content, suite)
    const bytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage })
    expect(await openMessage(bob.context, of(bob), bytes)).toEqual(refused('invalid-commit'))
    expect(await openMessage(carol.context, of(carol), bytes)).toEqual(refused('invalid-commit'))
  })

  test('[MLS-16] the removed member believes no removal that its author did not sign', async () => {
    const of = await scene.group(alice, bob, carol)
    const { commit: bytes } = await commit(alice, of(alice), { remove: [2] })
    for (let offset = bytes.length - 200; offset < bytes.length; offset++) {
      const mutated = new Uint8Array(bytes)
      mutated[offset] = (mutated[offset] ?? 0) ^ 1
      expect((await openMessage(carol.context, of(carol), mutated)).ok).toBe(false)
    }
  })

  test('[MLS-11] names the committer before and after, the added and the removed, in a reused leaf too', async () => {
    const of = await scene.group(alice, bob)
    const invited = await scene.invitable(carol)
    const result = await commitChange(
      alice.context,
      of(alice),
      { add: [invited.verified], remove: [1] },
      utf8('header'),
    )
    if (!result.ok) throw new Error(result.reason)
    expect(result.value.added).toMatchObject([{ leaf: 1, credential: utf8('carol') }])
    expect(result.value.removed).toMatchObject([{ leaf: 1, credential: utf8('bob') }])
    expect(await open(bob, of(bob), result.value.commit)).toMatchObject({
      authenticatedData: utf8('header'),
      committer: { leaf: 0, credential: utf8('alice') },
      committerAfter: { leaf: 0, credential: utf8('alice') },
      removed: [{ leaf: 1, credential: utf8('bob') }],
      isSelfRemoved: true,
    })
  })

  test('[MLS-11] a leaf that moves to another account is shown, and refused when the credential is false', async () => {
    const of = await scene.group(alice, bob, carol)
    const { state } = of(bob)
    const leaf = state.ratchetTree[2]
    if (leaf?.nodeType !== 'leaf') throw new Error('no leaf')
    const credential = { credentialType: 'basic', identity: utf8('alice') } as const
    const ratchetTree = state.ratchetTree.with(2, { nodeType: 'leaf', leaf: { ...leaf.leaf, credential } })
    const bytes = await rogueCommit(bob, { ...state, ratchetTree }, [])
    expect(await open(alice, of(alice), bytes)).toMatchObject({
      committer: { leaf: 1, credential: utf8('bob') },
      committerAfter: { leaf: 1, credential: utf8('alice'), signaturePublicKey: bob.signer.publicKey },
    })
    const careful = { ...carol.context, authenticate: (identity: Uint8Array) => identity.length !== 5 }
    expect(await openMessage(careful, of(carol), bytes)).toEqual(refused('bad-credential'))
  })

  test('[MLS-8] refuses every proposal but inline Add and Remove', async () => {
    const of = await scene.group(alice, bob, carol)
    const extensions = [{ extensionType: 10, extensionData: NOTHING }]
    const reinit = {
      groupId: utf8('new'),
      version: 'mls10',
      cipherSuite: suiteOf(bob.context).name,
      extensions: [],
    } as const
    const preSharedKeyId = { psktype: 'external', pskId: utf8('psk'), pskNonce: new Uint8Array(64) } as const
    const forbidden: Proposal[] = [
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions } },
      { proposalType: 'reinit', reinit: { ...reinit, extensions: [] } },
      { proposalType: 'psk', psk: { preSharedKeyId } },
      { proposalType: 0xf0f0, proposalData: utf8('custom') },
    ]
    for (const proposal of forbidden) {
      const bytes = await rogueCommit(bob, of(bob).state, [proposal])
      expect(await openMessage(alice.context, of(alice), bytes)).toEqual(refused('forbidden-proposal'))
    }
  })

  test('[MLS-8] refuses proposals by reference and commits as private messages', async () => {
    const of = await scene.group(alice, bob, carol)
    const remove: Proposal = { proposalType: 'remove', remove: { removed: 2 } }
    const { newState } = await createProposal(of(bob).state, true, remove, suiteOf(bob.context))
    const byReference = await rogueCommit(bob, newState, [])
    expect(await openMessage(alice.context, of(alice), byReference)).toEqual(refused('forbidden-proposal'))
    const hidden = await rogueCommit(bob, of(bob).state, [remove], false)
    expect(await openMessage(alice.context, of(alice), hidden)).toEqual(refused('invalid-commit'))
  })

  test('[MLS-8] refuses a commit that removes nobody there, its author, or adds a member again', async () => {
    const of = await scene.group(alice, bob, carol)
    const { verified } = await scene.invitable(carol)
    expect(await commitChange(alice.context, of(alice), { add: [], remove: [7] }, NOTHING)).toEqual(
      refused('no-such-member'),
    )
    expect(await commitChange(alice.context, of(alice), { add: [], remove: [1, 1] }, NOTHING)).toEqual(
      refused('no-such-member'),
    )
    expect(await commitChange(alice.context, of(alice), { add: [], remove: [0] }, NOTHING)).toEqual(
      refused('self-removal'),
    )
    expect(await commitChange(alice.context, of(alice), { add: [verified], remove: [] }, NOTHING)).toEqual(
      refused('already-member'),
    )
    const dave = await scene.invitable(await scene.device('dave'))
    const twice = { add: [dave.verified, dave.verified], remove: [] }
    expect(await commitChange(alice.context, of(alice), twice, NOTHING)).toEqual(refused('already-member'))
    const garbage = { add: [{ ...dave.verified, bytes: utf8('garbage') }], remove: [] }
    expect(await commitChange(alice.context, of(alice), garbage, NOTHING)).toEqual(refused('bad-key-package'))
    expect((await commitChange(alice.context, of(alice), { add: [verified], remove: [2] }, NOTHING)).ok).toBe(true)
  })

  test('[MLS-6] refuses one leaf more than the limit', async () => {
    const a = (await scene.group(alice))(alice)
    const [own] = a.state.ratchetTree
    if (own?.nodeType !== 'leaf') throw new Error('no leaf')
    const ratchetTree = Array.from({ length: MLS_LEAVES_MAX * 2 - 1 }, (_, index) => {
      if (index % 2 === 1 || index === 0) return index === 0 ? own : undefined
      return { ...own, leaf: { ...own.leaf, hpkePublicKey: nodeRandom(32), signaturePublicKey: nodeRandom(32) } }
    })
    const full: Group = { state: { ...a.state, ratchetTree } }
    const { verified } = await scene.invitable(bob)
    expect(await commitChange(alice.context, full, { add: [verified], remove: [] }, NOTHING)).toEqual(
      refused('group-full'),
    )
  })

  test('[MLS-7] refuses a path or an addition with keys nobody could encrypt to', async () => {
    const of = await scene.group(alice, bob, carol)
    const base = suiteOf(bob.context)
    const suite = {
      ...base,
      hpke: { ...base.hpke, exportPublicKey: async () => nodeRandom(1_216).fill(255, 0, 1_184) },
    }
    const bytes = await rogueCommit(bob, of(bob).state, [], true, suite)
    expect(await openMessage(alice.context, of(alice), bytes)).toEqual(refused('invalid-commit'))
  })

  test('[MLS-21] refuses a path whose secrets do not derive the keys that it shows', async () => {
    const of = await scene.group(alice, bob, carol)
    const base = suiteOf(bob.context)
    // good keys, but not the ones of the secrets: whoever took them could never open a later path
    const fresh = async () => base.hpke.exportPublicKey((await base.hpke.generateKeyPair()).publicKey)
    const suite = { ...base, hpke: { ...base.hpke, exportPublicKey: fresh } }
    const bytes = await rogueCommit(bob, of(bob).state, [], true, suite)
    expect(await openMessage(alice.context, of(alice), bytes)).toEqual(refused('invalid-commit'))
    expect(await openMessage(carol.context, of(carol), bytes)).toEqual(refused('invalid-commit'))
  })

  test('[MLS-21] refuses a welcome whose path secret does not derive the keys of its tree', async () => {
    const of = await scene.group(alice, bob)
    const own = await scene.invitable(carol)
    const base = suiteOf(alice.context)
    const fresh = async () => base.hpke.exportPublicKey((await base.hpke.generateKeyPair()).publicKey)
    const { config } = callConfig(alice.context)
    const keyPackage = parseKeyPackage(own.keyPackage)
    if (keyPackage === undefined) throw new Error('no key package')
    for (const [exportPublicKey, outcome] of [
      [fresh, refused('bad-tree')],
      [base.hpke.exportPublicKey, { ok: true }],
    ] as const) {
      const { welcome } = await createCommit(
        {
          state: { ...of(alice).state, clientConfig: config },
          cipherSuite: { ...base, hpke: { ...base.hpke, exportPublicKey } },
        },
        {
          wireAsPublicMessage: true,
          ratchetTreeExtension: true,
          extraProposals: [
            { proposalType: 'remove', remove: { removed: 1 } },
            { proposalType: 'add', add: { keyPackage } },
          ],
        },
      )
      if (welcome === undefined) throw new Error('no welcome')
      const bytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })
      expect(await joinGroup(carol.context, bytes, own.keyPackage, own.secrets)).toMatchObject(outcome)
    }
  })

  test('[MLS-6] refuses a leaf that drops what every other leaf relies on', async () => {
    const of = await scene.group(alice, bob, carol)
    const { state } = of(bob)
    const leaf = state.ratchetTree[2]
    if (leaf?.nodeType !== 'leaf') throw new Error('no leaf')
    const capabilities = { ...leaf.leaf.capabilities, credentials: [] }
    const ratchetTree = state.ratchetTree.with(2, { nodeType: 'leaf', leaf: { ...leaf.leaf, capabilities } })
    const bytes = await rogueCommit(bob, { ...state, ratchetTree }, [])
    expect(await openMessage(alice.context, of(alice), bytes)).toEqual(refused('invalid-commit'))
  })

  test('[MLS-5] an addition whose credential is refused by the receiver is refused', async () => {
    const of = await scene.group(alice, bob)
    const { verified } = await scene.invitable(carol)
    const { commit: bytes } = await commit(alice, of(alice), { add: [verified] })
    const careful = { ...bob.context, authenticate: (identity: Uint8Array) => identity[0] !== 'c'.charCodeAt(0) }
    expect(await openMessage(careful, of(bob), bytes)).toEqual(refused('bad-credential'))
    const late = { ...alice.context, authenticate: careful.authenticate }
    expect(await commitChange(late, of(alice), { add: [verified], remove: [] }, NOTHING)).toEqual(
      refused('bad-key-package'),
    )
  })

  test('[MLS-19] two commits on one epoch: both branches live on, and so does their parent', async () => {
    const of = await scene.group(alice, bob, carol)
    const byAlice = await commit(alice, of(alice), { remove: [2] })
    const byBob = await commit(bob, of(bob))
    const aliceOnBob = await open(alice, of(alice), byBob.commit)
    const bobOnAlice = await open(bob, of(bob), byAlice.commit)
    const carolOnBob = await open(carol, of(carol), byBob.commit)
    expect(await exporter(bob, bobOnAlice.group)).toEqual(await exporter(alice, byAlice.group))
    expect(await exporter(alice, aliceOnBob.group)).toEqual(await exporter(bob, byBob.group))
    expect(await exporter(carol, carolOnBob.group)).toEqual(await exporter(bob, byBob.group))
    for (const [from, sender, to, receiver] of [
      [alice, byAlice.group, bob, bobOnAlice.group],
      [bob, byBob.group, carol, carolOnBob.group],
      [carol, of(carol), alice, of(alice)],
    ] as const) {
      const { message } = await say(from, sender, 'still here')
      expect(await open(to, receiver, message)).toMatchObject({ plaintext: utf8('still here') })
    }
    const third = await commit(alice, of(alice))
    expect((await open(bob, of(bob), third.commit)).type).toBe('commit')
    const onBranch = await commit(bob, bobOnAlice.group)
    expect(await open(alice, byAlice.group, onBranch.commit)).toMatchObject({ committer: { leaf: 1 } })
  })

  test('[MLS-20] its own commit, and one of another epoch, are refused by name', async () => {
    const of = await scene.group(alice, bob)
    const first = await commit(alice, of(alice))
    expect(await openMessage(alice.context, of(alice), first.commit)).toEqual(refused('own-message'))
    const { group } = await open(bob, of(bob), first.commit)
    expect(await openMessage(bob.context, group, first.commit)).toEqual(refused('wrong-epoch'))
    expect(groupInfo(group).confirmationTag).toEqual(groupInfo(first.group).confirmationTag)
  })

  test('[MLS-8] a removed member’s commit is refused', async () => {
    const of = await scene.group(alice, bob, carol)
    const removal = await commit(alice, of(alice), { remove: [2] })
    const { group } = await open(bob, of(bob), removal.commit)
    const context = removal.group.state.groupContext
    const revenge = await rogueCommit(carol, { ...of(carol).state, groupContext: context }, [])
    expect(await openMessage(bob.context, group, revenge)).toEqual(refused('unknown-sender'))
  })

  test('[MLS-4] no changed bit of a commit is accepted, and none throws', async () => {
    const of = await scene.group(alice, bob, carol)
    const { verified } = await scene.invitable(await scene.device('dave'))
    const { commit: bytes } = await commit(alice, of(alice), { add: [verified], remove: [2] })
    expect(await openMessage(bob.context, of(bob), Uint8Array.of(...bytes, 0))).toEqual(refused('malformed'))
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), fc.boolean(), async (bit, isCut) => {
        const mutated = isCut ? bytes.slice(0, bit >>> 3) : new Uint8Array(bytes)
        if (!isCut) mutated[bit >>> 3] = (mutated[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
        expect((await openMessage(bob.context, of(bob), mutated)).ok).toBe(false)
      }),
      { numRuns: 800 },
    )
    expect((await openMessage(bob.context, of(bob), bytes)).ok).toBe(true)
  })

  test('[MLS-14] a message encrypted before a commit opens with the state kept for its epoch', async () => {
    const of = await scene.group(alice, bob)
    const { message } = await encryptMessage(alice.context, of(alice), utf8('late'), NOTHING)
    const update = await commit(alice, of(alice))
    const { group } = await open(bob, of(bob), update.commit)
    expect(await openMessage(bob.context, group, message)).toEqual(refused('wrong-epoch'))
    expect(await open(bob, of(bob), message)).toMatchObject({ plaintext: utf8('late') })
  })
})
