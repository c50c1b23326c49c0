/** What the own storage keeps of what waits for others, and that it keeps nothing that nobody needs any more. */
import { POINTER_SLOTS } from '@parley/core'
import { PortError, type BlockStoragePort, type Ports } from '@parley/engine'
import { expect, test } from 'vitest'
import { befriend, createWorld, send, states, texts, type World } from './world.ts'

const SECOND_MS = 1_000

/** A storage in memory; what it has outlives the engine. */
function createStorage(kind: 'self-hosted' | 's3' = 'self-hosted') {
  const blocks = new Map<string, Uint8Array>()
  const state = { isAway: false, slow: Promise.resolve() }
  const check = () => {
    if (state.isAway) throw new PortError('STORAGE_UNREACHABLE', 'the storage is away', true)
  }
  const port: BlockStoragePort = {
    kind,
    async store(cid, block) {
      check()
      await state.slow
      blocks.set(cid, block.slice())
      return [`https://storage.example/${cid}`]
    },
    async has(cid) {
      check()
      return blocks.has(cid)
    },
    async remove(cid) {
      check()
      blocks.delete(cid)
    },
    async stop() {},
  }
  const storage: Ports['storage'] = { kind, open: async () => port }
  return { blocks, state, storage }
}

type Own = ReturnType<typeof createStorage>

async function apart(world: World, { storage, blocks }: Partial<Own>, theirs?: Ports['storage']) {
  const alice = await world.open('Alice', { storage })
  const bob = await world.open('Bob', { storage: theirs })
  const conversation = await befriend(world, alice, bob)
  await world.pass(5 * SECOND_MS)
  await bob.stop()
  // The bundle under her invite.
  const idle = blocks?.size ?? 0
  return { alice, bob, conversation, idle }
}

test('[OFF-8] what no push node took and a link delivered then is not kept by the own storage', async () => {
  await using world = await createWorld()
  const own = createStorage()
  const { alice, bob, conversation, idle } = await apart(world, own)
  await send(alice, conversation, 'back in a minute')
  await world.pass(30 * SECOND_MS)
  await world.restart(bob)
  await world.pass(30 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['delivered'])
  expect(own.blocks.size).toBe(idle)
})

test('[OFF-8] [PTR-3] answers whose slot is used again are not kept by the own storage', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const mine = createStorage()
  const theirs = createStorage()
  const first = await apart(world, mine, theirs.storage)
  let { alice, bob } = first
  for (let round = 0; round < POINTER_SLOTS + 8; round++) {
    await send(alice, first.conversation, `${round}`)
    await world.pass(3 * SECOND_MS)
    await alice.stop()
    bob = await world.restart(bob, { storage: theirs.storage })
    await world.pass(5 * SECOND_MS)
    await bob.stop()
    alice = await world.restart(alice, { storage: mine.storage })
    await world.pass(5 * SECOND_MS)
  }
  const isDelivered = (await states(alice, first.conversation)).every((state) => state === 'delivered')
  expect([isDelivered, mine.blocks.size]).toEqual([true, first.idle])
  expect(theirs.blocks.size).toBe(POINTER_SLOTS)
})

test('[OFF-8] a storage that is away when something is acknowledged is emptied later', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const own = createStorage('s3')
  const first = await apart(world, own)
  await send(first.alice, first.conversation, 'one')
  await world.pass(5 * SECOND_MS)
  expect(own.blocks.size).toBeGreaterThan(first.idle)
  own.state.isAway = true
  const bob = await world.restart(first.bob)
  await world.pass(30 * SECOND_MS)
  expect(await states(first.alice, first.conversation)).toEqual(['delivered'])
  own.state.isAway = false
  await world.pass(2 * 3_600 * SECOND_MS)
  expect(own.blocks.size).toBe(first.idle)
  expect(await texts(bob, first.conversation)).toEqual(['one'])
})

test('[OFF-3] a storage that names each block lets as much wait as any other', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const { alice, bob, conversation } = await apart(world, createStorage('s3'))
  for (let i = 0; i < 450; i++) await send(alice, conversation, `${i}`)
  await world.pass(120 * SECOND_MS)
  expect(alice.disk.store.all('SELECT count(*) AS n FROM outbox WHERE deposit IS NULL')[0]?.['n']).toBe(0)
  await alice.stop()
  const back = await world.restart(bob)
  await world.pass(60 * SECOND_MS)
  expect(back.disk.store.all('SELECT count(*) AS n FROM entries')[0]?.['n']).toBe(450)
})

test('[PTR-3] [PTR-4] a pointer that is extended names the push nodes of what was in it before', async () => {
  await using world = await createWorld()
  const early = await world.openPushNode()
  const late = await world.openPushNode()
  const { alice, bob, conversation } = await apart(world, {})
  late.stop()
  const all: string[] = []
  const write = async (count: number) => {
    for (let round = 0; round < count; round++) {
      all.push(`${all.length}`)
      await send(alice, conversation, all.at(-1) ?? '')
      await world.pass(2 * SECOND_MS)
    }
  }
  await write(POINTER_SLOTS)
  late.resume()
  early.stop()
  await write(4)
  await alice.stop()
  early.resume()
  const back = await world.restart(bob)
  await world.pass(60 * SECOND_MS)
  expect(await texts(back, conversation)).toEqual(all)
})

test('[PTR-5] what is left after the clock was set back counts more than what was left before', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const { alice, bob, conversation } = await apart(world, {})
  await alice.stop()
  const fast = await world.restart(alice, { skewMs: 4 * 60 * SECOND_MS })
  await send(fast, conversation, 'first')
  await world.pass(3 * SECOND_MS)
  const right = await world.restart(fast)
  await send(right, conversation, 'second')
  await world.pass(3 * SECOND_MS)
  const rows = right.disk.store.all("SELECT sequence FROM deposits WHERE state = 'placed' ORDER BY id")
  const sequences = rows.map(({ sequence }) => Number(sequence))
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  await right.stop()
  const back = await world.restart(bob)
  await world.pass(30 * SECOND_MS)
  expect(await texts(back, conversation)).toEqual(['first', 'second'])
})

test('[PTR-8] [OFF-8] of the bundles under an invite only the newest is kept, and none when it is revoked', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const { blocks, storage } = createStorage()
  const alice = await world.open('Alice', { storage })
  const { id } = await alice.engine.call('invites.create', {})
  await world.pass(5 * SECOND_MS)
  expect([blocks.size, push.figures().blocks]).toEqual([1, 1])
  const [first] = blocks.keys()
  await alice.engine.call('profile.update', { name: 'Alice with another name' })
  await world.pass(2 * 3_600 * SECOND_MS)
  expect([blocks.size, push.figures().blocks]).toEqual([1, 1])
  expect([...blocks.keys()]).not.toEqual([first])
  await alice.engine.call('invites.revoke', { id })
  await world.pass(60 * SECOND_MS)
  expect([blocks.size, push.figures().blocks]).toEqual([0, 0])
})

test('[OFF-8] what the own storage took only after it was acknowledged is removed again', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const own = createStorage()
  const { alice, bob, conversation, idle } = await apart(world, own)
  const { promise, resolve } = Promise.withResolvers<void>()
  own.state.slow = promise
  await send(alice, conversation, 'faster than the disk')
  await world.pass(5 * SECOND_MS)
  await world.restart(bob)
  await world.pass(30 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['delivered'])
  resolve()
  await world.pass(10 * SECOND_MS)
  expect(own.blocks.size).toBe(idle)
})
