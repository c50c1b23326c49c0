/** Two link tables over streams that deliver in any order: whatever happens, both ends mean the same link. */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { LINK_REFUSED_WAIT_MS } from '@parley/core'
import type { Link } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LinkTable } from './link-table.ts'
import type { LinkConnection } from './stream-lane.ts'
import { FakeStream } from './testing/fake-stream.ts'
import type { Channel } from './testing/fake-stream.ts'
import { silentLog } from './testing/networks.ts'

const IDS = [
  '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1',
  '12D3KooWFpjURZyv6gKsvzsVQzeapFABhpc3nDNemoD3pMDLXS87',
] as const
type Side = 0 | 1

/** A few turns, so that writes of one tick leave and promises settle. */
const turn = async (): Promise<void> => {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}

interface End {
  /** Of all ends of a world; sent to the other end, so that it knows which one it talks to. */
  readonly id: number
  readonly link: Link
  readonly received: number[]
  readonly sent: number[]
  isOpen: boolean
}

class World {
  readonly ends: readonly [End[], End[]] = [[], []]
  /** Links handed over before their predecessor had ended. */
  overlaps = 0
  /** Links that went over to another stream. */
  moves = 0
  readonly #channels: Channel[] = []
  readonly #streams: ReturnType<typeof FakeStream.pair>[] = []
  readonly #timers: { readonly fire: () => void; readonly delayMs: number; isDone: boolean }[] = []
  readonly #tables: readonly [LinkTable, LinkTable] = [this.#createTable(0), this.#createTable(1)]
  #ends = 0

  /** `side` has a connection and wants a link over it. */
  offer(side: Side): void {
    const other = side === 0 ? 1 : 0
    void this.#tables[side].offer(() => this.#openStream(side), connectionTo(other))
  }

  async #openStream(side: Side): Promise<FakeStream> {
    const other = side === 0 ? 1 : 0
    const stream = FakeStream.pair()
    const { ends, channels } = stream
    this.#streams.push(stream)
    this.#channels.push(...channels)
    // the other end sees the stream when the first thing on it arrives, as with Yamux; here: a moment later
    channels[0].push(() => this.#tables[other].accept(ends[1], connectionTo(side)))
    return ends[0]
  }

