/** Hostile blocks and pointers on their way to a real reader: an outcome each, and the good messages around them in order. */
import { readFileSync } from 'node:fs'
import { blockCid, decodeCbor, encodeCbor, ENVELOPE_BUCKETS_BYTES, fromHex, type MailboxRequest } from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { describe, expect, test } from 'vitest'
import { ask, asked, leave, named, ringOf, signed, waitingOf, watchPlaces } from './rogue.ts'
import { befriend, createWorld, send, states, texts, type Person, type PushNode, type World } from './world.ts'

interface Stage {
  readonly world: World
  readonly push: PushNode
  readonly alice: Person
  readonly conversation: string
  /** A block that Alice left for Bob, and one that she left for Carol. */
  readonly genuine: Uint8Array
  readonly foreign: Uint8Array
  /** A sealed envelope for somebody else. */
  readonly sealed: Uint8Array
}

const random = seededRandom(41)
const frozen = JSON.parse(
  readFileSync(new URL('../../docs/spec/vectors/sealed-envelope.json', import.meta.url), 'utf8'),
)
const BLOCK_BYTES = 512
const dead = (number: number) => `/memory/dead${number}/p2p/dead${number}`

/** The good messages 'one' and 'two' with `attack` between them, and what Bob has of them afterwards. */
async function between(
  attack: (stage: Stage, slot: (number: number) => ReturnType<Awaited<ReturnType<typeof ringOf>>>) => Promise<void>,
) {
  const world = await createWorld()
  const push = await world.openPushNode()
  const alice = await world.open('Alice')
  const away = await world.open('Bob')
  const carol = await world.open('Carol')
  const conversation = await befriend(world, alice, away)
  const other = await befriend(world, alice, carol)
  await world.pass(5_000)
  await away.stop()
  await carol.stop()
  await send(alice, conversation, 'one')
  await world.pass(2_000)
  const [genuine] = waitingOf(alice)
  const ring = await ringOf(alice)
  await send(alice, other, 'for Carol')
  await world.pass(2_000)
  const foreign = waitingOf(alice).at(-1)
  if (genuine === undefined || foreign === undefined) throw new Error('both wait')
  const stage: Stage = {
    world,
    push,
    alice,
    conversation,
    genuine,
    foreign,
    sealed: fromHex(frozen.envelope),
  }
  await attack(stage, ring)
  await send(alice, conversation, 'two')
  await world.pass(3_000)
  // Nothing comes by a link: the author's is cut until what waits was read.
  alice.wire.setOnline(false)
  const bob = await world.restart(away)
  const places = watchPlaces(bob)
  const start = push.requests.length
  await world.pass(8_000)
  const arrived = await texts(bob, conversation)
  alice.wire.setOnline(true)
  await send(bob, conversation, 'three')
  await world.pass(3_000)
  const [here, there] = [await texts(bob, conversation), await texts(alice, conversation)]
  const sent = await states(alice, conversation)
  const fetches = asked(push, 'fetch', start)
  await world[Symbol.asyncDispose]()
  return { arrived, here, there, sent, fetches, places }
}

const GOOD = { arrived: ['one', 'two'], here: ['one', 'two', 'three'], there: ['one', 'two', 'three'] }

const flipped = (block: Uint8Array, at: number) => {
  const copy = block.slice()
  copy[at] = (copy[at] ?? 0) ^ 0x01
  return copy
}

