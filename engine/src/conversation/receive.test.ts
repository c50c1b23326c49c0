import {
  ENVELOPE_BUCKETS_BYTES,
  encodeContent,
  RETAINED_GENERATIONS,
  utf8,
  type Placement,
  type Saying,
} from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outboxAfter } from '../store/outbox.ts'
import { befriend, carry, createPair, createTestNode, type TestNode } from '../testing/node.ts'

const text = (words: string): Saying => ({ type: 'text', text: words })
const texts = (node: TestNode, conversation: string) =>
  node.messages(conversation).map(({ content }) => (content.type === 'text' ? content.text : content.type))
const ACKNOWLEDGED = { type: 'acknowledge' }
const refused = (reason: string) => ({ type: 'refuse', reason })

describe('an envelope arrives', () => {
  it('[DLV-5] what it says is stored, then it is acknowledged', async () => {
    const { alice, bob, conversation } = await createPair()
    const id = await alice.say(conversation, text('hello'))
    expect(await carry(alice, bob)).toEqual([ACKNOWLEDGED])
    expect(bob.messages(conversation)).toMatchObject([{ id, sender: alice.context.self.account, state: 'delivered' }])
  })

  it('[DLV-8] a repetition is acknowledged and changes nothing', async () => {
    const { alice, bob, conversation } = await createPair()
    await alice.say(conversation, text('once'))
    const [envelope = new Uint8Array(0)] = alice.take(bob.context.self.peerId)
    for (let turn = 0; turn < 3; turn++) expect(await bob.receive(alice, envelope)).toEqual(ACKNOWLEDGED)
    const together = await Promise.all([bob.receive(alice, envelope), bob.receive(alice, envelope)])
    expect(together).toEqual([ACKNOWLEDGED, ACKNOWLEDGED])
    expect(texts(bob, conversation)).toEqual(['once'])
  })

  it('[DLV-8] the same content sealed again is the same message', async () => {
    const { alice, bob, conversation } = await createPair()
    const bytes = contentOf('twice')
    for (let turn = 0; turn < 2; turn++) await alice.seal(conversation, { type: 'content', bytes })
    expect(await carry(alice, bob)).toEqual([ACKNOWLEDGED, ACKNOWLEDGED])
    expect(texts(bob, conversation)).toEqual(['twice'])
  })

  it('[DLV-8] [ORD-1] any order of arrival, also with repetitions, gives the same conversation', async () => {
    const { alice, bob, conversation } = await createPair()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (words, dice) => {
          for (const word of words) await alice.say(conversation, text(`word ${word}`))
          const envelopes = [...alice.take(bob.context.self.peerId)]
          const shuffled = envelopes
            .flatMap((envelope) => [envelope, envelope])
            .map((envelope) => ({ envelope, rank: dice.next().value ?? 0 }))
          for (const { envelope } of shuffled.sort((a, b) => a.rank - b.rank))
            expect(await bob.receive(alice, envelope)).toEqual(ACKNOWLEDGED)
          expect(texts(bob, conversation)).toEqual(texts(alice, conversation))
        },
      ),
      { numRuns: 10 },
    )
  })

  it('[DLV-8] 512 messages that arrive backwards all open', async () => {
    const { alice, bob, conversation } = await createPair()
    for (let index = 0; index < RETAINED_GENERATIONS; index++) await alice.say(conversation, text(`n${index}`))
    const envelopes = alice.take(bob.context.self.peerId).toReversed()
    const outcomes = await Promise.all(envelopes.map((envelope) => bob.receive(alice, envelope)))
    expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(['acknowledge']))
    expect(texts(bob, conversation)).toEqual(texts(alice, conversation))
  })

  it('[DLV-6] what cannot be read is refused with the reason that the sender needs', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    await alice.say(conversation, text('hello'))
    const [envelope = new Uint8Array(0)] = alice.take(bob.context.self.peerId)
    expect(await carol.receive(alice, envelope)).toEqual(refused('unknown-conversation'))
    expect(await alice.receive(bob, new Uint8Array(512).fill(1))).toEqual(refused('unknown-epoch'))
    expect(await alice.receive(bob, Uint8Array.of(1))).toEqual(refused('unknown-epoch'))
    const tampered = envelope.map((byte, index) => (index === 100 ? byte ^ 1 : byte))
    expect(await bob.receive(alice, tampered)).toEqual(refused('undecryptable'))
    expect(await bob.receive(alice, envelope)).toEqual(ACKNOWLEDGED)
    expect(texts(bob, conversation)).toEqual(['hello'])
  })

  it('[DLV-6] an envelope of one conversation says nothing in another, whoever carries it', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    const other = await befriend(alice, carol)
    await alice.say(conversation, text('for bob'))
    const [envelope = new Uint8Array(0)] = alice.take(bob.context.self.peerId)
    expect(await carol.receive(alice, envelope)).toEqual(refused('unknown-epoch'))
    expect(await bob.receive(carol, envelope)).toEqual(refused('unknown-conversation'))
    expect([texts(carol, other), texts(bob, conversation)]).toEqual([[], []])
    expect(await bob.receive(alice, envelope)).toEqual(ACKNOWLEDGED)
  })

  it('[DLV-6] an own envelope that comes back is refused and shown once', async () => {
    const { alice, bob, conversation } = await createPair()
    await alice.say(conversation, text('mine'))
    const [envelope = new Uint8Array(0)] = alice.take(bob.context.self.peerId)
    expect(await alice.receive(bob, envelope)).toEqual(refused('undecryptable'))
    expect(texts(alice, conversation)).toEqual(['mine'])
  })

  it('[DLV-6] any bytes of any size have an outcome and change nothing', async () => {
    const { alice, bob, conversation } = await createPair()
    await alice.say(conversation, text('hello'))
    await carry(alice, bob)
    const sizes = fc.oneof(fc.nat(64), fc.constantFrom(...ENVELOPE_BUCKETS_BYTES.slice(0, 3)))
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(0, 1, 3, 255), async (size, first) => {
        const bytes = bob.context.random(size)
        bytes[0] = first
        expect((await bob.receive(alice, bytes)).type).toBe('refuse')
      }),
    )
    expect(texts(bob, conversation)).toEqual(['hello'])
  })
})

