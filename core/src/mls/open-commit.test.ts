import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import type { ClientState, Proposal } from 'ts-mls'
import { createCommit, createProposal, encodeMlsMessage } from 'ts-mls'
import { createContentCommitSignature } from 'ts-mls/framedContent.js'
import { protectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import { joinGroup, openMessage } from './index.ts'
import { parseKeyPackage } from './key-package.ts'
import { callConfig, suiteOf } from './suite.ts'
import { commit, createScene, NOTHING, open } from './testing/scene.ts'
import type { Device } from './testing/scene.ts'

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

describe('open commit', () => {
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
})
