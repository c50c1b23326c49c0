import { TYPING_INTERVAL_MS, TYPING_LIFETIME_MS } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { befriend, createWorld, send, states, texts, type Person } from './world.ts'

const typing = async (person: Person) => {
  const [conversation] = await person.engine.call('conversations.list', {})
  return conversation?.typing ?? []
}
const unread = async (person: Person) => {
  const [conversation] = await person.engine.call('conversations.list', {})
  return conversation?.unread
}

async function createTalk() {
  const world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

describe('receipts', () => {
  test('[ST-1] [RCP-3] a message is queued, sent, delivered, and read when it was read', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    expect((await send(bob, conversation, 'hello')).state).toBe('queued')
    await world.pass(1_000)
    expect([await states(bob, conversation), await unread(alice)]).toEqual([['delivered'], 1])
    await alice.engine.call('conversations.read', { conversation })
    expect(await unread(alice)).toBe(0)
    await world.pass(1_000)
    expect(await states(bob, conversation)).toEqual(['read'])
  })

  test('[RCP-3] switched off, the other side learns that it arrived and never that it was read', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await alice.engine.call('me.update', { settings: { sendsReadReceipts: false } })
    await send(bob, conversation, 'read this')
    await world.pass(1_000)
    await alice.engine.call('conversations.read', { conversation })
    await world.pass(10_000)
    expect([await states(bob, conversation), await unread(alice)]).toEqual([['delivered'], 0])
    await alice.engine.call('me.update', { settings: { sendsReadReceipts: true } })
    await send(bob, conversation, 'and this')
    await world.pass(1_000)
    await alice.engine.call('conversations.read', { conversation })
    await world.pass(1_000)
    expect(await states(bob, conversation)).toEqual(['delivered', 'read'])
  })

  test('[RCP-1] [RCP-4] nothing is receipted twice: the last receipt ends the talk of the machines', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (let index = 0; index < 20; index++) await send(bob, conversation, `n${index}`)
    await world.pass(10_000)
    const quiet = [alice, bob].map(({ wire }) => wire.sent.length)
    await world.pass(60_000)
    expect([alice, bob].map(({ wire }) => wire.sent.length)).toEqual(quiet)
    expect(await states(bob, conversation)).toEqual(Array(20).fill('delivered'))
  })

  test('[RCP-2] what was read while the other is away is told when they are back, also after a restart', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(bob, conversation, 'hello')
    await world.pass(1_000)
    await bob.stop()
    await alice.engine.call('conversations.read', { conversation })
    const restarted = await world.restart(alice)
    const back = await world.restart(bob)
    await world.pass(70_000)
    expect([await states(back, conversation), await unread(restarted)]).toEqual([['read'], 0])
  })

  test('[RCP-3] reading up to a message leaves the later ones unread', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (const text of ['a', 'b', 'c']) await send(bob, conversation, text)
    await world.pass(2_000)
    const { messages } = await alice.engine.call('messages.page', { conversation })
    await alice.engine.call('conversations.read', { conversation, upTo: messages[1]?.id ?? '' })
    await world.pass(2_000)
    const [row] = await alice.engine.call('conversations.list', {})
    expect([row?.unread, row?.firstUnread]).toEqual([1, messages[2]?.id])
    expect(await states(bob, conversation)).toEqual(['read', 'read', 'delivered'])
  })
})

describe('typing', () => {
  test('[TYP-1] [TYP-3] is told at most once in three seconds, is seen for six, and ends with the message', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const sent = () => bob.wire.sent.filter((type) => type === 'envelope').length
    const before = sent()
    for (let key = 0; key < 10; key++) {
      await bob.engine.call('conversations.typing', { conversation })
      await world.pass(100)
    }
    expect([sent() - before, await typing(alice)]).toEqual([1, [bob.account]])
    await world.pass(TYPING_INTERVAL_MS)
    await bob.engine.call('conversations.typing', { conversation })
    await world.pass(TYPING_LIFETIME_MS - 100)
    expect([sent() - before, await typing(alice)]).toEqual([2, [bob.account]])
    await world.pass(200)
    expect(await typing(alice)).toEqual([])
    await bob.engine.call('conversations.typing', { conversation })
    await world.pass(100)
    expect(await typing(alice)).toEqual([bob.account])
    await send(bob, conversation, 'done')
    await world.pass(100)
    expect([await typing(alice), await texts(alice, conversation)]).toEqual([[], ['done']])
  })

  test('[TYP-3] switched off, nothing is told; the others are still seen', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await bob.engine.call('me.update', { settings: { sendsTyping: false } })
    await bob.engine.call('conversations.typing', { conversation })
    await alice.engine.call('conversations.typing', { conversation })
    await world.pass(100)
    expect([await typing(alice), await typing(bob)]).toEqual([[], [alice.account]])
  })

  test('[TYP-2] is told to nobody who is away, and never stored', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await alice.stop()
    await world.pass(1_000)
    await bob.engine.call('conversations.typing', { conversation })
    await world.pass(500)
    const back = await world.restart(alice)
    await world.pass(2_000)
    expect([await typing(back), await texts(back, conversation)]).toEqual([[], []])
    expect(bob.disk.store.all('SELECT * FROM outbox')).toEqual([])
  })
})
