/** Push nodes that lie, stall, flood or answer anything: what they can make a reader or a sender do, or lose. */
import { decodeRequest, decodeResponse, encodeResponse, MAILBOX_TIMEOUT_MS, type MailboxResponse } from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { PortError } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asked, named, ringOf, signed } from './rogue.ts'
import { befriend, createWorld, send, states, texts, type Person, type PushNode, type World } from './world.ts'

const random = seededRandom(47)

interface Stage {
  readonly world: World
  readonly liar: PushNode
  readonly honest: PushNode
  readonly alice: Person
  readonly bob: Person
  readonly conversation: string
}

async function createStage(): Promise<Stage> {
  const world = await createWorld()
  const [liar, honest] = [await world.openPushNode(), await world.openPushNode()]
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, liar, honest, alice, bob, conversation }
}

/** Bob comes back while Alice is gone, `lie` is told, and what he has after `ms`. */
async function readPast(lie: (stage: Stage) => Promise<void> | void, ms = 5_000) {
  const stage = await createStage()
  const { world, alice, bob, conversation, liar } = stage
  await bob.stop()
  for (const text of ['one', 'two', 'three']) await send(alice, conversation, text)
  await world.pass(5_000)
  alice.wire.setOnline(false)
  await lie(stage)
  const start = liar.requests.length
  const back = await world.restart(bob)
  await world.pass(ms)
  const outcome = {
    read: await texts(back, conversation),
    finds: asked(liar, 'find', start),
    fetches: asked(liar, 'fetch', start),
  }
  await world[Symbol.asyncDispose]()
  return outcome
}

/** Answers of one type are others. */
function answer(
  node: PushNode,
  type: MailboxResponse['type'],
  other: (real: MailboxResponse) => Uint8Array | undefined,
) {
  node.bend = (real) => {
    const response = real && decodeResponse(real)
    return response?.type === type ? other(response) : real
  }
}

/** Every request of `person` to `node` takes `ms`, or never ends: then the network gives it up. */
function slow(world: World, person: Person, node: PushNode, ms: number): void {
  const { mailbox } = person.wire.network
  const request = mailbox.request.bind(mailbox)
  mailbox.request = async (address, bytes, signal) => {
    if (address !== node.address) return request(address, bytes, signal)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => reject(signal.reason))
    world.clock.after(Math.min(ms, MAILBOX_TIMEOUT_MS), resolve)
    await promise
    if (ms >= MAILBOX_TIMEOUT_MS) throw new PortError('UNREACHABLE', 'No answer came in time.', true)
    return request(address, bytes, signal)
  }
}

const ALL = ['one', 'two', 'three']

describe('a reader', () => {
  test('[OFF-6] hears nothing but junk from one of two: garbage, giants, emptiness, refusals, other types', async () => {
    const lies: readonly ((real: Uint8Array | undefined) => Uint8Array | undefined)[] = [
      () => new Uint8Array(0),
      () => random(64),
      () => new Uint8Array(8 * 1_048_576),
      () => undefined,
      () => encodeResponse({ type: 'refused', reason: 'too-many' }),
      () => encodeResponse({ type: 'done' }),
      (real) => real?.slice(0, -1),
      (real) => real && Uint8Array.of(...real, 0),
    ]
    for (const lie of lies) {
      const { read } = await readPast(({ liar }) => {
        liar.bend = lie
      })
      expect(read).toEqual(ALL)
    }
  })

  test('[HLD-1] is given blocks that hash to other names, or the same one for everything', async () => {
    for (const make of [() => random(512), (blocks: readonly Uint8Array[]) => blocks[0] ?? random(512)]) {
      const { read } = await readPast(({ liar }) =>
        answer(liar, 'blocks', (real) =>
          real.type === 'blocks'
            ? encodeResponse({ type: 'blocks', blocks: real.blocks.map(() => make(real.blocks)) })
            : undefined,
        ),
      )
      expect(read).toEqual(ALL)
    }
  })

  test('[OFF-6] is always shown the same thousand stale records: they are soon not looked at any more', async () => {
    const { read, finds } = await readPast(async ({ liar, alice, world }) => {
      const ring = await ringOf(alice)
      const stranger = { seed: random(32), payloadKey: random(32) }
      const payload = { blocks: named(random(512)), holders: [liar.address] }
      const stale = [
        ...(await Promise.all(Array.from({ length: 990 }, (_, at) => signed(stranger, world, payload, at + 1)))),
        ...(await Promise.all(Array.from({ length: 10 }, (_, at) => signed(ring(at), world, payload, 1)))),
      ]
      answer(liar, 'records', () => encodeResponse({ type: 'records', records: stale }))
    })
    expect(read).toEqual(ALL)
    expect(finds).toBeLessThan(20)
  })

  test('[OFF-17] has one that never answers, and one that takes nine seconds for everything', async () => {
    for (const ms of [MAILBOX_TIMEOUT_MS, 9_000]) {
      const stage = await createStage()
      const { world, alice, bob, liar, conversation } = stage
      alice.wire.setOnline(false)
      slow(world, bob, liar, ms)
      await world.pass(30_000)
      const sentAt = world.clock.now()
      await send(alice, conversation, 'in time')
      while ((await texts(bob, conversation)).length === 0 && world.clock.now() < sentAt + 60_000) await world.pass(250)
      expect(world.clock.now() - sentAt).toBeLessThan(6_000)
      await world[Symbol.asyncDispose]()
    }
  })
})