const BLOCKS: readonly (readonly [string, (stage: Stage) => Uint8Array])[] = [
  ['version flipped', ({ genuine }) => flipped(genuine, 0)],
  ['tag flipped', ({ genuine }) => flipped(genuine, 1)],
  ['nonce flipped', ({ genuine }) => flipped(genuine, 17)],
  ['first letter of the ciphertext flipped', ({ genuine }) => flipped(genuine, 41)],
  ['middle of the ciphertext flipped', ({ genuine }) => flipped(genuine, genuine.length >> 1)],
  ['authenticator flipped', ({ genuine }) => flipped(genuine, genuine.length - 1)],
  [
    'cut to a smaller size of envelopes',
    ({ genuine }) => (genuine.length > BLOCK_BYTES ? genuine.slice(0, BLOCK_BYTES) : flipped(genuine, 2)),
  ],
  [
    'grown to a larger size of envelopes',
    ({ genuine }) => Uint8Array.from({ length: 8_192 }, (_, at) => genuine[at] ?? 0),
  ],
  ['of another conversation of its author', ({ foreign }) => foreign],
  ['a sealed envelope that is no mail for us', ({ sealed }) => sealed],
  ['garbage that claims to be outer', () => random(BLOCK_BYTES).fill(1, 0, 1)],
  ['garbage that claims to be sealed', () => random(2_048).fill(2, 0, 1)],
  ['garbage', () => random(BLOCK_BYTES)],
  ['zeros', () => new Uint8Array(BLOCK_BYTES)],
  ['a later version', () => random(BLOCK_BYTES).fill(3, 0, 1)],
  ['the largest size, garbage', () => random(524_288).fill(1, 0, 1)],
]

describe('hostile blocks', () => {
  test('[OFF-6] [OFF-9] every one has an outcome, and the good messages around them arrive in order', async () => {
    const outcome = await between(async (stage, slot) => {
      const { world, push, alice } = stage
      for (const [index, [, make]] of BLOCKS.entries()) {
        const block = make(stage)
        const record = await signed(slot(10 + index), world, { blocks: named(block), holders: [push.address] })
        expect(await leave(world, alice, push, { blocks: [block], records: [record] })).toEqual(['kept'])
        await world.pass(10)
      }
    })
    expect(outcome).toMatchObject(GOOD)
    expect(outcome.sent).toEqual(['delivered', 'delivered'])
  })

  test('[PTR-6] [OFF-14] replayed: the same block in three more pointers is shown once', async () => {
    const outcome = await between(async ({ world, push, alice, genuine }, slot) => {
      for (const number of [10, 11, 12]) {
        const payload = { blocks: [...named(genuine), ...named(genuine)], holders: [push.address] }
        await leave(world, alice, push, { records: [await signed(slot(number), world, payload)] })
      }
    })
    expect(outcome).toMatchObject(GOOD)
  })

  test('[HLD-2] what has no size of an envelope, does not hash to its name, or was not announced is not kept', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const mallory = await world.open('Mallory')
    await world.pass(2_000)
    const odd = [new Uint8Array(0), random(1), random(511), random(513), random(524_287)]
    const oversized = { cid: blockCid(random(32)), size: 524_289 }
    const announced = await ask(world, mallory, push, { type: 'store', blocks: [...named(...odd), oversized] })
    expect(announced).toMatchObject({ type: 'missing', cids: [] })
    const good = random(BLOCK_BYTES)
    await ask(world, mallory, push, { type: 'store', blocks: named(good) })
    const junk: MailboxRequest = { type: 'blocks', blocks: [...odd.slice(0, 4), flipped(good, 9), random(BLOCK_BYTES)] }
    expect(await ask(world, mallory, push, junk)).toMatchObject({ type: 'receipt', cids: [] })
    expect(push.figures().blocks).toBe(0)
    for (const bytes of [new Uint8Array(0), random(64), encodeCbor([2, [[random(36), 512]]]), encodeCbor([1, 2])]) {
      expect(await ask(world, mallory, push, bytes)).toEqual({ type: 'refused', reason: 'malformed' })
    }
  })
})

