import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { describe, expect, test } from 'vitest'
import { toHex, utf8, zero } from '../base/bytes.ts'
import { decodeGroup, encodeGroup, eraseGroup, exportSecret, groupInfo, openMessage } from './index.ts'
import { commit, createScene, exporter, must, open, say } from './testing/scene.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')

describe('group', () => {
  test('[MLS-1] a group and its members agree on who is in it', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const info = groupInfo(a)
    expect(info).toMatchObject({ epoch: 1, ownLeaf: 0 })
    expect(info.members.map(({ leaf, credential }) => [leaf, toHex(credential)])).toEqual([
      [0, toHex(utf8('alice'))],
      [1, toHex(utf8('bob'))],
    ])
    expect(groupInfo(b)).toEqual({ ...info, ownLeaf: 1 })
  })

  test('[MLS-13] exported secrets are equal for members and differ by label, context, length and epoch', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const secret = await exportSecret(alice.context, a, 'mailbox', utf8('1'), 32)
    expect(await exportSecret(bob.context, b, 'mailbox', utf8('1'), 32)).toEqual(secret)
    const others = [
      await exportSecret(bob.context, b, 'topic', utf8('1'), 32),
      await exportSecret(bob.context, b, 'mailbox', utf8('2'), 32),
      (await exportSecret(bob.context, b, 'mailbox', utf8('1'), 40)).slice(0, 32),
      await exportSecret(alice.context, (await commit(alice, a)).group, 'mailbox', utf8('1'), 32),
    ]
    expect(new Set([secret, ...others].map(toHex)).size).toBe(5)
  })

  test('[MLS-14] a state goes on after encode and decode, wherever it stood', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const first = await say(alice, a, 'one')
    const second = await say(alice, first.group, 'two')
    const opened = await open(bob, b, second.message)
    const storedAlice = must(decodeGroup(alice.context, encodeGroup(second.group)))
    const storedBob = must(decodeGroup(bob.context, encodeGroup(opened.group)))
    expect(encodeGroup(storedBob)).toEqual(encodeGroup(opened.group))
    expect(await open(bob, storedBob, first.message)).toMatchObject({ plaintext: utf8('one') })
    const update = await commit(alice, storedAlice)
    const after = await open(bob, storedBob, update.commit)
    expect(await exporter(bob, after.group)).toEqual(await exporter(alice, update.group))
  })

  test('[MLS-14] a decoded state borrows nothing from the stored bytes', async () => {
    const [a] = await scene.pair(alice, bob)
    const bytes = encodeGroup(a)
    const before = await exporter(alice, a)
    const decoded = must(decodeGroup(alice.context, bytes))
    zero(bytes)
    expect(await exporter(alice, decoded)).toEqual(before)
  })

  test('[MLS-4] refuses every truncation of a stored state and any trailing byte', async () => {
    const a = (await scene.group(alice))(alice)
    const bytes = encodeGroup(a)
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeGroup(alice.context, bytes.subarray(0, length)).ok).toBe(false)
    }
    expect(decodeGroup(alice.context, Uint8Array.of(...bytes, 0))).toEqual({ ok: false, reason: 'malformed' })
    expect(decodeGroup(alice.context, Uint8Array.of(2, ...bytes))).toEqual({ ok: false, reason: 'unknown-format' })
  })

  test('[MLS-12] a state holds the keys of its own epoch only', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const old = await say(alice, a, 'old')
    const first = await commit(alice, old.group)
    const second = await commit(alice, first.group)
    const third = await commit(alice, second.group)
    expect(encodeGroup(third.group).length).toBe(encodeGroup(second.group).length)
    expect(second.group.state.historicalReceiverData.size).toBe(0)
    const moved = await open(bob, b, first.commit)
    expect(moved.group.state.historicalReceiverData.size).toBe(0)
  })

  test('[MLS-15] erasing what a message used up leaves the new state whole and the old one useless', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const one = await say(alice, a, 'one')
    const two = await say(alice, one.group, 'two')
    for (const secret of [...one.erase, ...two.erase]) zero(secret)
    const late = await open(bob, b, two.message)
    if (late.type !== 'application') throw new Error('not a message')
    for (const secret of late.erase) zero(secret)
    const early = await open(bob, late.group, one.message)
    expect(early).toMatchObject({ plaintext: utf8('one') })
    const three = await say(alice, two.group, 'three')
    expect(await open(bob, early.group, three.message)).toMatchObject({ plaintext: utf8('three') })
    const again = await say(alice, a, 'one')
    expect((await openMessage(bob.context, b, again.message)).ok).toBe(false)
  })

  test('[MLS-15] erasing a pruned epoch leaves its descendants whole', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const next = await commit(alice, a)
    const moved = await open(bob, b, next.commit)
    eraseGroup(a)
    eraseGroup(b)
    const message = await say(alice, next.group, 'on')
    expect(await open(bob, moved.group, message.message)).toMatchObject({ plaintext: utf8('on') })
    const answer = await commit(bob, moved.group)
    const heard = await open(alice, message.group, answer.commit)
    expect(await exporter(alice, heard.group)).toEqual(await exporter(bob, answer.group))
    expect(a.state.keySchedule.exporterSecret.every((byte) => byte === 0)).toBe(true)
  })
})