function contentOf(words: string, changes: Partial<Placement> = {}): Uint8Array {
  const placement = {
    salt: new Uint8Array(16).fill(5),
    parents: [],
    time: { ms: 1_767_225_600_000, counter: 0 },
    ...changes,
  }
  return encodeContent(placement, text(words))
}

describe('a member of ill will', () => {
  it.each([
    ['a text of 20,001 letters', contentOf('x'.repeat(20_001))],
    ['an empty text', contentOf('')],
    ['bytes that are no content', utf8('hello')],
    ['no bytes', new Uint8Array(0)],
    ['a clock of the year 7000', contentOf('later', { time: { ms: 2 ** 47, counter: 0 } })],
    ['the same parent twice', contentOf('again', { parents: [parent(1), parent(1)] })],
  ])('[DLV-5] [CNT-3] sends %s: acknowledged, never shown, and nothing stands still', async (_what, bytes) => {
    const { alice, bob, conversation } = await createPair()
    await bob.seal(conversation, { type: 'content', bytes })
    await bob.say(conversation, text('after'))
    expect(await carry(bob, alice)).toEqual([ACKNOWLEDGED, ACKNOWLEDGED])
    expect(texts(alice, conversation)).toEqual(['after'])
  })

  it('[CNT-14] writes control and bidi characters: shown harmlessly', async () => {
    const { alice, bob, conversation } = await createPair()
    await bob.seal(conversation, {
      type: 'content',
      bytes: contentOf('pay \u202e001\u202c\u0007 \u2066me\r\nnow\u200b'),
    })
    const unknown: Saying = { type: 'unknown', mediaType: 'x/\u202ey', fallback: 'an \u202eoffer' }
    const placement = { salt: new Uint8Array(16), parents: [], time: { ms: 1_767_225_600_001, counter: 0 } }
    await bob.seal(conversation, { type: 'content', bytes: encodeContent(placement, unknown) })
    await carry(bob, alice)
    expect(alice.messages(conversation).map(({ content }) => content)).toEqual([
      { type: 'text', text: 'pay 001 \u2066me\u2069\nnow' },
      { type: 'unknown', mediaType: 'x/y', fallback: 'an offer' },
    ])
  })

  it('[ORD-4] has a clock that is ahead: marked, in its causal place, and nobody else is moved', async () => {
    const { alice, bob, conversation } = await createPair()
    await bob.seal(conversation, {
      type: 'content',
      bytes: contentOf('from tomorrow', { time: { ms: bob.clock.now() + 300_001, counter: 0 } }),
    })
    await bob.seal(conversation, {
      type: 'content',
      bytes: contentOf('on time', { time: { ms: bob.clock.now() + 300_000, counter: 0 } }),
    })
    await carry(bob, alice)
    await alice.say(conversation, text('an answer'))
    const shown = alice
      .messages(conversation)
      .map(({ content, isClockSkewed }) => [content.type === 'text' && content.text, isClockSkewed])
    expect(shown).toEqual([
      ['on time', false],
      ['from tomorrow', true],
      ['an answer', false],
    ])
  })

  it('[RCP-4] reports on messages that are not ours, or from another conversation, and moves none', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    const other = await befriend(alice, carol)
    const mine = await alice.say(conversation, text('to bob'))
    const theirs = await bob.say(conversation, text('from bob'))
    await carry(bob, alice)
    const read = [mine, theirs].map((id) => new Uint8Array(Buffer.from(id, 'hex')))
    await carol.seal(other, { type: 'status', report: { delivered: [], read } })
    await bob.seal(conversation, { type: 'status', report: { delivered: [], read: read.slice(1) } })
    await carry(carol, alice)
    await carry(bob, alice)
    expect(
      alice
        .messages(conversation)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['delivered', 'queued'])
    await bob.seal(conversation, { type: 'status', report: { delivered: [], read } })
    await carry(bob, alice)
    expect(
      alice
        .messages(conversation)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['delivered', 'read'])
  })

  it('[TYP-2] types as much as they like: nothing is stored and nothing acknowledged', async () => {
    const { alice, bob, conversation } = await createPair()
    for (let turn = 0; turn < 3; turn++) await bob.seal(conversation, { type: 'typing', subject: '' })
    const outcomes = await carry(bob, alice)
    expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(['nothing']))
    expect([alice.typing.length, alice.messages(conversation)]).toEqual([3, []])
  })

  it('[DLV-9] sends controls: heard, never acknowledged, not stored; nonsense is ignored', async () => {
    const { alice, bob, conversation } = await createPair()
    const control = bob.control(conversation, { type: 'heads', heads: [parent(1)] })
    for (let turn = 0; turn < 2; turn++) expect(await alice.receive(bob, control)).toEqual({ type: 'nothing' })
    expect(alice.controls).toHaveLength(2)
    expect(outboxAfter(alice.context.store, bob.context.self.peerId, 0, 9)).toEqual([])
  })
})

function parent(fill: number): Uint8Array {
  const id = new Uint8Array(32).fill(fill)
  id[0] = 1
  return id
}
