import { toHex, utf8 } from '@parley/core'
import type { EventOf, Message, ResultOf } from '@parley/engine'
import { describe, expect, test } from 'vitest'
import { befriend, codeOf, createWorld, messages, send, states, type Person, type World } from './world.ts'

const ORDER = 'QmNedYJ6WmLhacAL2ozxb4k33Gxd9wmKB7HyoxZCwXid1e'
const COPY = 'c0'.repeat(31)

async function createTalk() {
  const world = await createWorld()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

const about = (person: Person, conversation: string, subject: string, text: string, more: { copy?: string } = {}) =>
  person.engine.call('messages.send', { conversation, text, subject, ...more })

const textOf = ({ content }: Message) => (content.type === 'text' ? content.text : content.type)

async function page(person: Person, conversation: string, subject?: string): Promise<readonly string[]> {
  const wish = { conversation, ...(subject === undefined ? {} : { subject }) }
  return (await person.engine.call('messages.page', wish)).messages.map(textOf)
}

async function discussed(person: Person, subject: string): Promise<readonly string[]> {
  return (await person.engine.call('discussions.page', { subject })).messages.map(textOf)
}

/** Everything that the database holds, as one text of letters and one of hex. */
function everything({ disk: { store } }: Person): string {
  const tables = store.all("SELECT name FROM sqlite_schema WHERE type = 'table'")
  return tables
    .flatMap(({ name }) => store.all(`SELECT * FROM ${String(name)}`))
    .flatMap((row) => Object.values(row).map((value) => (value instanceof Uint8Array ? toHex(value) : String(value))))
    .join('\n')
}

describe('a subject', () => {
  test('[CNT-16] travels with the message, and divides a conversation in which everything stays in one order', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const sent = await about(alice, conversation, ORDER, 'when does it arrive?')
    await send(alice, conversation, 'how are you?')
    await world.pass(1_000)
    await about(bob, conversation, ORDER, 'tomorrow')
    await about(bob, conversation, 'another order', 'soon')
    await world.pass(1_000)
    for (const person of [alice, bob]) {
      expect(await page(person, conversation)).toEqual(['when does it arrive?', 'how are you?', 'tomorrow', 'soon'])
      expect(await page(person, conversation, ORDER)).toEqual(['when does it arrive?', 'tomorrow'])
      expect(await page(person, conversation, '')).toEqual(['how are you?'])
      expect(await page(person, conversation, 'unheard of')).toEqual([])
      const [first, second] = await messages(person, conversation)
      expect([first?.subject, second?.subject]).toEqual([ORDER, undefined])
    }
    expect([sent.subject, await states(bob, conversation)]).toEqual([ORDER, ['delivered', 'delivered']])
  })

  test('[CNT-21] is written nowhere in the database, and a database of the same talk tells it by another tag', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await about(alice, conversation, ORDER, 'hello')
    await world.pass(1_000)
    const tags = [alice, bob].map(({ disk }) => disk.store.all('SELECT subject FROM entries')[0]?.['subject'])
    const [one, other] = tags.map((tag) => (tag instanceof Uint8Array ? toHex(tag) : ''))
    expect([one?.length, one === other]).toEqual([32, false])
    for (const person of [alice, bob]) {
      for (const written of [ORDER, toHex(utf8(ORDER))]) expect(everything(person).includes(written)).toBe(false)
    }
  })

  test('[CNT-16] is shown and found in one line, without what cannot be seen', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await about(alice, conversation, ' an \u202e order\u200b \n', 'hello')
    await about(alice, conversation, ' \u200b ', 'about nothing')
    await about(alice, conversation, '', 'about nothing too')
    await world.pass(1_000)
    expect((await messages(bob, conversation)).map(({ subject }) => subject)).toEqual([
      'an order',
      undefined,
      undefined,
    ])
    expect(await page(bob, conversation, 'an   order ')).toEqual(['hello'])
    expect(await page(bob, conversation, '')).toEqual(['about nothing', 'about nothing too'])
    const long = 'x'.repeat(501)
    expect(await codeOf(about(alice, conversation, long, 'hello'))).toBe('INVALID_PARAMETERS')
    expect(await codeOf(page(alice, conversation, long))).toBe('INVALID_PARAMETERS')
    expect(await codeOf(about(alice, conversation, '🦉'.repeat(500), 'hello'))).toBe('done')
  })

  test('[CNT-16] [CNT-21] keeps edits, reactions and deletions of its messages with it', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const one = await about(alice, conversation, ORDER, 'one')
    const two = await about(alice, conversation, ORDER, 'two')
    await world.pass(1_000)
    await alice.engine.call('messages.edit', { conversation, message: one.id, text: 'uno' })
    await bob.engine.call('messages.react', { conversation, message: one.id, emoji: '👍', isOn: true })
    await alice.engine.call('messages.delete', { conversation, message: two.id })
    await world.pass(3_000)
    for (const person of [alice, bob]) {
      const { messages: shown } = await person.engine.call('messages.page', { conversation, subject: ORDER })
      expect(shown.map((message) => [textOf(message), message.subject, message.reactions.length])).toEqual([
        ['uno', ORDER, 1],
        ['deleted', ORDER, 0],
      ])
      expect(await page(person, conversation, '')).toEqual([])
    }
  })

  test('[CNT-16] pages by its own messages, backwards, forwards and around', async () => {
    const { world, alice, conversation } = await createTalk()
    await using _ = world
    const ids: string[] = []
    for (let index = 0; index < 30; index++) {
      const { id } = await about(alice, conversation, index % 3 === 0 ? ORDER : `other ${index % 3}`, `m${index}`)
      if (index % 3 === 0) ids.push(id)
    }
    const get = async (wish: { before?: string; after?: string; around?: string }) => {
      const found = await alice.engine.call('messages.page', { conversation, subject: ORDER, limit: 4, ...wish })
      return [found.messages.map(({ id }) => ids.indexOf(id)), found.hasBefore, found.hasAfter]
    }
    expect(await get({})).toEqual([[6, 7, 8, 9], true, false])
    expect(await get({ before: ids[6] ?? '' })).toEqual([[2, 3, 4, 5], true, true])
    expect(await get({ before: ids[2] ?? '' })).toEqual([[0, 1], false, true])
    expect(await get({ after: ids[7] ?? '' })).toEqual([[8, 9], true, false])
    expect(await get({ around: ids[5] ?? '' })).toEqual([[3, 4, 5, 6], true, true])
    const [, other] = await messages(alice, conversation)
    expect(await codeOf(get({ around: other?.id ?? '' }))).toBe('MESSAGE_NOT_FOUND')
  })

  test('[RCP-3] marks only its own messages as read, and says nothing when there are none', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (const subject of [ORDER, '', ORDER]) await about(alice, conversation, subject, 'hello')
    await world.pass(2_000)
    const read = (subject?: string) =>
      bob.engine.call('conversations.read', { conversation, ...(subject === undefined ? {} : { subject }) })
    const sent = () => bob.wire.sent.filter((type) => type === 'envelope').length
    await read(ORDER)
    await world.pass(2_000)
    const [row] = await bob.engine.call('conversations.list', {})
    expect([await states(alice, conversation), row?.unread]).toEqual([['read', 'delivered', 'read'], 1])
    await world.pass(10_000)
    const before = sent()
    for (const subject of [ORDER, 'unheard of']) await read(subject)
    await world.pass(2_000)
    expect(sent()).toBe(before)
    await read('')
    await world.pass(2_000)
    expect(await states(alice, conversation)).toEqual(['read', 'read', 'read'])
  })

  test('[TYP-1] of what is being typed is told to whoever listens', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const noticed: EventOf<'typing.noticed'>[] = []
    bob.engine.on('typing.noticed', (payload) => noticed.push(payload))
    await alice.engine.call('conversations.typing', { conversation, subject: ` ${ORDER} ` })
    await world.pass(4_000)
    await alice.engine.call('conversations.typing', { conversation })
    await world.pass(1_000)
    expect(noticed).toEqual([
      { conversation, account: alice.account, subject: ORDER },
      { conversation, account: alice.account, subject: '' },
    ])
    expect((await bob.engine.call('conversations.list', {}))[0]?.typing).toEqual([alice.account])
    await world.pass(10_000)
    expect((await bob.engine.call('conversations.list', {}))[0]?.typing).toEqual([])
  })
})

