/** What was left with others is looked after: by whoever left it, until its reader answers or its time is over. */
import {
  blockCid,
  decodeFrame,
  decodeRequest,
  decodeResponse,
  digestOfCid,
  encodeFrame,
  encodeResponse,
  type MailboxRequest,
} from '@parley/core'
import { expect, test } from 'vitest'
import {
  befriend,
  createWorld,
  messages,
  send,
  states,
  texts,
  type Person,
  type PushNode,
  type World,
} from './world.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS
const DAY_MS = 24 * HOUR_MS

const rowsOf = (person: Person, kind: string): number =>
  Number(person.disk.store.all('SELECT count(*) AS n FROM outbox WHERE kind = ?', [kind])[0]?.['n'])

/** How many of the contents that wait with `author` a node holds. */
const copiesAt = ({ disk }: Person, node: PushNode): number =>
  disk.store.all("SELECT bytes FROM outbox WHERE kind = 'content'").reduce((count, { bytes }) => {
    const digest = bytes instanceof Uint8Array ? digestOfCid(blockCid(bytes)) : null
    return count + node.store.all('SELECT 1 AS found FROM held_blocks WHERE digest = ?', [digest]).length
  }, 0)

/** How often a node was asked for this. */
const asked = (node: PushNode, type: MailboxRequest['type']): number =>
  node.requests.filter((request) => decodeRequest(request)?.type === type).length

/** Alice and Bob know each other, and Bob is away. */
async function apart(world: World) {
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5 * SECOND_MS)
  await bob.stop()
  return { alice, bob, conversation }
}

/** Alice leaves, Bob comes: what he sees. */
async function read(world: World, alice: Person, away: Person, conversation: string) {
  await alice.stop()
  const bob = await world.restart(away)
  await world.pass(30 * SECOND_MS)
  return { bob, seen: await texts(bob, conversation) }
}

test('[OFF-3] a push node that refuses, and one whose receipt is worth nothing, are replaced by others', async () => {
  await using world = await createWorld()
  const [refuses, lies] = [await world.openPushNode(), await world.openPushNode()]
  const good = [await world.openPushNode(), await world.openPushNode()]
  const { alice, bob, conversation } = await apart(world)
  refuses.bend = (answer, request) =>
    decodeRequest(request)?.type === 'store' ? encodeResponse({ type: 'refused', reason: 'full' }) : answer
  lies.bend = (answer, request) => {
    const said = answer === undefined ? undefined : decodeResponse(answer)
    if (decodeRequest(request)?.type !== 'blocks' || said?.type !== 'receipt') return answer
    return encodeResponse({ ...said, signature: said.signature.map((byte) => byte ^ 1) })
  }
  const { id } = await send(alice, conversation, 'for two good ones')
  await world.pass(5 * SECOND_MS)
  expect(good.map((node) => copiesAt(alice, node))).toEqual([1, 1])
  const message = (await messages(alice, conversation)).find((each) => each.id === id)
  expect(message?.state).toBe('stored')
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['for two good ones'])
})

test('[OFF-3] when nobody takes it, it waits here, is tried less and less often, and at once when somebody comes', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const { alice, bob, conversation } = await apart(world)
  push.stop()
  await send(alice, conversation, 'patience')
  await world.pass(HOUR_MS)
  expect(await states(alice, conversation)).toEqual(['queued'])
  push.resume()
  await world.pass(3 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['stored'])
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['patience'])
})

test('[OFF-10] [HLD-5] a push node that lost what it signed for is found out within the hour and replaced', async () => {
  await using world = await createWorld()
  const [loses, keeps, spare] = [await world.openPushNode(), await world.openPushNode(), await world.openPushNode()]
  const { alice, bob, conversation } = await apart(world)
  await send(alice, conversation, 'precious')
  await world.pass(5 * SECOND_MS)
  expect([loses, keeps, spare].map((node) => copiesAt(alice, node))).toEqual([1, 1, 0])
  for (const table of ['held_blocks', 'held_pointers']) loses.store.run(`DELETE FROM ${table}`)
  loses.bend = (answer, request) =>
    decodeRequest(request)?.type === 'store' ? encodeResponse({ type: 'refused', reason: 'full' }) : answer
  await world.pass(2 * HOUR_MS)
  expect(asked(loses, 'challenge')).toBeGreaterThan(0)
  expect(copiesAt(alice, spare)).toBe(1)
  keeps.stop()
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['precious'])
})

test('[OFF-10] a push node that is silent for three hours is replaced, and not before', async () => {
  await using world = await createWorld()
  const [silent, other, spare] = [await world.openPushNode(), await world.openPushNode(), await world.openPushNode()]
  const { alice, bob, conversation } = await apart(world)
  await send(alice, conversation, 'still there')
  await world.pass(5 * SECOND_MS)
  silent.stop()
  await world.pass(2 * HOUR_MS)
  expect(copiesAt(alice, spare)).toBe(0)
  await world.pass(3 * HOUR_MS)
  expect(copiesAt(alice, spare)).toBe(1)
  other.stop()
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['still there'])
})