describe('a sender', () => {
  test('[HLD-1] is asked for the same block a thousand times over: it goes once', async () => {
    const { world, liar, alice, bob, conversation } = await createStage()
    await using _ = world
    await bob.stop()
    let sent = 0
    liar.bend = (real, request) => {
      const read = decodeRequest(request)
      if (read?.type === 'blocks') sent += read.blocks.length
      const response = real && decodeResponse(real)
      if (response?.type !== 'missing' || response.cids.length === 0) return real
      return encodeResponse({ ...response, cids: Array.from({ length: 1_024 }, () => response.cids[0] ?? random(36)) })
    }
    await send(alice, conversation, 'once')
    await world.pass(3_000)
    expect(sent).toBe(1)
    expect(await states(alice, conversation)).toEqual(['stored'])
  })

  test('[HLD-4] [OFF-3] is given receipts that are forged, for somebody else, or for other blocks: the next one is asked', async () => {
    const { world, liar, honest, alice, bob, conversation } = await createStage()
    await using _ = world
    const third = await world.openPushNode()
    expect(third.figures().blocks).toBe(0)
    await bob.stop()
    answer(liar, 'receipt', (real) =>
      real.type === 'receipt' ? encodeResponse({ ...real, signature: random(64) }) : undefined,
    )
    await send(alice, conversation, 'no receipt')
    await world.pass(5_000)
    expect(await states(alice, conversation)).toEqual(['stored'])
    const holders = alice.disk.store.all('SELECT DISTINCT holder FROM holdings JOIN outbox USING (deposit)')
    expect(holders.map(({ holder }) => holder)).toEqual([honest.address])
  })

  test('[HLD-5] [OFF-10] leaves megabytes: whoever has them passes every challenge, in parts', async () => {
    const { world, liar, alice, bob, conversation } = await createStage()
    await using _ = world
    await bob.stop()
    for (let number = 0; number < 70; number++) await send(alice, conversation, `${number} ${'long '.repeat(3_900)}`)
    await world.pass(20_000)
    const start = liar.requests.length
    await world.pass(5 * 3_600_000)
    expect(asked(liar, 'challenge', start)).toBeGreaterThan(4)
    expect(alice.disk.store.all('SELECT 1 AS found FROM holdings WHERE is_lost = 1')).toEqual([])
  })

  test('[OFF-3] asks for the most work that there is: bounded by WORK_BITS_MAX, and what waits for others goes on', () => {
    const info = encodeResponse({ type: 'info', workBits: 24, bytesFree: 0, isPushNode: true })
    expect(decodeResponse(info)).toMatchObject({ workBits: 24 })
    expect(
      decodeResponse(encodeResponse({ type: 'info', workBits: 25, bytesFree: 0, isPushNode: true })),
    ).toBeUndefined()
  })
})

describe('any bytes', () => {
  test('[HLD-8] [OFF-6] as answers to every request of two running engines: they go on, and everything arrives afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(fc.nat(5), { minLength: 8, maxLength: 8 }), async (seed, kinds) => {
        const noise = seededRandom(seed)
        const { world, liar, honest, alice, bob, conversation } = await createStage()
        let count = 0
        const lie = (real: Uint8Array | undefined): Uint8Array | undefined => {
          switch (kinds[count++ % kinds.length]) {
            case 0:
              return noise(200)
            case 1:
              return undefined
            case 2: {
              const copy = real?.slice()
              if (copy !== undefined && copy.length > 0) copy[(noise(1)[0] ?? 0) % copy.length] = noise(1)[0] ?? 0
              return copy
            }
            case 3:
              return encodeResponse(anyResponse(noise))
            case 4:
              return real?.slice(0, noise(1)[0] ?? 0)
            default:
              return real
          }
        }
        liar.bend = lie
        honest.bend = lie
        alice.wire.setOnline(false)
        for (let number = 0; number < 4; number++) {
          await send(number % 2 === 0 ? alice : bob, conversation, `${number}`)
          await world.pass(7_000)
        }
        liar.bend = undefined
        honest.bend = undefined
        await world.pass(15 * 60_000)
        const [here, there] = [await texts(alice, conversation), await texts(bob, conversation)]
        const all = [...(await states(alice, conversation)), ...(await states(bob, conversation))]
        await world[Symbol.asyncDispose]()
        expect([here.toSorted(), there]).toEqual([['0', '1', '2', '3'], here])
        expect(all).toEqual(Array(4).fill('delivered'))
      }),
      { numRuns: 6, seed: 20_261_121 },
    )
  })
})

function anyResponse(noise: (length: number) => Uint8Array): MailboxResponse {
  const cids = [named(noise(512))[0]?.cid ?? noise(36)]
  const receipt = { cids, expiresAt: 2_000_000_000_000, signature: noise(64) }
  const all: readonly MailboxResponse[] = [
    { type: 'refused', reason: 'full' },
    { type: 'missing', cids, receipt: undefined },
    { type: 'missing', cids: [], receipt },
    { type: 'receipt', ...receipt },
    { type: 'blocks', blocks: [noise(512)] },
    { type: 'digests', digests: [noise(32)] },
    { type: 'statuses', statuses: ['kept', 'older'] },
    { type: 'records', records: [noise(512), noise(2_048)] },
    { type: 'info', workBits: 3, bytesFree: 0, isPushNode: false },
  ]
  return all[(noise(1)[0] ?? 0) % all.length] ?? { type: 'done' }
}