  /** `side` has another connection and wants the link to go on there. */
  move(side: Side): void {
    const other = side === 0 ? 1 : 0
    void this.#tables[side]
      .move(() => this.#openStream(side), connectionTo(other))
      .then((hasMoved) => (this.moves += Number(hasMoved)))
  }

  /** One more frame on the link of `side`; what was never accepted counts as never sent. */
  say(side: Side): void {
    const end = this.ends[side].findLast(({ isOpen }) => isOpen)
    if (end?.link.send(Uint8Array.of(end.id, end.sent.length / 2 + 1)) === true)
      end.sent.push(end.id, end.sent.length / 2 + 1)
  }

  close(side: Side): void {
    this.ends[side].findLast(({ isOpen }) => isOpen)?.link.close()
  }

  /** The connection under one stream dies. */
  drop(choice: number): void {
    const stream = this.#streams[choice % Math.max(1, this.#streams.length)]
    stream?.ends[0].drop(stream.channels[1])
    stream?.ends[1].drop(stream.channels[0])
  }

  deliver(choice: number): void {
    const ready = this.#channels.filter(({ isEmpty }) => !isEmpty)
    ready[choice % Math.max(1, ready.length)]?.deliverOne()
  }

  fireTimer(choice: number): void {
    const ready = this.#timers.filter(({ isDone, delayMs }) => !isDone && delayMs === LINK_REFUSED_WAIT_MS)
    const timer = ready[choice % Math.max(1, ready.length)]
    if (timer === undefined) return
    timer.isDone = true
    timer.fire()
  }

  /** Delivers everything and lets every wait for a link run out, until nothing happens any more. */
  async settle(choice: number): Promise<void> {
    for (;;) {
      await turn()
      if (this.#channels.some(({ isEmpty }) => !isEmpty)) this.deliver(choice)
      else if (this.#timers.some(({ isDone, delayMs }) => !isDone && delayMs === LINK_REFUSED_WAIT_MS))
        this.fireTimer(0)
      else return
    }
  }

  open(side: Side): readonly End[] {
    return this.ends[side].filter(({ isOpen }) => isOpen)
  }

  #createTable(side: Side): LinkTable {
    return new LinkTable({
      ownPeerId: IDS[side],
      log: silentLog,
      after: (delayMs, fire) => {
        const timer = { delayMs, fire, isDone: false }
        this.#timers.push(timer)
        return () => (timer.isDone = true)
      },
      onLink: (link) => {
        const end: End = { id: this.#ends++, link, received: [], sent: [], isOpen: true }
        if (this.open(side).length > 0) this.overlaps += 1
        this.ends[side].push(end)
        this.say(side)
        this.say(side)
        link.listen({
          onFrame: (frame) => void end.received.push(...frame),
          onDrain: () => undefined,
          onClose: () => (end.isOpen = false),
        })
      },
    })
  }
}

type Event = {
  readonly type: 'offer' | 'move' | 'say' | 'close' | 'drop' | 'deliver' | 'timer'
  readonly side: Side
  readonly choice: number
}

const events = (...types: readonly Event['type'][]): fc.Arbitrary<Event[]> =>
  fc.array(fc.record({ type: fc.constantFrom(...types), side: fc.constantFrom(0, 1), choice: fc.nat(1_000) }), {
    maxLength: 60,
    size: 'max',
  })

const connectionTo = (side: Side): LinkConnection => ({
  remotePeer: peerIdFromString(IDS[side]),
  remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/1'),
  direct: true,
})

/** No link at either end, or one at each, and each got all that the other sent. */
function expectOneMind(world: World): void {
  const [left, right] = [world.open(0), world.open(1)]
  expect(world.overlaps).toBe(0)
  expect(left.length).toBeLessThanOrEqual(1)
  expect(right.length).toBe(left.length)
  expect(left.flatMap(({ received }) => received)).toEqual(right.flatMap(({ sent }) => sent))
  expect(right.flatMap(({ received }) => received)).toEqual(left.flatMap(({ sent }) => sent))
  for (const side of [0, 1] as const) {
    // what arrived on a link that is over: some of one link's frames, from the first on, each once
    for (const { received } of world.ends[side]) {
      const sender = world.ends[1 - side]?.find(({ id }) => id === received[0])
      expect(received).toEqual(sender?.sent.slice(0, received.length) ?? [])
    }
  }
}

async function play(world: World, played: readonly Event[], choice: number): Promise<void> {
  for (const { type, side, choice: which } of played) {
    if (type === 'offer') world.offer(side)
    else if (type === 'move') world.move(side)
    else if (type === 'say') world.say(side)
    else if (type === 'close') world.close(side)
    else if (type === 'drop') world.drop(which)
    else if (type === 'timer') world.fireTimer(which)
    else world.deliver(which)
    await turn()
  }
  await world.settle(choice)
  expectOneMind(world)
}

const OFFERS: readonly Event[] = [
  { type: 'offer', side: 0, choice: 0 },
  { type: 'offer', side: 1, choice: 0 },
]

describe('two link tables', () => {
  it('[LINK-5] agree on one link, on which nothing is lost, whatever is dialled, closed, dropped and delayed', async () => {
    let made = 0
    const anything = events('offer', 'offer', 'close', 'drop', 'deliver', 'deliver', 'deliver', 'deliver', 'timer')
    await fc.assert(
      fc.asyncProperty(anything, fc.nat(1_000), async (played, choice) => {
        const world = new World()
        await play(world, played, choice)
        await play(world, OFFERS, choice)
        expect(world.open(0)).toHaveLength(1)
        made += world.ends[0].length
      }),
      { numRuns: 500 },
    )
    expect(made).toBeGreaterThan(750)
  })

  it('[LINK-5] [LINK-6] have a link after any number of dials, however early an asker insists', async () => {
    let replaced = 0
    await fc.assert(
      fc.asyncProperty(
        events('offer', 'deliver', 'deliver', 'timer', 'timer'),
        fc.nat(1_000),
        async (played, choice) => {
          const world = new World()
          await play(world, [...played, ...OFFERS], choice)
          expect(world.open(0)).toHaveLength(1)
          replaced += world.ends[0].length - 1
        },
      ),
      { numRuns: 500 },
    )
    expect(replaced).toBeGreaterThan(10)
  })

  it('[LINK-10] move the link to other streams, again and again, and lose and repeat nothing', async () => {
    let moves = 0
    await fc.assert(
      fc.asyncProperty(
        events('offer', 'move', 'say', 'say', 'deliver', 'deliver', 'deliver'),
        fc.nat(1_000),
        async (played, choice) => {
          const world = new World()
          await play(world, [...OFFERS, ...played], choice)
          expect(world.ends.map((ends) => ends.length)).toEqual([1, 1])
          moves += world.moves
        },
      ),
      { numRuns: 500 },
    )
    expect(moves).toBeGreaterThan(250)
  })

  it('[LINK-10] agree on one link, whatever is closed and dropped while it moves', async () => {
    let moves = 0
    const anything = events(
      'offer',
      'move',
      'move',
      'say',
      'close',
      'drop',
      'timer',
      ...Array<'deliver'>(9).fill('deliver'),
    )
    await fc.assert(
      fc.asyncProperty(anything, fc.nat(1_000), async (played, choice) => {
        const world = new World()
        await play(world, [...OFFERS, ...played], choice)
        await play(world, OFFERS, choice)
        expect(world.open(0)).toHaveLength(1)
        moves += world.moves
      }),
      { numRuns: 500 },
    )
    expect(moves).toBeGreaterThan(100)
  })

  it('[LINK-5] make no second link while dials only cross each other', async () => {
    await fc.assert(
      fc.asyncProperty(events('offer', 'deliver', 'deliver'), fc.nat(1_000), async (played, choice) => {
        const world = new World()
        await play(world, [...played, ...OFFERS], choice)
        expect(world.ends.map((ends) => ends.length)).toEqual([1, 1])
      }),
      { numRuns: 500 },
    )
  })
})