test('[OFF-14] [OFF-10] [PTR-5] an acknowledgement that was lost is given again when its sender asks with a newer record', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const first = await apart(world)
  const { conversation } = first
  await send(first.alice, conversation, 'heard, but who knows')
  await world.pass(5 * SECOND_MS)
  let { bob } = await read(world, first.alice, first.bob, conversation)
  await bob.stop()
  // Bob's answer never gets through to Alice.
  for (const row of bob.disk.reopen().store.all("SELECT key FROM deposits WHERE chain NOT LIKE 'invite/%'")) {
    push.store.run('DELETE FROM held_pointers WHERE key = ?', [row['key'] ?? null])
  }
  let alice = await world.restart(first.alice)
  await world.pass(10 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['stored'])
  const fetched = asked(push, 'fetch')
  await world.pass(26 * HOUR_MS)
  await alice.stop()
  bob = await world.restart(bob)
  await world.pass(30 * SECOND_MS)
  expect(asked(push, 'fetch')).toBe(fetched)
  expect(await texts(bob, conversation)).toEqual(['heard, but who knows'])
  await bob.stop()
  alice = await world.restart(alice)
  await world.pass(30 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['delivered'])
  expect(rowsOf(alice, 'content')).toBe(0)
})

test('[OFF-11] [OFF-12] what nobody fetched in thirty days failed, is taken back, and can be sent again', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const { alice: before, bob, conversation } = await apart(world)
  const { id } = await send(before, conversation, 'for whoever comes')
  await world.pass(5 * SECOND_MS)
  expect(copiesAt(before, push)).toBe(1)
  await before.stop()
  await world.pass(31 * DAY_MS)
  expect(push.figures().blocks).toBe(0)
  const alice = await world.restart(before)
  await world.pass(60 * SECOND_MS)
  const [failed] = await messages(alice, conversation)
  expect([failed?.state, failed?.failure]).toEqual(['failed', 'expired'])
  expect(rowsOf(alice, 'content')).toBe(0)
  await alice.engine.call('messages.retry', { conversation, message: id })
  await world.pass(5 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['stored'])
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['for whoever comes'])
})

test('[OFF-12] [OFF-4] a message is stored when its pointer was taken, not when its block was', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const { alice, bob, conversation } = await apart(world)
  push.bend = (answer, request) =>
    decodeRequest(request)?.type === 'point' ? encodeResponse({ type: 'refused', reason: 'full' }) : answer
  await send(alice, conversation, 'where is it')
  await world.pass(5 * SECOND_MS)
  expect(copiesAt(alice, push)).toBe(1)
  expect(await states(alice, conversation)).toEqual(['queued'])
  push.bend = undefined
  await world.pass(60 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['stored'])
  expect((await read(world, alice, bob, conversation)).seen).toEqual(['where is it'])
})

test('[OFF-18] of two that wait together one is acknowledged: the push node keeps the other alone', async () => {
  await using world = await createWorld()
  const node = await world.openPushNode()
  const { alice, bob: away, conversation } = await apart(world)
  await Promise.all([send(alice, conversation, 'one'), send(alice, conversation, 'two')])
  await world.pass(20 * SECOND_MS)
  expect(copiesAt(alice, node)).toBe(2)
  const contents = alice.disk.store
    .all("SELECT bytes FROM outbox WHERE kind = 'content'")
    .flatMap(({ bytes }) => (bytes instanceof Uint8Array ? [String(digestOfCid(blockCid(bytes)))] : []))
  // Nobody finds anything at the node, so all comes over the link, where only what answers the first envelope arrives.
  node.bend = (answer, request) => (decodeRequest(request)?.type === 'find' ? undefined : answer)
  let first: string | undefined
  alice.wire.bend = (frame) => {
    const said = decodeFrame(frame)
    if (said?.type === 'envelope') return undefined
    if (said?.type !== 'ack') return frame
    const [id] = alice.disk.store.all("SELECT envelope FROM outbox WHERE kind = 'content' ORDER BY seq LIMIT 1")
    first ??= String(id?.['envelope'])
    const ids = said.ids.filter((each) => String(each) === first)
    return ids.length === 0 ? undefined : encodeFrame({ type: 'ack', ids })
  }
  const bob = await world.restart(away)
  await world.pass(3 * 60 * SECOND_MS)
  expect(await texts(bob, conversation)).toEqual(expect.arrayContaining(['one', 'two']))
  expect([rowsOf(alice, 'content'), copiesAt(alice, node)]).toEqual([1, 1])
  const kept = new Set(node.store.all('SELECT digest FROM held_blocks').map(({ digest }) => String(digest)))
  expect(contents.filter((digest) => kept.has(digest))).toHaveLength(1)
})
