import { encodeContent, fromHex, type Saying } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { befriend, carry, createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { entryById } from '../store/entries.ts'
import { viewMessages, viewPage } from './view.ts'

const text = (words: string): Saying => ({ type: 'text', text: words })

async function createTalk() {
  const pair = await createPair()
  const { alice, bob, conversation } = pair
  /** Says it and brings it over; the id is that of what was said. */
  const say = async (from: TestNode, saying: Saying) => {
    const id = await from.say(conversation, saying)
    await carry(from, from === alice ? bob : alice)
    return id
  }
  const shown = () => [alice, bob].map((node) => node.messages(conversation))
  return { ...pair, say, shown }
}

describe('what a conversation shows', () => {
  it('[CNT-10] the newest edit of the author, with the words before it gone from sight', async () => {
    const { alice, say, shown } = await createTalk()
    const id = await say(alice, text('frist'))
    await say(alice, { type: 'edit', target: fromHex(id), text: 'first' })
    await say(alice, { type: 'edit', target: fromHex(id), text: 'first!' })
    for (const messages of shown()) {
      expect(messages).toMatchObject([{ id, content: { type: 'text', text: 'first!' }, editedAt: alice.clock.now() }])
    }
  })

  it('[CNT-10] the same edit on both sides, whatever order two edits arrive in', async () => {
    const { alice, bob, conversation, shown } = await createTalk()
    const id = await alice.say(conversation, text('a'))
    for (const words of ['b', 'c']) await alice.say(conversation, { type: 'edit', target: fromHex(id), text: words })
    for (const envelope of alice.take(bob.context.self.peerId).toReversed()) await bob.receive(alice, envelope)
    expect(shown().map(([message]) => message?.content)).toEqual([
      { type: 'text', text: 'c' },
      { type: 'text', text: 'c' },
    ])
  })

  it('[CNT-11] what its author deleted is deleted for ever, with its edits and reactions', async () => {
    const { alice, bob, say, shown } = await createTalk()
    const id = await say(alice, text('oops'))
    const target = fromHex(id)
    await say(bob, { type: 'reaction', target, emoji: '👍' })
    await say(alice, { type: 'delete', target })
    await say(alice, { type: 'edit', target, text: 'back again' })
    for (const messages of shown())
      expect(messages).toMatchObject([{ id, content: { type: 'deleted' }, reactions: [] }])
    expect(
      shown()
        .flat()
        .some((message) => 'editedAt' in message),
    ).toBe(false)
  })

  it('[CNT-12] of each person the last word about each emoji', async () => {
    const { alice, bob, say, shown } = await createTalk()
    const target = fromHex(await say(alice, text('lunch?')))
    await say(bob, { type: 'reaction', target, emoji: '👍' })
    await say(alice, { type: 'reaction', target, emoji: '👍' })
    await say(bob, { type: 'reaction', target, emoji: '🍕' })
    await say(bob, { type: 'unreaction', target, emoji: '👍' })
    await say(bob, { type: 'unreaction', target, emoji: '🍣' })
    const expected = [
      { emoji: '👍', accounts: [alice.context.self.account] },
      { emoji: '🍕', accounts: [bob.context.self.account] },
    ]
    expect(shown().map(([message]) => message?.reactions)).toEqual([expected, expected])
    await say(bob, { type: 'reaction', target, emoji: '👍' })
    expect(shown()[0]?.[0]?.reactions[0]?.accounts).toHaveLength(2)
  })

  it('[CNT-13] nobody edits, deletes or unreacts for somebody else', async () => {
    const { alice, bob, conversation, say, shown } = await createTalk()
    const target = fromHex(await say(alice, text('mine')))
    await say(alice, { type: 'reaction', target, emoji: '🎉' })
    await say(bob, { type: 'edit', target, text: 'forged' })
    await say(bob, { type: 'delete', target })
    await say(bob, { type: 'unreaction', target, emoji: '🎉' })
    for (const messages of shown()) {
      expect(messages).toMatchObject([
        { content: { text: 'mine' }, reactions: [{ emoji: '🎉', accounts: [alice.context.self.account] }] },
      ])
    }
    expect(bob.messages(conversation)).toHaveLength(1)
  })

  it('[CNT-13] nothing that is said in one conversation touches a message of another', async () => {
    const { clock, alice, bob, conversation, say } = await createTalk()
    const carol = await createTestNode(clock, 9)
    const other = await befriend(alice, carol)
    const target = fromHex(await say(alice, text('to bob')))
    await carol.say(other, { type: 'reaction', target, emoji: '👀' })
    await alice.say(other, { type: 'edit', target, text: 'to carol' })
    await carry(carol, alice)
    expect(alice.messages(conversation)).toMatchObject([{ content: { text: 'to bob' }, reactions: [] }])
    expect(bob.messages(conversation)).toHaveLength(1)
  })

  it('[CNT-9] a type of a later version: its fallback now, its bytes kept for later', async () => {
    const { alice, bob, conversation } = await createTalk()
    const saying: Saying = { type: 'unknown', mediaType: 'application/vnd.parley.offer', fallback: 'an offer' }
    const placement = { salt: new Uint8Array(16), parents: [], time: { ms: alice.clock.now(), counter: 0 } }
    const bytes = encodeContent(placement, saying)
    await alice.seal(conversation, { type: 'content', bytes })
    await carry(alice, bob)
    const [message] = bob.messages(conversation)
    expect(message?.content).toEqual(saying)
    const entry = entryById(bob.context.store, fromHex(message?.id ?? ''))
    expect(entry && bob.context.vault.open(`entries/${message?.id}`, entry.contentSealed)).toEqual(bytes)
  })

  it('[CNT-10] an edit that comes before its message waits for it', async () => {
    const { alice, bob, conversation } = await createTalk()
    const id = await alice.say(conversation, text('late'))
    await alice.say(conversation, { type: 'edit', target: fromHex(id), text: 'late, edited' })
    const [first, second] = alice.take(bob.context.self.peerId)
    if (first === undefined || second === undefined) throw new Error('two envelopes')
    await bob.receive(alice, second)
    expect(bob.messages(conversation)).toEqual([])
    await bob.receive(alice, first)
    expect(bob.messages(conversation)).toMatchObject([{ id, content: { text: 'late, edited' } }])
  })
})

describe('pages', () => {
  it('[ORD-2] say what is before and after them, in the same order that sorts by `order`', async () => {
    const { alice, conversation } = await createPair()
    for (let index = 0; index < 7; index++) await alice.say(conversation, text(`${index}`))
    const all = alice.messages(conversation)
    expect(all.map(({ order }) => order)).toEqual(all.map(({ order }) => order).sort())
    const entry = (index: number) => entryById(alice.context.store, fromHex(all[index]?.id ?? ''))
    const page = (wish: { before?: number; after?: number; around?: number }, limit: number) => {
      const at = (name: 'before' | 'after' | 'around') => {
        const found = wish[name] === undefined ? undefined : entry(wish[name])
        return found === undefined ? {} : { [name]: found }
      }
      const { messages, hasBefore, hasAfter } = viewPage(alice.context, conversation, {
        limit,
        ...at('before'),
        ...at('after'),
        ...at('around'),
      })
      return [
        messages.map(({ content }) => (content.type === 'text' ? content.text : '')).join(''),
        hasBefore,
        hasAfter,
      ]
    }
    expect(page({}, 3)).toEqual(['456', true, false])
    expect(page({}, 7)).toEqual(['0123456', false, false])
    expect(page({ before: 4 }, 3)).toEqual(['123', true, true])
    expect(page({ before: 3 }, 3)).toEqual(['012', false, true])
    expect(page({ after: 2 }, 3)).toEqual(['345', true, true])
    expect(page({ after: 3 }, 3)).toEqual(['456', true, false])
    expect(page({ around: 3 }, 3)).toEqual(['234', true, true])
    expect(page({ around: 3 }, 4)).toEqual(['1234', true, true])
    expect(page({ around: 0 }, 3)).toEqual(['01', false, true])
    expect(page({ around: 6 }, 3)).toEqual(['56', true, false])
    expect(page({ around: 3 }, 1)).toEqual(['3', true, true])
  })

  it('[CNT-10] views of ids leave out what is no tile or not here', async () => {
    const { alice, conversation } = await createPair()
    const id = await alice.say(conversation, text('a'))
    const reaction = await alice.say(conversation, { type: 'reaction', target: fromHex(id), emoji: '👍' })
    const views = viewMessages(alice.context, [reaction, id, '01'.repeat(32)].map(fromHex))
    expect(views.map((view) => view.id)).toEqual([id])
  })
})
