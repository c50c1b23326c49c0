import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { decodeMlsMessage } from 'ts-mls'
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import { MLS_LEAVES_MAX } from '../base/limits.ts'
import { commitChange, encryptMessage, groupInfo, openMessage } from './index.ts'
import { suiteOf } from './suite.ts'
import { commit, createScene, exporter, NOTHING, open, say } from './testing/scene.ts'
import type { Group } from './types.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')
const carol = await scene.device('carol')
const refused = (reason: string) => ({ ok: false, reason })

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

  test('[MLS-14] a message encrypted before a commit opens with the state kept for its epoch', async () => {
    const of = await scene.group(alice, bob)
    const { message } = await encryptMessage(alice.context, of(alice), utf8('late'), NOTHING)
    const update = await commit(alice, of(alice))
    const { group } = await open(bob, of(bob), update.commit)
    expect(await openMessage(bob.context, group, message)).toEqual(refused('wrong-epoch'))
    expect(await open(bob, of(bob), message)).toMatchObject({ plaintext: utf8('late') })
  })
})
