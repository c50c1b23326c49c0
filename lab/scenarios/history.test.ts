import { toHex } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { befriend, codeOf, createWorld, messages, send, texts, type Person } from './world.ts'

const HISTORY = 5_000

describe('a long history', () => {
  test('[ORD-2] of 5,000 messages pages correctly backwards, forwards and around, in the same order on both sides', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(2_000)
    for (let index = 0; index < HISTORY;) {
      const batch = Array.from({ length: 250 }, (_, offset) =>
        send((index + offset) % 3 === 0 ? alice : bob, id, `m${index + offset}`),
      )
      await Promise.all(batch)
      index += batch.length
      await world.pass(200)
    }
    await world.pass(20_000)
    const all = await backwards(alice, id, 200)
    expect(new Set(all).size).toBe(HISTORY)
    expect(await backwards(bob, id, 137)).toEqual(all)
    expect(await forwards(bob, id, all[0] ?? '', 200)).toEqual(all.slice(1))
    for (const index of [0, 1, 99, 2_500, HISTORY - 1]) {
      const page = await alice.engine.call('messages.page', { conversation: id, limit: 40, around: all[index] ?? '' })
      const first = all.indexOf(page.messages[0]?.id ?? '')
      expect(page.messages.map((message) => message.id)).toEqual(all.slice(first, first + page.messages.length))
      expect(index - first).toBe(Math.min(index, 20))
      expect([page.hasBefore, page.hasAfter]).toEqual([first > 0, first + page.messages.length < HISTORY])
    }
    const [row] = await alice.engine.call('conversations.list', {})
    expect([row?.lastMessage?.id, row?.unread]).toEqual([all.at(-1), Math.floor((HISTORY * 2) / 3)])
    await alice.engine.call('conversations.read', { conversation: id })
    expect((await alice.engine.call('conversations.list', {}))[0]?.unread).toBe(0)
    await world.pass(20_000)
    const mine = await bob.engine.call('messages.page', { conversation: id, limit: 200 })
    expect(new Set(mine.messages.flatMap(({ sender, state }) => (sender === bob.account ? [state] : [])))).toEqual(
      new Set(['read']),
    )
  })
})

async function backwards(person: Person, conversation: string, limit: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let hasBefore = true; hasBefore;) {
    const [oldest] = ids
    const page = await person.engine.call('messages.page', {
      conversation,
      limit,
      ...(oldest === undefined ? {} : { before: oldest }),
    })
    expect(page.hasAfter).toBe(oldest !== undefined)
    ids.unshift(...page.messages.map(({ id }) => id))
    hasBefore = page.hasBefore
  }
  return ids
}

async function forwards(person: Person, conversation: string, from: string, limit: number): Promise<readonly string[]> {
  const ids = [from]
  for (let hasAfter = true; hasAfter;) {
    const page = await person.engine.call('messages.page', { conversation, limit, after: ids.at(-1) ?? from })
    ids.push(...page.messages.map(({ id }) => id))
    hasAfter = page.hasAfter
  }
  return ids.slice(1)
}

describe('an order that all agree on', () => {
  test('[ORD-1] [ORD-4] holds when one clock is an hour behind and another three minutes ahead', async () => {
    await using world = await createWorld()
    const [here, there] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, here, there)
    await world.pass(7_200_000)
    const alice = await world.restart(here, { skewMs: -3_600_000 })
    const bob = await world.restart(there, { skewMs: 180_000 })
    await world.pass(70_000)
    for (const [person, text] of [
      [bob, 'question'],
      [alice, 'answer'],
      [bob, 'thanks'],
      [alice, 'bye'],
    ] as const) {
      await send(person, id, text)
      await world.pass(2_000)
    }
    expect(await texts(alice, id)).toEqual(['question', 'answer', 'thanks', 'bye'])
    expect(await texts(bob, id)).toEqual(['question', 'answer', 'thanks', 'bye'])
    expect((await messages(alice, id)).map(({ isClockSkewed }) => isClockSkewed)).toEqual([true, false, true, false])
  })

  test('[ORD-4] holds when a clock is set back in the middle', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(alice, id, 'first')
    world.clock.jump(-600_000)
    await send(alice, id, 'second')
    await send(bob, id, 'meanwhile')
    world.clock.jump(1_200_000)
    await world.pass(3_000)
    await send(bob, id, 'third')
    await world.pass(3_000)
    expect((await texts(alice, id)).filter((text) => text !== 'meanwhile')).toEqual(['first', 'second', 'third'])
    expect(await texts(bob, id)).toEqual(await texts(alice, id))
  })
})

