import { createTestClock } from '@parley/adapter-memory'
import {
  decodeControl,
  fromHex,
  HEADS_MAX,
  openOuter,
  RESEND_MESSAGES_MAX,
  WANTED_IDS_MAX,
  type Control,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { outboxAfter } from '../store/outbox.ts'
import { befriend, carry, createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { headEpochOf } from './seal.ts'
import { ANNOUNCE_DELAY_MS, Sync, WANT_INTERVAL_MS, WANT_PAUSE_MAX_MS } from './sync.ts'

const say = (node: TestNode, conversation: string, text: string) => node.say(conversation, { type: 'text', text })
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The sync of `node`, whose controls are read instead of sent. */
function createSync(node: TestNode, conversation: string, isConnected = true) {
  const sent: Control[] = []
  const sessions = Object.create(node.context.sessions) as typeof node.context.sessions
  Object.defineProperties(sessions, {
    ofAccount: { value: () => (isConnected ? [{}] : []) },
    sendToAccount: {
      value: (_account: string, envelope: Uint8Array) => {
        const { epoch } = headEpochOf(node.context, conversation)
        const control = decodeControl(openOuter(node.context.crypto, epoch.keys.outerKey, envelope)?.body ?? envelope)
        if (control !== undefined) sent.push(control)
      },
    },
  })
  const context = { ...node.context, sessions }
  return { sync: new Sync(() => context), sent }
}

/** Alice has said `count` things that Bob has not heard. */
async function createSilence(count: number) {
  const pair = await createPair()
  const { alice, bob, conversation } = pair
  const ids: string[] = []
  for (let index = 0; index < count; index++) ids.push(await say(alice, conversation, `n${index}`))
  alice.take(bob.context.self.peerId)
  const origin = { account: bob.context.self.account, peerId: bob.context.self.peerId }
  /** Alice hears this wish; what she seals again is brought to Bob. */
  const want = async (wanted: readonly string[], have: readonly string[] = []) => {
    const { sync } = createSync(alice, conversation)
    sync.onControl(conversation, origin, { type: 'want', ids: wanted.map(fromHex), have: have.map(fromHex) })
    for (let turns = 0; turns < 5; turns++) await turn()
    await alice.context.turns.run('input', () => () => undefined)
    const { length } = outboxAfter(alice.context.store, bob.context.self.peerId, 0, 1_000)
    return length
  }
  return { ...pair, ids, want }
}
const unposted = ({ context }: TestNode) => context.store.run('UPDATE entries SET is_posted = 0')

describe('what is wanted', () => {
  it('[SYN-5] is sealed again by its author, with what leads to it, parents first', async () => {
    const { alice, bob, conversation, ids, want } = await createSilence(5)
    unposted(alice)
    expect(await want([ids[3] ?? ''], [ids[0] ?? ''])).toBe(3)
    await carry(alice, bob)
    expect(bob.messages(conversation).map(({ id }) => id)).toEqual(ids.slice(1, 4))
  })

  it('[SYN-5] is not sealed again while it is on its way, and never more than 256 at a time', async () => {
    const { alice, ids, want } = await createSilence(RESEND_MESSAGES_MAX + 20)
    expect(await want(ids.slice(-1))).toBe(0)
    unposted(alice)
    expect(await want(ids.slice(-1))).toBe(RESEND_MESSAGES_MAX)
  })

  it('[SYN-5] is nothing that somebody else wrote, that is not here, or that was said in another conversation', async () => {
    const { clock, alice, bob, conversation, want } = await createSilence(0)
    const carol = await createTestNode(clock, 9)
    const other = await befriend(alice, carol)
    const theirs = await say(bob, conversation, 'by Bob')
    await carry(bob, alice)
    alice.take(bob.context.self.peerId)
    const elsewhere = await say(alice, other, 'to Carol')
    unposted(alice)
    expect(await want([theirs, elsewhere, `01${'ab'.repeat(31)}`])).toBe(0)
  })
})

describe('who asks', () => {
  it('[SYN-1] heads are announced a moment after a change, once, the newest 32 of them', async () => {
    const { alice, conversation, clock } = await createPair()
    const last = await say(alice, conversation, 'a')
    const { sync, sent } = createSync(alice, conversation)
    for (let index = 0; index < 5; index++) sync.announceSoon(conversation)
    clock.elapse(ANNOUNCE_DELAY_MS - 1)
    expect(sent).toEqual([])
    clock.elapse(1)
    expect(sent).toEqual([{ type: 'heads', heads: [fromHex(last)] }])
    clock.elapse(600_000)
    expect(sent).toHaveLength(1)
    const state = alice.context.conversations.get(conversation)
    expect(state !== undefined && state.heads.length <= HEADS_MAX).toBe(true)
  })

  it('[SYN-2] [SYN-3] unknown heads and missing parents are asked for after a second, and again until they came', async () => {
    const { alice, bob, conversation, clock } = await createPair()
    const first = await say(alice, conversation, 'first')
    const second = await say(alice, conversation, 'second')
    const [one = new Uint8Array(0), two = new Uint8Array(0)] = alice.take(bob.context.self.peerId)
    await bob.receive(alice, two)
    const { sync, sent } = createSync(bob, conversation)
    const unknown = `01${'cd'.repeat(31)}`
    sync.onControl(
      conversation,
      { account: '', peerId: '' },
      { type: 'heads', heads: [fromHex(second), fromHex(unknown)] },
    )
    clock.elapse(WANT_INTERVAL_MS - 1)
    expect(sent).toEqual([])
    clock.elapse(1)
    expect(sent).toEqual([{ type: 'want', ids: [fromHex(unknown), fromHex(first)], have: [fromHex(second)] }])
    clock.elapse(200_000)
    expect(sent.length).toBeGreaterThan(5)
    expect(sent.length).toBeLessThan(12)
    await bob.receive(alice, one)
    sent.length = 0
    clock.elapse(WANT_PAUSE_MAX_MS)
    expect(sent).toMatchObject([{ ids: [fromHex(unknown)] }])
    sync.stop()
    expect(clock.timers).toBe(0)
  })

  it('[SYN-3] nobody is asked while nobody is there, and never for more than 256 at once', async () => {
    const { bob, conversation, clock } = await createPair()
    const heads = Array.from({ length: 400 }, (_, index) => fromHex(`01${index.toString(16).padStart(62, '0')}`))
    const alone = createSync(bob, conversation, false)
    alone.sync.wantSoon(conversation, heads)
    clock.elapse(600_000)
    expect([alone.sent, clock.timers]).toEqual([[], 0])
    const { sync, sent } = createSync(bob, conversation)
    sync.wantSoon(conversation, heads)
    clock.elapse(WANT_INTERVAL_MS)
    const [want] = sent
    expect(want?.type === 'want' && want.ids.length).toBe(WANTED_IDS_MAX)
    sync.stop()
  })

  it('[SYN-3] a second reason to ask adds to the first and does not put it off', async () => {
    const { bob, conversation, clock } = await createPair()
    const { sync, sent } = createSync(bob, conversation)
    const ids = ['a1', 'b2', 'c3'].map((byte) => fromHex(`01${byte.repeat(31)}`))
    for (const id of ids) {
      sync.wantSoon(conversation, [id])
      clock.elapse(WANT_INTERVAL_MS / 4)
    }
    clock.elapse(WANT_INTERVAL_MS / 4)
    expect(sent).toMatchObject([{ type: 'want', ids }])
    sync.stop()
  })

  it('[SYN-1] before there is a group nothing is said', async () => {
    const node = await createTestNode(createTestClock(), 1)
    const { sync, sent } = createSync(node, 'nothing')
    sync.announceSoon('nothing')
    sync.wantSoon('nothing')
    node.clock.elapse(60_000)
    expect([sent, node.clock.timers]).toEqual([[], 0])
  })
})