describe('one saying to several people', () => {
  test('[CNT-17] is found by its copy id in every conversation, on both sides, also after it was edited', async () => {
    const { world, alice, bob, carol, withBob, withCarol } = await createThree()
    await using _ = world
    const one = await about(alice, withBob, ORDER, 'offer', { copy: COPY })
    await world.pass(10)
    const two = await about(alice, withCarol, ORDER, 'offer', { copy: COPY })
    await about(alice, withBob, ORDER, 'offer', { copy: 'c1'.repeat(31) })
    await world.pass(1_000)
    await alice.engine.call('messages.edit', { conversation: withBob, message: one.id, text: 'better offer' })
    await world.pass(1_000)
    const found = await alice.engine.call('messages.find', { copy: COPY })
    expect(found.map((message) => [message.id, textOf(message), message.copy])).toEqual([
      [one.id, 'better offer', COPY],
      [two.id, 'offer', COPY],
    ])
    expect((await bob.engine.call('messages.find', { copy: COPY })).map(({ id }) => id)).toEqual([one.id])
    expect((await carol.engine.call('messages.find', { copy: COPY })).map(({ id }) => id)).toEqual([two.id])
    const byId = await alice.engine.call('messages.find', { ids: [two.id, `01${'0'.repeat(62)}`, two.id], copy: COPY })
    expect(byId.map(({ id }) => id)).toEqual([one.id, two.id])
    expect(await alice.engine.call('messages.find', {})).toEqual([])
  })
})

