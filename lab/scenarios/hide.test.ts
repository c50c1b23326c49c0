import { fromHex } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { befriend, codeOf, createWorld, messages, send, states, texts, type Person } from './world.ts'

const ORDER = 'QmOrder'

async function createTalk() {
  const world = await createWorld()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

const hide = (person: Person, conversation: string, message: string) =>
  person.engine.call('messages.hide', { conversation, message })
const clear = (person: Person, conversation: string, subject?: string) =>
  person.engine.call('conversations.clear', { conversation, ...(subject === undefined ? {} : { subject }) })
const row = async (person: Person) => {
  const [conversation] = await person.engine.call('conversations.list', {})
  const last = conversation?.lastMessage?.content
  return [last?.type === 'text' ? last.text : last?.type, conversation?.unread, conversation?.draft]
}
/** Bytes of content that are left of a message and of everything that belonged to it. */
const left = ({ disk }: Person, ...ids: readonly string[]) =>
  ids.map((id) =>
    Number(disk.store.all('SELECT length(content_sealed) AS n FROM entries WHERE id = ?', [fromHex(id)])[0]?.['n']),
  )
const entries = ({ disk }: Person) => Number(disk.store.all('SELECT count(*) AS n FROM entries')[0]?.['n'])

describe('a message that was removed here', () => {
  test('[CNT-18] is gone with its edits and reactions, here alone; its words are erased', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const one = await send(alice, conversation, 'one')
    const two = await send(alice, conversation, 'two')
    await world.pass(1_000)
    await alice.engine.call('messages.edit', { conversation, message: two.id, text: 'zwei' })
    await bob.engine.call('messages.react', { conversation, message: two.id, emoji: '👍', isOn: true })
    await world.pass(3_000)
    for (const person of [alice, bob]) {
      await hide(person, conversation, two.id)
      expect(await texts(person, conversation)).toEqual(['one'])
      const words = person.disk.store.all('SELECT length(content_sealed) AS n FROM entries ORDER BY seq')
      expect(words.map(({ n }) => Number(n) > 0)).toEqual([true, false, false, false])
    }
    expect(await row(bob)).toEqual(['one', 1, ''])
    expect(await codeOf(hide(bob, conversation, two.id))).toBe('MESSAGE_NOT_FOUND')
    expect(await codeOf(hide(bob, conversation, one.id))).toBe('done')
    expect([await row(bob), await texts(alice, conversation)]).toEqual([[undefined, 0, ''], ['one']])
    const find = await alice.engine.call('messages.find', { ids: [one.id, two.id] })
    expect(find.map(({ id }) => id)).toEqual([one.id])
    const work = { conversation, message: two.id }
    expect(await codeOf(alice.engine.call('messages.edit', { ...work, text: 'x' }))).toBe('MESSAGE_NOT_FOUND')
    expect(await codeOf(alice.engine.call('messages.delete', work))).toBe('MESSAGE_NOT_FOUND')
    expect(await codeOf(alice.engine.call('messages.retry', work))).toBe('MESSAGE_NOT_FOUND')
    expect(await codeOf(alice.engine.call('messages.page', { conversation, before: two.id }))).toBe('MESSAGE_NOT_FOUND')
  })

  test('[CNT-19] does not come back: not by what its author says of it later, not by a restart, not by asking again', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const { id } = await send(alice, conversation, 'forget this')
    await world.pass(3_000)
    await hide(bob, conversation, id)
    await alice.engine.call('messages.edit', { conversation, message: id, text: 'forget that' })
    await alice.engine.call('messages.react', { conversation, message: id, emoji: '👍', isOn: true })
    await world.pass(3_000)
    await send(alice, conversation, 'after')
    await world.pass(3_000)
    expect([await texts(bob, conversation), entries(bob)]).toEqual([['after'], 4])
    const words = bob.disk.store.all('SELECT length(content_sealed) AS n FROM entries ORDER BY seq')
    expect(words.map(({ n }) => Number(n) > 0)).toEqual([false, false, false, true])
    const again = await world.restart(bob)
    await world.pass(60_000)
    expect([await texts(again, conversation), await row(again)]).toEqual([['after'], ['after', 1, '']])
    const [after] = await messages(again, conversation)
    expect([after?.hasGapBefore, after?.parents.length, entries(again)]).toEqual([false, 1, 4])
  })

  test('[CNT-19] does not come back when the same envelope is delivered again', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await bob.stop()
    const { id } = await send(alice, conversation, 'forget this')
    await alice.stop()
    const disk = alice.disk.reopen()
    const kept = disk.store.all('SELECT * FROM outbox')
    disk.store.close()
    const [back, sender] = [await world.restart(bob), await world.restart(alice)]
    await world.pass(5_000)
    await hide(back, conversation, id)
    await sender.stop()
    const [first] = kept
    if (first === undefined) throw new Error('something waited')
    const columns = Object.keys(first)
    const tampered = sender.disk.reopen()
    for (const waiting of kept) {
      tampered.store.run(
        `INSERT INTO outbox (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        Object.values(waiting),
      )
    }
    tampered.store.close()
    const repeating = await world.restart(sender)
    await world.pass(10_000)
    expect(Number(repeating.disk.store.all('SELECT count(*) AS n FROM outbox')[0]?.['n'])).toBe(0)
    expect([await texts(back, conversation), left(back, id), await row(back)]).toEqual([[], [0], [undefined, 0, '']])
  })

  test('[CNT-20] that nobody has yet is still delivered; its words go when it arrived', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await bob.stop()
    await world.pass(1_000)
    const { id } = await send(alice, conversation, 'say this for me')
    await alice.engine.call('messages.edit', { conversation, message: id, text: 'say that for me' })
    await hide(alice, conversation, id)
    expect([await texts(alice, conversation), left(alice, id).map((n) => n > 0)]).toEqual([[], [true]])
    const waiting = await world.restart(alice)
    await world.pass(5_000)
    expect(left(waiting, id).map((n) => n > 0)).toEqual([true])
    const back = await world.restart(bob)
    await world.pass(70_000)
    expect([await texts(back, conversation), await texts(waiting, conversation)]).toEqual([['say that for me'], []])
    const words = waiting.disk.store.all('SELECT length(content_sealed) AS n FROM entries')
    expect(words.map(({ n }) => Number(n))).toEqual([0, 0])
  })

  test('[CNT-19] takes along what is said of it at the very moment', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const { id } = await send(alice, conversation, 'one')
    await world.pass(3_000)
    const edited = alice.engine.call('messages.edit', { conversation, message: id, text: 'two' })
    const hidden = hide(alice, conversation, id)
    const edit = { conversation, message: id, text: 'three' }
    const late = codeOf(alice.engine.call('messages.edit', edit))
    await Promise.all([codeOf(edited), hidden])
    await world.pass(5_000)
    expect([await late, await texts(alice, conversation), (await texts(bob, conversation)).length]).toEqual([
      'MESSAGE_NOT_FOUND',
      [],
      1,
    ])
    const words = alice.disk.store.all('SELECT max(length(content_sealed)) AS n, count(*) AS count FROM entries')
    expect(Number(words[0]?.['n'])).toBe(0)
  })

  test('[CNT-18] is told to those who look on', async () => {
    const { world, alice, conversation } = await createTalk()
    await using _ = world
    const live = alice.engine.live('messages.page', { conversation })
    const { id } = await send(alice, conversation, 'one')
    await world.pass(1_000)
    expect(live.peek()?.messages.length).toBe(1)
    await hide(alice, conversation, id)
    await world.pass(1_000)
    expect(live.peek()?.messages).toEqual([])
    live.dispose()
  })
})

describe('a conversation that was cleared here', () => {
  test('[CNT-18] is empty, with its draft, and goes on; the others keep theirs', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (let index = 0; index < 5; index++) await send(index % 2 === 0 ? alice : bob, conversation, `m${index}`)
    await alice.engine.call('messages.send', { conversation, text: 'order', subject: ORDER })
    await bob.engine.call('conversations.setDraft', { conversation, text: 'unfinished' })
    await world.pass(3_000)
    await clear(bob, conversation)
    expect([await texts(bob, conversation), await row(bob)]).toEqual([[], [undefined, 0, '']])
    expect(await bob.engine.call('discussions.list', { subject: ORDER })).toEqual([])
    const words = bob.disk.store.all('SELECT max(length(content_sealed)) AS n FROM entries')
    expect(Number(words[0]?.['n'])).toBe(0)
    expect((await texts(alice, conversation)).length).toBe(6)
    await send(alice, conversation, 'anew')
    await send(bob, conversation, 'again')
    await world.pass(70_000)
    expect((await texts(bob, conversation)).toSorted()).toEqual(['again', 'anew'])
    expect((await messages(bob, conversation)).map(({ hasGapBefore }) => hasGapBefore)).toEqual([false, false])
    expect(await states(bob, conversation)).toEqual(['delivered'])
    expect(await codeOf(clear(bob, 'A'.repeat(43)))).toBe('CONVERSATION_NOT_FOUND')
  })

  test('[CNT-18] of what is about nothing keeps its orders, and of an order everything else', async () => {
    const { world, alice, conversation } = await createTalk()
    await using _ = world
    const say = (text: string, subject: string) => alice.engine.call('messages.send', { conversation, text, subject })
    for (const [text, subject] of [
      ['one', ''],
      ['two', ORDER],
      ['three', 'another order'],
      ['four', ''],
    ] as const)
      await say(text, subject)
    await alice.engine.call('conversations.setDraft', { conversation, text: 'unfinished' })
    await clear(alice, conversation, ORDER)
    expect([await texts(alice, conversation), (await row(alice))[2]]).toEqual([['one', 'three', 'four'], 'unfinished'])
    await clear(alice, conversation, '')
    expect([await texts(alice, conversation), (await row(alice))[2]]).toEqual([['three'], ''])
    await clear(alice, conversation)
    expect(await texts(alice, conversation)).toEqual([])
  })

  test('[CNT-20] says what was not said yet, once, and nothing twice', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await bob.stop()
    await world.pass(1_000)
    for (let index = 0; index < 40; index++) await send(alice, conversation, `m${index}`)
    await clear(alice, conversation)
    const back = await world.restart(bob)
    await world.pass(70_000)
    expect(await texts(back, conversation)).toEqual([...Array(40).keys()].map((index) => `m${index}`))
    expect([
      await texts(alice, conversation),
      Number(alice.disk.store.all('SELECT count(*) AS n FROM outbox')[0]?.['n']),
    ]).toEqual([[], 0])
    const words = alice.disk.store.all('SELECT max(length(content_sealed)) AS n FROM entries')
    expect(Number(words[0]?.['n'])).toBe(0)
  })

  test('[CNT-19] keeps a deletion that came before its message', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(alice, conversation, 'before')
    await world.pass(3_000)
    await clear(bob, conversation)
    const { id } = await send(alice, conversation, 'oops')
    await alice.engine.call('messages.delete', { conversation, message: id })
    await world.pass(3_000)
    expect(await texts(bob, conversation)).toEqual(['deleted'])
  })
})
