import { describe, expect, it } from 'vitest'
import { prepareBundle } from '../account/bundle.ts'
import type { Session } from '../links/session.ts'
import { deviceByPeer } from '../store/devices.ts'
import { createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { takeBundle } from './contacts.ts'

const bundleOf = async ({ context, clock }: TestNode, addresses: readonly string[] = []) => {
  const made = await prepareBundle(context, { addresses, now: clock.now(), hasOneTimeKeyPackage: false })
  context.store.transaction(() => made.save())
  return made.bundle
}
/** Alice gets `bytes` over a link that `from` has authenticated. */
const take = (alice: TestNode, from: TestNode, bytes: Uint8Array) => {
  const { account, peerId } = from.context.self
  const session = { account, peerId } as Session
  return alice.context.turns.runAlone('input', () => takeBundle(alice.context, session, bytes, alice.clock.now()))
}

describe('a bundle from a link', () => {
  it('[FST-21] counts when it is of the device at the other end, and newer', async () => {
    const { alice, bob } = await createPair()
    const held = () => deviceByPeer(alice.context.store, bob.context.self.peerId)
    const first = await bundleOf(bob, ['/memory/one'])
    expect(await take(alice, bob, first.bytes)).toBe(true)
    expect(held()?.addresses).toEqual(['/memory/one'])
    const second = await bundleOf(bob, ['/memory/two'])
    expect(second.sequence).toBeGreaterThan(first.sequence)
    await take(alice, bob, second.bytes)
    await take(alice, bob, first.bytes)
    expect([held()?.addresses, held()?.bundleSequence]).toEqual([['/memory/two'], second.sequence])
  })

  it('[FST-21] of another device, of a stranger, or in no form is ignored', async () => {
    const { clock, alice, bob } = await createPair()
    const carol = await createTestNode(clock, 9)
    const before = JSON.stringify(deviceByPeer(alice.context.store, bob.context.self.peerId))
    const ofCarol = await bundleOf(carol)
    expect(await take(alice, bob, ofCarol.bytes)).toBe(false)
    expect(await take(alice, carol, ofCarol.bytes)).toBe(false)
    expect(await take(alice, bob, ofCarol.bytes.slice(0, -1))).toBe(false)
    expect(JSON.stringify(deviceByPeer(alice.context.store, bob.context.self.peerId))).toBe(before)
    expect(deviceByPeer(alice.context.store, carol.context.self.peerId)).toBeUndefined()
  })
})
