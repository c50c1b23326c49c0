import { createMemoryLog, createMemoryNetworkHub, createTestClock } from '@parley/adapter-memory'
import { decodeFrame, ENVELOPE_BYTES_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../conversation/receive.ts'
import type { Link } from '../ports/network.ts'
import { deleteOutbox, insertOutbox, outboxAfter } from '../store/outbox.ts'
import { createPair, createTestNode, type TestClock, type TestNode } from '../testing/node.ts'
import type { InboxLimits } from './inbox-total.ts'
import type { SessionDelegate } from './session.ts'
import { Sessions } from './sessions.ts'

const LIMITS: InboxLimits = {
  envelopesMax: 16,
  bytesMax: 8 * ENVELOPE_BYTES_MAX,
  allBytesMax: 10 * ENVELOPE_BYTES_MAX,
  shareBytes: ENVELOPE_BYTES_MAX,
}

type Hub = ReturnType<typeof createMemoryNetworkHub>

type Process = (peerId: string, envelope: Uint8Array) => Promise<Outcome>

/**
 * A link that has no room for an answer when it is first asked, and drains a moment later. `overtaken` counts envelopes
 * that took the room of an answer that waits.
 */
function withoutRoomForAnswers(link: Link, clock: TestClock, overtaken: { count: number }): Link {
  const state = { onDrain: (): void => undefined, isFull: false, isRetry: false }
  return {
    peerId: link.peerId,
    direction: link.direction,
    remoteAddress: link.remoteAddress,
    isRelayed: link.isRelayed,
    listen(handlers) {
      state.onDrain = () => handlers.onDrain()
      link.listen(handlers)
    },
    close: () => link.close(),
    send(frame) {
      const type = decodeFrame(frame)?.type
      if (type === 'envelope' && state.isRetry) overtaken.count++
      if (type !== 'ack') return !state.isFull && link.send(frame)
      if (state.isRetry && !state.isFull) {
        state.isRetry = false
        return link.send(frame)
      }
      if (!state.isFull)
        clock.after(5, () => {
          state.isFull = false
          state.onDrain()
        })
      state.isFull = true
      state.isRetry = true
      return false
    },
  }
}

interface JoinOptions {
  readonly tap?: (link: Link) => Link
}

/** The node on the network, with small inboxes; `process` is what it does with an envelope. */
async function join(node: TestNode, hub: Hub, process: Process, { tap = (link) => link }: JoinOptions = {}) {
  const log = createMemoryLog()
  const seen = { waiting: 0, waitingMax: 0, received: 0, refused: 0 }
  const delegate: SessionDelegate = {
    opened: () => undefined,
    closed: () => undefined,
    networkChanged: () => undefined,
    woken: () => undefined,
    pushNodesChanged: () => undefined,
    mayAskDialBack: () => false,
    localPeerFound: () => undefined,
    async receive(session, envelope) {
      seen.received++
      seen.waitingMax = Math.max(seen.waitingMax, ++seen.waiting)
      try {
        return await process(session.peerId, envelope)
      } finally {
        seen.waiting--
      }
    },
    async acknowledged(_session, rows) {
      for (const { seq } of rows) deleteOutbox(node.context.store, seq)
    },
    async refused() {
      seen.refused++
      return 'settled'
    },
    liveRefused: () => seen.refused++,
    exchanged: () => undefined,
    drained: () => undefined,
    profileHeard: () => undefined,
    bundleWanted: async () => undefined,
    bundleReceived: async () => true,
  }
  const network = hub.createNetwork(node.context.self.peerId)
  const start = network.start.bind(network)
  network.start = (handlers) => start({ ...handlers, onLink: (link) => handlers.onLink(tap(link)) })
  const sessions: Sessions = new Sessions(() => ({ ...node.context, log, sessions }), network, delegate, LIMITS)
  await sessions.start()
  const logged = (words: string) => log.entries.filter(({ message }) => message.startsWith(words)).length
  const waitsFor = (peer: TestNode) => outboxAfter(node.context.store, peer.context.self.peerId, 0, 10_000).length
  return { node, sessions, network, seen, logged, waitsFor }
}

async function meet(clock: TestClock, from: Awaited<ReturnType<typeof join>>, to: TestNode): Promise<void> {
  const connected = from.network.connect(to.context.self.peerId, [], new AbortController().signal)
  await clock.run(50)
  await connected
}

/** One envelope after the other, each a while: a slow disk. */
function slowly(clock: TestClock, eachMs: number) {
  let last = Promise.resolve()
  return (): Promise<Outcome> => {
    last = last.then(() => new Promise<void>((resolve) => void clock.after(eachMs, resolve)))
    return last.then(() => ({ type: 'acknowledge' }))
  }
}

/** `count` of the largest envelopes for `to`, each another. */
function fillOutbox({ context }: TestNode, to: TestNode, count: number): void {
  for (let number = 0; number < count; number++) {
    const bytes = new Uint8Array(ENVELOPE_BYTES_MAX)
    bytes.set(context.random(16), ENVELOPE_BYTES_MAX - 16)
    const { peerId } = to.context.self
    insertOutbox(context.store, {
      peerId,
      kind: 'status',
      conversation: undefined,
      message: undefined,
      bytes,
      createdAt: 0,
    })
  }
}

describe('a flood', () => {
  it('[DLV-7] two who flood each other with messages read everything, in order, a few at a time', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const count = 150
    for (let number = 0; number < count; number++) {
      await alice.say(conversation, { type: 'text', text: `a${number}` })
      await bob.say(conversation, { type: 'text', text: `b${number}` })
    }
    const hub = createMemoryNetworkHub({ clock })
    const ends = [
      await join(alice, hub, (_from, envelope) => alice.receive(bob, envelope)),
      await join(bob, hub, (_from, envelope) => bob.receive(alice, envelope)),
    ]
    for (let ms = 0; ms < 20_000 && ends.some(({ waitsFor }) => waitsFor(alice) + waitsFor(bob) > 0); ms += 100)
      await clock.run(100)
    for (const { seen, logged, waitsFor, node } of ends) {
      expect([waitsFor(alice), waitsFor(bob), seen.refused]).toEqual([0, 0, 0])
      expect(seen.waitingMax).toBeLessThanOrEqual(LIMITS.envelopesMax / 2 + 1)
      expect([logged('envelope dropped'), logged('reading paused') > 0]).toEqual([0, true])
      const texts = node.messages(conversation).map(({ content }) => (content.type === 'text' ? content.text : ''))
      for (const letter of ['a', 'b'])
        expect(texts.filter((text) => text.startsWith(letter))).toEqual(
          Array.from({ length: count }, (_, number) => `${letter}${number}`),
        )
    }
  })

  it('[DLV-7] [DLV-15] with links full both ways no answer gets lost, so that nothing goes twice', async () => {
    const clock = createTestClock()
    const hub = createMemoryNetworkHub({ clock })
    const [alice, bob] = [await createTestNode(clock, 1), await createTestNode(clock, 2)]
    const count = 60
    fillOutbox(alice, bob, count)
    fillOutbox(bob, alice, count)
    const overtaken = { count: 0 }
    const options = { tap: (tapped: Link) => withoutRoomForAnswers(tapped, clock, overtaken) }
    const near = await join(alice, hub, slowly(clock, 20), options)
    const far = await join(bob, hub, slowly(clock, 20), options)
    await meet(clock, near, bob)
    await clock.run(5_000)
    expect(overtaken.count).toBe(0)
    for (const { seen, logged, waitsFor } of [near, far]) {
      expect([waitsFor(alice), waitsFor(bob), seen.received]).toEqual([0, 0, count])
      expect([logged('envelope dropped'), logged('acknowledgements stay out')]).toEqual([0, 0])
      expect(seen.waitingMax).toBeLessThanOrEqual(LIMITS.envelopesMax / 2 + 1)
    }
  })

  it('[DLV-7] one who floods is slowed down, and somebody else is read all the while', async () => {
    const clock = createTestClock()
    const hub = createMemoryNetworkHub({ clock })
    const nodes = [await createTestNode(clock, 1), await createTestNode(clock, 2), await createTestNode(clock, 3)]
    const [alice, mallory, carol] = nodes
    if (alice === undefined || mallory === undefined || carol === undefined) throw new Error('three nodes')
    const order: string[] = []
    const work = slowly(clock, 20)
    const end = await join(alice, hub, (peerId) => {
      order.push(peerId === carol.context.self.peerId ? 'carol' : 'mallory')
      return work()
    })
    fillOutbox(mallory, alice, 100)
    const flood = await join(mallory, hub, slowly(clock, 1))
    await meet(clock, flood, alice)
    await clock.run(500)
    fillOutbox(carol, alice, 3)
    const before = order.length
    const other = await join(carol, hub, slowly(clock, 1))
    await meet(clock, other, alice)
    await clock.run(1_000)
    expect(order.slice(before).filter((who) => who === 'carol')).toHaveLength(3)
    expect([other.waitsFor(alice), flood.waitsFor(alice) > 10]).toEqual([0, true])
    expect([end.logged('envelope dropped'), end.seen.waitingMax <= 8]).toEqual([0, true])
    await clock.run(2_000)
    expect([flood.waitsFor(alice), end.seen.received]).toEqual([0, 103])
  })
})