describe('hostile pointers', () => {
  test('[PTR-6] [OFF-6] names 256 blocks that do not exist, many times over', async () => {
    const outcome = await between(async ({ world, push, alice }, slot) => {
      for (let number = 10; number < 16; number++) {
        const blocks = Array.from({ length: 256 }, () => ({ cid: blockCid(random(32)), size: 524_288 }))
        await leave(world, alice, push, {
          records: [await signed(slot(number), world, { blocks, holders: [push.address] })],
        })
      }
    })
    expect(outcome).toMatchObject(GOOD)
    // what is named is asked for in parts of 16, at the start and when the push node came, and not at every look
    expect(outcome.fetches).toBeLessThanOrEqual(2 * (6 * 16 + 2))
  })

  test('[OFF-6] its holders are eight dead peers, places of this machine, URLs, or ourselves', async () => {
    const urls = [
      'http://127.0.0.1:80/x',
      'http://169.254.169.254/latest',
      'https://192.168.1.1/',
      'file:///etc/passwd',
    ]
    const outcome = await between(async ({ world, push, alice }, slot) => {
      const strange = [dead(1), dead(2), dead(3), dead(4), dead(5), dead(6), dead(7), dead(8)]
      for (const [index, holders] of [
        strange,
        urls,
        [alice.peerId],
        ['/ip4/127.0.0.1/tcp/22'],
        ['p2p-circuit'],
      ].entries()) {
        const blocks = named(random(BLOCK_BYTES))
        await leave(world, alice, push, { records: [await signed(slot(10 + index), world, { blocks, holders })] })
      }
    })
    expect(outcome).toMatchObject(GOOD)
    const places = new Set(outcome.places)
    expect(urls.filter((url) => places.has(url))).toEqual([])
    // a dead place is left alone after it failed
    for (let number = 1; number <= 8; number++) {
      expect(outcome.places.filter((place) => place === dead(number)).length).toBeLessThanOrEqual(2)
    }
  })

  test('[PTR-5] [HLD-6] older sequences, the largest one, another lifetime, and the record again', async () => {
    const outcome = await between(async ({ world, push, alice, genuine }, slot) => {
      const payload = { blocks: named(genuine), holders: [push.address] }
      const newest = await signed(slot(10), world, payload)
      const older = await signed(slot(10), world, payload, 1)
      expect(await leave(world, alice, push, { records: [newest, older, newest] })).toEqual(['kept', 'older', 'kept'])
      const last = await signed(slot(11), world, payload, Number.MAX_SAFE_INTEGER)
      expect(await leave(world, alice, push, { records: [last] })).toEqual(['kept'])
      const bent = decodeCbor(newest)
      if (!Array.isArray(bent)) throw new Error('a record is a list')
      for (const at of [1, 2, 3, 4, 5]) {
        const copy = bent.slice()
        const field = copy[at]
        copy[at] = typeof field === 'number' ? field + 1 : flipped(field, 3)
        expect(await leave(world, alice, push, { records: [encodeCbor(copy)] })).toEqual(['refused'])
      }
    })
    expect(outcome).toMatchObject(GOOD)
  })

  test('[PTR-4] [PTR-6] sealed for somebody else, or under another key: as if it were not there', async () => {
    const outcome = await between(async ({ world, push, alice, genuine }, slot) => {
      const crossed = { seed: slot(10).seed, payloadKey: slot(11).payloadKey }
      const payload = { blocks: named(genuine), holders: [push.address] }
      await leave(world, alice, push, { records: [await signed(crossed, world, payload)] })
      await leave(world, alice, push, { records: [await signed(slot(12), world, { blocks: [], holders: [] })] })
    })
    expect(outcome).toMatchObject(GOOD)
  })

  test('[PTR-6] whose block is another pointer', async () => {
    const outcome = await between(async ({ world, push, alice }, slot) => {
      const inner = await signed(slot(11), world, { blocks: [], holders: [] })
      expect(ENVELOPE_BUCKETS_BYTES).toContain(inner.length)
      const record = await signed(slot(10), world, { blocks: named(inner), holders: [push.address] })
      await leave(world, alice, push, { blocks: [inner], records: [inner, record] })
    })
    expect(outcome).toMatchObject(GOOD)
  })
})
