import { DAY_MS, encodeFrame, envelopeId, FRAME_BYTES_MAX, OUTER_VERSION } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { envelopeIn } from './wire.ts'
import { ask, befriend, createWorld, messages, onlyRequest, send, states, texts } from './world.ts'

const MINUTE_MS = 60_000

describe('a message', () => {
  test('[DLV-1] [DLV-10] waits in the outbox while the other is away, through a restart, and goes when they are back', async () => {
    await using world = await createWorld()
    const [away, here] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, away, here)
    await away.stop()
    await send(here, id, 'one')
    const bob = await world.restart(here)
    await send(bob, id, 'two')
    await world.pass(3 * DAY_MS)
    expect(await states(bob, id)).toEqual(['queued', 'queued'])
    expect(await bob.engine.call('network.get', {})).toMatchObject({ waitingMessages: 2, peers: [] })
    const alice = await world.restart(away)
    await world.pass(70_000)
    expect(await texts(alice, id)).toEqual(['one', 'two'])
    expect(await states(bob, id)).toEqual(['delivered', 'delivered'])
    expect(await bob.engine.call('network.get', {})).toMatchObject({ waitingMessages: 0 })
  })

  test('[DLV-1] survives a restart of either side in the middle of a conversation, once and in order', async () => {
    await using world = await createWorld()
    let [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    for (let round = 0; round < 4; round++) {
      await send(alice, id, `a${round}`)
      await world.pass(3)
      await send(bob, id, `b${round}`)
      if (round % 2 === 0) alice = await world.restart(alice)
      else bob = await world.restart(bob)
      await world.pass(700)
    }
    await world.pass(70_000)
    expect(await texts(bob, id)).toEqual(await texts(alice, id))
    expect([...(await texts(alice, id))].sort()).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3'])
    expect(new Set([...(await states(alice, id)), ...(await states(bob, id))])).toEqual(new Set(['delivered']))
  })

  test('[DLV-4] [DLV-8] whose acknowledgement is lost goes again, the same bytes, and is shown once', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(10_000)
    bob.wire.bend = () => undefined
    const before = alice.wire.envelopes.length
    await send(bob, id, 'hello?')
    await world.pass(10_000)
    const repeated = alice.wire.envelopes.slice(before).map((bytes) => Buffer.from(envelopeId(bytes)).toString('hex'))
    expect(repeated.length).toBeGreaterThan(2)
    expect(new Set(repeated).size).toBe(1)
    expect(await states(bob, id)).toEqual(['queued'])
    bob.wire.bend = (frame) => frame
    await world.pass(10_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['hello?'], ['delivered']])
  })

  test('[SYN-6] that got lost on the way is missed and repaired within five seconds, while connected', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(bob, id, 'first')
    await world.pass(5_000)
    // A hole that no acknowledgement tells of: Alice's disk forgets one message that it had acknowledged.
    await send(bob, id, 'lost')
    await world.pass(1_000)
    const [lost] = (await messages(alice, id)).slice(-1)
    const reopened = await world.restart(alice)
    reopened.disk.store.run('DELETE FROM entries WHERE id = ?', [new Uint8Array(Buffer.from(lost?.id ?? '', 'hex'))])
    await world.pass(70_000)
    await send(bob, id, 'after')
    await world.pass(5_000)
    expect(await texts(reopened, id)).toEqual(['first', 'lost', 'after'])
    expect((await messages(reopened, id)).some(({ hasGapBefore }) => hasGapBefore)).toBe(false)
  })

  test('[SYN-6] that is the last one and got lost is missed as well', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(bob, id, 'first')
    await world.pass(5_000)
    alice.wire.bend = (frame) =>
      envelopeIn(frame) === undefined ? frame : (bob.wire.inject(alice.peerId, acknowledge(frame)), undefined)
    await send(bob, id, 'last')
    await world.pass(100)
    alice.wire.bend = (frame) => frame
    expect(await states(bob, id)).toEqual(['delivered', 'sent'])
    await world.pass(5_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([
      ['first', 'last'],
      ['delivered', 'delivered'],
    ])
  })

  test('[DLV-6] that is refused once is sealed again and arrives', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    alice.wire.bend = (frame) => {
      const bytes = envelopeIn(frame)
      if (bytes === undefined) return frame
      alice.wire.bend = (next) => next
      bob.wire.inject(alice.peerId, { type: 'refuse', ids: [envelopeId(bytes)], reason: 'undecryptable' })
      return undefined
    }
    await send(bob, id, 'try again')
    await world.pass(5_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['try again'], ['delivered']])
  })

  test('[DLV-6] [CNV-10] that is refused twice gets a new group, and the conversation goes on in it, both ways', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(alice, id, 'before')
    await world.pass(5_000)
    const dark = await world.restart(alice)
    dark.disk.store.run('DELETE FROM epochs')
    const blind = await world.restart(dark)
    await world.pass(70_000)
    await send(bob, id, 'can you read me?')
    await world.pass(10_000)
    expect(await texts(blind, id)).toEqual(['before', 'can you read me?'])
    await send(blind, id, 'I can')
    await world.pass(5_000)
    expect(await texts(bob, id)).toEqual(['before', 'can you read me?', 'I can'])
    expect([await states(bob, id), await states(blind, id)]).toEqual([['delivered'], ['delivered', 'delivered']])
  })

  test('[DLV-6] that nobody can ever read fails in the end, says why, and may be tried again by hand', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    const refuseAll = (frame: Uint8Array) => {
      const bytes = envelopeIn(frame)
      if (bytes === undefined) return frame
      bob.wire.inject(alice.peerId, { type: 'refuse', ids: [envelopeId(bytes)], reason: 'undecryptable' })
      return undefined
    }
    alice.wire.bend = refuseAll
    await send(bob, id, 'hello')
    await world.pass(30_000)
    const [failed] = await messages(bob, id)
    expect(failed).toMatchObject({ state: 'failed', failure: 'undecryptable' })
    alice.wire.bend = (frame) => frame
    await bob.engine.call('messages.retry', { conversation: id, message: failed?.id ?? '' })
    await world.pass(10_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['hello'], ['delivered']])
  })

  test('[CNV-10] to somebody who lost everything: they ask again with the same words, and the conversation goes on', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    const old = await world.open('Bob')
    const id = await befriend(world, alice, old)
    await send(old, id, 'I have an old disk')
    await world.pass(5_000)
    const { phrase } = await old.engine.call('me.recoveryPhrase', {})
    await old.stop()
    await send(alice, id, 'are you there?')
    await world.pass(MINUTE_MS)
    const bob = await world.open('Bob', { recoveryPhrase: phrase })
    expect(bob.account).toBe(old.account)
    expect((await ask(world, bob, alice)).id).toBe(id)
    await world.pass(10_000)
    expect(await alice.engine.call('requests.list', {})).toEqual([])
    await send(alice, id, 'welcome back')
    await world.pass(10_000)
    const received = await texts(bob, id)
    expect(received.filter((text) => text === 'are you there?' || text === 'welcome back')).toEqual([
      'are you there?',
      'welcome back',
    ])
    await send(bob, id, 'thanks')
    await world.pass(10_000)
    expect((await texts(alice, id)).slice(-3)).toEqual(['are you there?', 'welcome back', 'thanks'])
    expect(await states(alice, id)).toEqual(['delivered', 'delivered'])
  })

  test('[CNV-10] [CNV-11] to somebody who lost everything and sent us a new invite: following it is enough', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    const old = await world.open('Bob')
    const id = await befriend(world, alice, old)
    const { phrase } = await old.engine.call('me.recoveryPhrase', {})
    await old.stop()
    await send(alice, id, 'are you there?')
    const bob = await world.open('Bob', { recoveryPhrase: phrase })
    await ask(world, alice, bob)
    await bob.engine.call('requests.accept', { id: (await onlyRequest(bob)).id })
    await world.pass(10_000)
    await send(bob, id, 'here I am')
    await send(alice, id, 'at last')
    await world.pass(10_000)
    expect((await texts(bob, id)).filter((text) => text !== 'here I am')).toEqual(['are you there?', 'at last'])
    expect(await states(alice, id)).toEqual(['delivered', 'delivered'])
    expect(await texts(alice, id)).toContain('here I am')
  })
})

