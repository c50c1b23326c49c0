import { DAY_MS } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { ask, befriend, codeOf, createWorld, onlyRequest, send, states, texts } from './world.ts'

describe('meeting', () => {
  test('[FST-17] [FST-18] Bob asks with his first words; Alice sees them, accepts, and they are the first message', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { id, status } = await ask(world, bob, alice, 'Is the bike still there?')
    expect(status).toBe('invited')
    const request = await onlyRequest(alice)
    expect(request).toMatchObject({ account: bob.account, name: 'Bob', text: 'Is the bike still there?' })
    const accepted = await alice.engine.call('requests.accept', { id: request.id })
    expect(accepted).toMatchObject({ id, status: 'active', name: 'Bob' })
    await world.pass(2_000)
    expect([await texts(alice, id), await texts(bob, id)]).toEqual([
      ['Is the bike still there?'],
      ['Is the bike still there?'],
    ])
    expect(await states(bob, id)).toEqual(['delivered'])
    expect(await alice.engine.call('requests.list', {})).toEqual([])
  })

  test('[NET-21] where each of them is may be learned by the other when they are contacts, and not before', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await ask(world, bob, alice)
    expect([...alice.wire.permitted, ...bob.wire.permitted]).toEqual([])
    await alice.engine.call('requests.accept', { id: (await onlyRequest(alice)).id })
    await world.pass(2_000)
    expect([[...alice.wire.permitted], [...bob.wire.permitted]]).toEqual([[bob.peerId], [alice.peerId]])
    alice.wire.setOnline(false)
    alice.wire.setOnline(true)
    await world.pass(5_000)
    expect(alice.wire.permitted.size).toBe(1)
  })

  test('[FST-19] Alice declines silently: Bob sees nothing, and asking again reaches nobody', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { id } = await ask(world, bob, alice, 'hello')
    const request = await onlyRequest(alice)
    const sentBefore = alice.wire.sent.length
    await alice.engine.call('requests.decline', { id: request.id })
    await world.pass(10_000)
    expect(alice.wire.sent.length).toBe(sentBefore)
    expect(await codeOf(alice.engine.call('requests.decline', { id: request.id }))).toBe('REQUEST_NOT_FOUND')
    expect(await codeOf(alice.engine.call('requests.accept', { id: request.id }))).toBe('REQUEST_NOT_FOUND')
    await ask(world, bob, alice, 'hello again')
    expect(await alice.engine.call('requests.list', {})).toEqual([])
    const [conversation] = await bob.engine.call('conversations.list', {})
    expect(conversation).toMatchObject({ id, status: 'invited' })
  })

  test('[FST-19] Alice declines and later asks Bob herself: they are in contact', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { id } = await ask(world, bob, alice)
    await alice.engine.call('requests.decline', { id: (await onlyRequest(alice)).id })
    await ask(world, alice, bob)
    await world.pass(5_000)
    await send(alice, id, 'I thought about it')
    await world.pass(2_000)
    expect(await texts(bob, id)).toEqual(['I thought about it'])
    expect(await states(alice, id)).toEqual(['delivered'])
  })

  test('[FST-20] both ask each other at once: one conversation, one group, and every word arrives', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const [ofAlice, ofBob] = [
      await alice.engine.call('invites.create', {}),
      await bob.engine.call('invites.create', {}),
    ]
    const [toBob, toAlice] = await Promise.all([
      alice.engine.call('contacts.add', { link: ofBob.link, text: 'hi Bob' }),
      bob.engine.call('contacts.add', { link: ofAlice.link, text: 'hi Alice' }),
    ])
    expect(toBob.id).toBe(toAlice.id)
    await world.pass(10_000)
    for (const [person, words] of [
      [alice, 'from Alice'],
      [bob, 'from Bob'],
    ] as const)
      await send(person, toBob.id, words)
    await world.pass(5_000)
    expect([...(await texts(alice, toBob.id))].sort()).toEqual(['from Alice', 'from Bob', 'hi Alice', 'hi Bob'])
    expect(await texts(bob, toBob.id)).toEqual(await texts(alice, toBob.id))
    expect([...(await states(alice, toBob.id)), ...(await states(bob, toBob.id))]).toEqual(Array(4).fill('delivered'))
    const heads = [alice, bob].map(
      ({ disk }) => disk.store.all('SELECT group_id FROM epochs ORDER BY group_id DESC LIMIT 1')[0]?.['group_id'],
    )
    expect(heads[0]).toBe(heads[1])
    expect([await alice.engine.call('requests.list', {}), await bob.engine.call('requests.list', {})]).toEqual([[], []])
  })

  test('[FST-18] Alice accepts while Bob is away: he finds the conversation when he is back', async () => {
    await using world = await createWorld()
    const [alice, away] = [await world.open('Alice'), await world.open('Bob')]
    const { id } = await ask(world, away, alice)
    await away.stop()
    await alice.engine.call('requests.accept', { id: (await onlyRequest(alice)).id })
    await send(alice, id, 'welcome')
    await world.pass(DAY_MS)
    expect(await states(alice, id)).toEqual(['queued'])
    const bob = await world.restart(away)
    await world.pass(70_000)
    expect(await texts(bob, id)).toEqual(['welcome'])
    expect(await states(alice, id)).toEqual(['delivered'])
  })

  test('[FST-17] Bob asks while Alice is away, and his words wait with the request', async () => {
    await using world = await createWorld()
    const away = await world.open('Alice')
    const bob = await world.open('Bob')
    const { link } = await away.engine.call('invites.create', {})
    await away.stop()
    const { id } = await bob.engine.call('contacts.add', { link, text: 'first' })
    await send(bob, id, 'second')
    await world.pass(60_000)
    const alice = await world.restart(away)
    await world.pass(70_000)
    const request = await onlyRequest(alice)
    expect(request.text).toBe('first')
    await alice.engine.call('requests.accept', { id: request.id })
    await world.pass(5_000)
    expect(await texts(alice, id)).toEqual(['first', 'second'])
  })

  test('[FST-17] an invite that is revoked, over, broken or our own is of no use, in words', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const revoked = await alice.engine.call('invites.create', {})
    await alice.engine.call('invites.revoke', { id: revoked.id })
    await bob.engine.call('contacts.add', { link: revoked.link })
    await world.pass(5_000)
    expect(await alice.engine.call('requests.list', {})).toEqual([])
    const { link } = await alice.engine.call('invites.create', {})
    const add = (text: string) => codeOf(bob.engine.call('contacts.add', { link: text }))
    expect(await codeOf(alice.engine.call('contacts.add', { link }))).toBe('INVITE_IS_OWN')
    expect([await add(link.slice(0, -3)), await add('hello')]).toEqual(['INVITE_MALFORMED', 'INVITE_MALFORMED'])
    await world.pass(31 * DAY_MS)
    expect(await add(link)).toBe('INVITE_EXPIRED')
  })

  test('[FST-17] first words that no request can carry are refused where they are written', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { link } = await alice.engine.call('invites.create', {})
    expect(await codeOf(bob.engine.call('contacts.add', { link, text: 'x'.repeat(1_001) }))).toBe('TEXT_TOO_LONG')
    expect(await bob.engine.call('conversations.list', {})).toEqual([])
    await bob.engine.call('contacts.add', { link, text: '🦉'.repeat(1_000) })
    await world.pass(2_000)
    expect((await onlyRequest(alice)).text.length).toBe(2_000)
  })

  test('[CNT-14] names and first words are shown harmlessly, whatever they contain', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    const mallory = await world.open('\u202eAli\u0000ce\u2066 \u200b\n(admin)')
    await ask(world, mallory, alice, 'press\u0007 \u202ehere')
    expect(await onlyRequest(alice)).toMatchObject({ name: 'Alice (admin)', text: 'press here' })
    const loud = await world.open('x'.repeat(4_000))
    await ask(world, loud, alice)
    const requests = await alice.engine.call('requests.list', {})
    expect(requests.map(({ name }) => name.length)).toContain(40)
  })

  test('[FST-12] [FST-14] a request that somebody recorded is of no use to them: not again, and not for somebody else', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const carol = await world.open('Carol')
    await befriend(world, carol, alice)
    await ask(world, bob, alice, 'hello')
    const sealed = alice.wire.envelopes.filter((bytes) => bytes[0] === 0x02)
    expect(sealed.length).toBeGreaterThan(0)
    await alice.engine.call('requests.decline', { id: (await onlyRequest(alice)).id })
    for (const bytes of sealed) {
      alice.wire.inject(carol.peerId, { type: 'envelope', bytes })
      carol.wire.inject(alice.peerId, { type: 'envelope', bytes })
      carol.wire.inject(alice.peerId, {
        type: 'envelope',
        bytes: bytes.map((byte, at) => (at === 1_200 ? byte ^ 1 : byte)),
      })
    }
    await world.pass(5_000)
    for (const person of [alice, carol]) expect(await person.engine.call('requests.list', {})).toEqual([])
    expect(await carol.engine.call('contacts.list', {})).toHaveLength(1)
    expect(carol.wire.links).toBe(1)
  })

  test('[FST-20] two people meet a second time: the same conversation goes on', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(bob, id, 'one')
    await world.pass(2_000)
    expect((await ask(world, alice, bob)).id).toBe(id)
    await send(alice, id, 'two')
    await world.pass(2_000)
    expect(await texts(bob, id)).toEqual(['one', 'two'])
    expect(await bob.engine.call('requests.list', {})).toEqual([])
  })

  test('[FST-18] a request that nobody answered for a month says so', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { link } = await alice.engine.call('invites.create', {})
    await bob.engine.call('contacts.add', { link })
    await world.pass(2_000)
    await bob.stop()
    world.clock.jump(40 * 86_400_000)
    const [request] = await alice.engine.call('requests.list', {})
    await expect(alice.engine.call('requests.accept', { id: request?.id ?? '' })).rejects.toMatchObject({
      code: 'REQUEST_EXPIRED',
    })
  })
})