async function createThree() {
  const world = await createWorld()
  const [alice, bob, carol] = [await world.open('Alice'), await world.open('Bob'), await world.open('Carol')]
  const withBob = await befriend(world, alice, bob)
  const withCarol = await befriend(world, alice, carol)
  await world.pass(5_000)
  return { world, alice, bob, carol, withBob, withCarol }
}

describe('discussions', () => {
  test('[CNT-16] of a subject are the conversations in which it came up, the last said first', async () => {
    const { world, alice, bob, carol, withBob, withCarol } = await createThree()
    await using _ = world
    await talk(world, [
      [bob, withBob, ORDER, 'from Bob'],
      [carol, withCarol, ORDER, 'from Carol'],
      [carol, withCarol, '', 'by the way'],
      [carol, withCarol, ORDER, 'from Carol again'],
      [alice, withBob, ORDER, 'to Bob'],
    ])
    const seen = (list: ResultOf<'discussions.list'>) =>
      list.map(({ conversation, account, lastMessage, unread }) => [conversation, account, textOf(lastMessage), unread])
    expect(seen(await alice.engine.call('discussions.list', { subject: ORDER }))).toEqual([
      [withBob, bob.account, 'to Bob', 1],
      [withCarol, carol.account, 'from Carol again', 2],
    ])
    expect(seen(await alice.engine.call('discussions.list', { subject: '' }))).toEqual([
      [withCarol, carol.account, 'by the way', 1],
    ])
    expect(await alice.engine.call('discussions.list', { subject: 'unheard of' })).toEqual([])
    expect(await discussed(alice, ORDER)).toEqual(['to Bob', 'from Carol again', 'from Carol', 'from Bob'])
    expect(await discussed(bob, ORDER)).toEqual(['to Bob', 'from Bob'])
    expect(await discussed(alice, '')).toEqual(['by the way'])
    await alice.engine.call('conversations.read', { conversation: withCarol, subject: ORDER })
    const [, second] = await alice.engine.call('discussions.list', { subject: ORDER })
    expect([second?.unread, (await alice.engine.call('discussions.list', { subject: '' }))[0]?.unread]).toEqual([0, 1])
  })

  test('[CNT-16] page without a gap or a repetition while people go on talking', async () => {
    const { world, alice, bob, carol, withBob, withCarol } = await createThree()
    await using _ = world
    for (let index = 0; index < 20; index++) {
      const [person, conversation] = index % 2 === 0 ? [bob, withBob] : [carol, withCarol]
      await talk(world, [[person, conversation, ORDER, `m${index}`]])
    }
    const seen: string[] = []
    for (let before: string | undefined, hasBefore = true; hasBefore;) {
      const wish = { subject: ORDER, limit: 3, ...(before === undefined ? {} : { before }) }
      const found = await alice.engine.call('discussions.page', wish)
      seen.push(...found.messages.map(textOf))
      before = found.messages.at(-1)?.id
      hasBefore = found.hasBefore
      await talk(world, [[bob, withBob, ORDER, 'later']])
    }
    expect(seen).toEqual([...Array(20).keys()].map((index) => `m${19 - index}`))
    expect(await codeOf(alice.engine.call('discussions.page', { subject: ORDER, before: `01${'0'.repeat(62)}` }))).toBe(
      'MESSAGE_NOT_FOUND',
    )
  })

  test('[API-8] are live', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const live = alice.engine.live('discussions.list', { subject: ORDER })
    const following = alice.engine.live('discussions.page', { subject: ORDER })
    await world.pass(1_000)
    expect(live.peek()).toEqual([])
    await about(bob, conversation, ORDER, 'hello')
    await world.pass(1_000)
    expect([live.peek()?.length, following.peek()?.messages.map(textOf)]).toEqual([1, ['hello']])
    live.dispose()
    following.dispose()
  })
})