const acknowledge = (frame: Uint8Array) => encodeFrame({ type: 'ack', ids: [envelopeId(envelopeIn(frame) ?? frame)] })

describe('a link', () => {
  test('[WIRE-2] closes at a malformed frame and comes back; what was on its way arrives', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    for (const bad of [
      Uint8Array.of(0xff),
      new Uint8Array(FRAME_BYTES_MAX),
      encodeFrame({ type: 'auth', flight: new Uint8Array(9) }),
    ]) {
      const made = alice.wire.linksMade
      await send(bob, id, 'meanwhile')
      alice.wire.inject(bob.peerId, bad)
      await world.pass(MINUTE_MS)
      expect([alice.wire.links, alice.wire.linksMade > made]).toEqual([1, true])
    }
    expect(await texts(alice, id)).toEqual(['meanwhile', 'meanwhile', 'meanwhile'])
  })

  test('[DLV-6] [DLV-8] stays open when envelopes are tampered with, replayed, swapped or not ours; nothing is shown or lost', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const carol = await world.open('Carol')
    const id = await befriend(world, alice, bob)
    const other = await befriend(world, alice, carol)
    await send(alice, id, 'for Bob only')
    await world.pass(5_000)
    const forBob = bob.wire.envelopes.filter((bytes) => bytes[0] === OUTER_VERSION).slice(0, 2)
    const links = carol.wire.links
    for (const bytes of forBob) {
      carol.wire.inject(alice.peerId, { type: 'envelope', bytes })
      bob.wire.inject(alice.peerId, { type: 'envelope', bytes })
      bob.wire.inject(alice.peerId, {
        type: 'envelope',
        bytes: bytes.map((byte, index) => (index === 60 ? byte ^ 4 : byte)),
      })
      bob.wire.inject(alice.peerId, { type: 'envelope', bytes: bytes.slice(0, -1) })
    }
    await world.pass(5_000)
    await send(alice, id, 'next')
    await send(alice, other, 'hello Carol')
    await world.pass(5_000)
    expect([await texts(bob, id), await texts(carol, other)]).toEqual([['for Bob only', 'next'], ['hello Carol']])
    expect(carol.wire.links).toBe(links)
    expect(carol.wire.sent.filter((type) => type === 'refuse unknown-epoch')).toHaveLength(2)
    expect(await states(alice, id)).toEqual(['delivered', 'delivered'])
  })

  test('[WIRE-2] ignores frames of later versions', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    alice.wire.inject(bob.peerId, Uint8Array.of(0x82, 0x18, 0x63, 0x00))
    await send(bob, id, 'still here')
    await world.pass(2_000)
    expect([await texts(alice, id), alice.wire.links]).toEqual([['still here'], 1])
  })
})
