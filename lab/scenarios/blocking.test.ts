import { describe, expect, test } from 'vitest'
import { ask, befriend, codeOf, createWorld, send, states, texts } from './world.ts'

describe('blocking', () => {
  test('[FST-23] is at once: the link ends, nothing is received, nothing is sent, and the other is not told', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    await Promise.all([send(bob, id, 'already on its way'), alice.engine.call('blocks.add', { account: bob.account })])
    await world.pass(60_000)
    expect(await texts(alice, id)).toEqual([])
    expect(await alice.engine.call('network.get', {})).toMatchObject({ peers: [] })
    expect(await codeOf(send(alice, id, 'hello'))).toBe('CONTACT_BLOCKED')
    await send(bob, id, 'are you there?')
    await world.pass(60_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([[], ['queued', 'queued']])
    expect(await alice.engine.call('conversations.list', {})).toMatchObject([{ id, status: 'blocked' }])
    expect(await bob.engine.call('conversations.list', {})).toMatchObject([
      { id, status: 'active', isConnected: false },
    ])
  })

  test('[FST-23] an envelope that had arrived and was not looked at is left alone', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    const held: Uint8Array[] = []
    alice.wire.bend = (frame) => (held.push(frame), undefined)
    await send(bob, id, 'too late')
    await world.pass(100)
    const blocked = alice.engine.call('blocks.add', { account: bob.account })
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    for (const frame of held) alice.wire.inject(bob.peerId, frame)
    await blocked
    await world.pass(5_000)
    expect(await texts(alice, id)).toEqual([])
    alice.wire.bend = (frame) => frame
    await alice.engine.call('blocks.remove', { account: bob.account })
    await world.pass(70_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['too late'], ['delivered']])
  })

  test('[FST-24] unblocking delivers what waited on both sides', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    bob.wire.setOnline(false)
    await world.pass(1_000)
    await send(alice, id, 'before the block')
    await alice.engine.call('blocks.add', { account: bob.account })
    bob.wire.setOnline(true)
    await send(bob, id, 'during the block')
    await world.pass(60_000)
    expect([await texts(alice, id), await texts(bob, id)]).toEqual([['before the block'], ['during the block']])
    await alice.engine.call('blocks.remove', { account: bob.account })
    await world.pass(70_000)
    expect([...(await texts(alice, id))].sort()).toEqual(['before the block', 'during the block'])
    expect(await texts(bob, id)).toEqual(await texts(alice, id))
    expect([await states(alice, id), await states(bob, id)]).toEqual([['delivered'], ['delivered']])
  })

  test('[FST-23] a stranger who was blocked asks in vain, also after a restart; the others are not disturbed', async () => {
    await using world = await createWorld()
    let alice = await world.open('Alice')
    const [mallory, bob] = [await world.open('Mallory'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await alice.engine.call('blocks.add', { account: mallory.account })
    alice = await world.restart(alice)
    await ask(world, mallory, alice, 'it is me')
    await world.pass(20_000)
    expect(await alice.engine.call('requests.list', {})).toEqual([])
    await send(bob, id, 'hello')
    await world.pass(70_000)
    expect(await texts(alice, id)).toEqual(['hello'])
  })

  test('[FST-23] blocking somebody who waits for an answer removes their request', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { id } = await ask(world, bob, alice, 'please')
    await alice.engine.call('blocks.add', { account: bob.account })
    expect(await alice.engine.call('requests.list', {})).toEqual([])
    expect(
      await codeOf(alice.engine.call('contacts.add', { link: (await bob.engine.call('invites.create', {})).link })),
    ).toBe('CONTACT_BLOCKED')
    expect(await codeOf(alice.engine.call('messages.page', { conversation: id }))).toBe('CONVERSATION_NOT_FOUND')
  })
})