type Line = readonly [Person, string, string, string]

/** Everybody hears each line before the next one is said. */
async function talk(world: World, lines: readonly Line[]): Promise<void> {
  for (const [person, conversation, subject, text] of lines) {
    await about(person, conversation, subject, text)
    await world.pass(1_000)
  }
}

describe('values of applications', () => {
  test('[API-21] are kept, replaced and removed, survive a restart, and are sealed', async () => {
    const { world, alice } = await createTalk()
    await using _ = world
    const live = alice.engine.live('app.get', { key: 'theme' })
    await world.pass(100)
    expect(live.peek()).toEqual({ value: null })
    await alice.engine.call('app.set', { key: 'theme', value: 'a value nobody may read' })
    await alice.engine.call('app.set', { key: 'a/b ü', value: '' })
    await world.pass(100)
    expect(live.peek()).toEqual({ value: 'a value nobody may read' })
    live.dispose()
    expect(everything(alice).includes(toHex(utf8('nobody may read')))).toBe(false)
    const again = await world.restart(alice)
    expect(await again.engine.call('app.get', { key: 'theme' })).toEqual({ value: 'a value nobody may read' })
    expect(await again.engine.call('app.get', { key: 'a/b ü' })).toEqual({ value: '' })
    await again.engine.call('app.set', { key: 'theme', value: null })
    expect(await again.engine.call('app.get', { key: 'theme' })).toEqual({ value: null })
  })

  test('[API-21] are at most 64, and one that is there may still change', async () => {
    const { world, alice } = await createTalk()
    await using _ = world
    const set = (key: string, value: string | null) => codeOf(alice.engine.call('app.set', { key, value }))
    for (let index = 0; index < 64; index++) expect(await set(`key ${index}`, 'x')).toBe('done')
    expect([await set('one more', 'x'), await set('key 3', 'y')]).toEqual(['TOO_LARGE', 'done'])
    expect([await set('key 3', null), await set('one more', 'x')]).toEqual(['done', 'done'])
    expect(await set('broken \ud800', 'x')).toBe('INVALID_PARAMETERS')
    expect(await set('key 5', 'broken \ud800')).toBe('INVALID_PARAMETERS')
    expect(await alice.engine.call('app.get', { key: 'key 5' })).toEqual({ value: 'x' })
  })
})