describe('words', () => {
  test('[CNT-6] have 1 to 20,000 letters: one more is refused, nothing is sent, nothing is lost', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    expect(await codeOf(send(bob, id, 'x'.repeat(20_001)))).toBe('TEXT_TOO_LONG')
    expect(await codeOf(send(bob, id, ''))).toBe('TEXT_EMPTY')
    expect(await codeOf(send(bob, id, '\u202e\u0007'))).toBe('TEXT_EMPTY')
    const owls = '🦉'.repeat(20_000)
    const { id: message } = await send(bob, id, owls)
    expect(await codeOf(bob.engine.call('messages.edit', { conversation: id, message, text: `${owls}!` }))).toBe(
      'TEXT_TOO_LONG',
    )
    await world.pass(3_000)
    expect(await texts(alice, id)).toEqual([owls])
  })

  test('[CNT-10] [CNT-11] [CNT-12] [CNT-13] are edited and deleted by their author only, and anybody reacts', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const conversation = await befriend(world, alice, bob)
    const { id: message } = await send(bob, conversation, 'helo')
    await world.pass(3_000)
    expect(await codeOf(alice.engine.call('messages.edit', { conversation, message, text: 'no' }))).toBe(
      'MESSAGE_NOT_YOURS',
    )
    expect(await codeOf(alice.engine.call('messages.delete', { conversation, message }))).toBe('MESSAGE_NOT_YOURS')
    expect(
      await codeOf(
        alice.engine.call('messages.react', {
          conversation,
          message: toHex(new Uint8Array(32)),
          emoji: '👍',
          isOn: true,
        }),
      ),
    ).toBe('MESSAGE_NOT_FOUND')
    expect(
      await codeOf(alice.engine.call('messages.react', { conversation, message, emoji: 'no emoji', isOn: true })),
    ).toBe('INVALID_PARAMETERS')
    await alice.engine.call('messages.react', { conversation, message, emoji: '👋', isOn: true })
    await bob.engine.call('messages.edit', { conversation, message, text: 'hello' })
    await send(alice, conversation, 'hi')
    await world.pass(3_000)
    for (const person of [alice, bob]) {
      const [first, second] = await messages(person, conversation)
      expect(first).toMatchObject({
        content: { text: 'hello' },
        reactions: [{ emoji: '👋', accounts: [alice.account] }],
      })
      expect(first?.editedAt).toBeDefined()
      expect(second?.content).toEqual({ type: 'text', text: 'hi' })
    }
    await alice.engine.call('messages.react', { conversation, message, emoji: '👋', isOn: false })
    await world.pass(3_000)
    expect((await messages(bob, conversation))[0]?.reactions).toEqual([])
    await bob.engine.call('messages.delete', { conversation, message })
    await world.pass(3_000)
    expect(await texts(alice, conversation)).toEqual(['deleted', 'hi'])
  })

  test('[CNT-15] deleted for everybody, the words are gone from both disks', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const conversation = await befriend(world, alice, bob)
    const { id: message } = await send(bob, conversation, 'take this back')
    await world.pass(1_000)
    await bob.engine.call('messages.edit', { conversation, message, text: 'take this back, please' })
    await world.pass(1_000)
    await bob.engine.call('messages.delete', { conversation, message })
    await world.pass(3_000)
    const sealedNothing = 24 + 16
    for (const { disk } of [alice, bob]) {
      const rows = disk.store.all(
        "SELECT kind, length(content_sealed) AS size FROM entries WHERE kind IN ('text', 'edit')",
      )
      expect(rows.map((row) => row['size'])).toEqual([sealedNothing, sealedNothing])
    }
  })
})
