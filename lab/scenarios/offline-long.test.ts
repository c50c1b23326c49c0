/** What waits for longer than anything may wait, and more contacts than are looked at each time. */
import { expect, test } from 'vitest'
import { befriend, createWorld, onlyRequest, send, states, texts, type Person } from './world.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS

const rowsOf = ({ disk }: Person, kind: string): number =>
  Number(disk.store.all('SELECT count(*) AS n FROM outbox WHERE kind = ?', [kind])[0]?.['n'])

test('[OFF-11] [OFF-13] a request that nobody fetched in thirty days is made again when its reader is there', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  let alice = await world.open('Alice')
  const { link } = await alice.engine.call('invites.create', {})
  await world.pass(3 * SECOND_MS)
  await alice.stop()
  const bob = await world.open('Bob')
  await bob.engine.call('contacts.add', { link, text: 'hello' })
  await world.pass(20 * SECOND_MS)
  expect(rowsOf(bob, 'request')).toBe(1)
  // Thirty days in one statement.
  bob.disk.store.run("UPDATE outbox SET created_at = 1 WHERE kind = 'request'")
  await world.pass(2 * HOUR_MS)
  expect(rowsOf(bob, 'request')).toBe(0)
  expect(push.figures().blocks).toBe(1)
  alice = await world.restart(alice)
  await world.pass(60 * SECOND_MS)
  expect((await onlyRequest(alice)).text).toBe('hello')
})

test('[OFF-5] somebody who was silent longest is found too, however many others there are', async () => {
  await using world = await createWorld()
  await world.openPushNode()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5 * SECOND_MS)
  await bob.stop()
  await send(alice, conversation, 'one of many')
  await world.pass(3 * SECOND_MS)
  expect(await states(alice, conversation)).toEqual(['stored'])
  await alice.stop()
  const { store } = bob.disk.reopen()
  for (let other = 0; other < 300; other++) {
    store.run(
      `INSERT INTO conversations (id, account, heads, last_time, created_at, updated_at) VALUES (?, ?, x'80', '', 1, ?)`,
      [`c${other}`, `a${other}`, 2 ** 48],
    )
    store.run(
      `INSERT INTO contacts (account, conversation, status, claimed_name, given_name, is_verified, is_requested, created_at)
       VALUES (?, ?, 'active', '', '', 0, 0, 1)`,
      [`a${other}`, `c${other}`],
    )
  }
  const back = await world.restart({ ...bob, disk: { ...bob.disk, store, reopen: () => ({ ...bob.disk, store }) } })
  await world.pass(10 * 60 * SECOND_MS)
  expect(await texts(back, conversation)).toEqual(['one of many'])
})

test('[OFF-3] [HLD-3] where not everything fits, as much waits as does, and what was refused takes no room', async () => {
  await using world = await createWorld()
  const bytesPerPeerMax = 6 * 1_048_576
  const push = await world.openPushNode({ bytesPerPeerMax })
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5 * SECOND_MS)
  await bob.stop()
  const long = 'long '.repeat(3_900)
  for (let message = 0; message < 300; message++) await send(alice, conversation, `${message} ${long}`)
  await world.pass(60 * SECOND_MS)
  expect(push.figures().bytes).toBeGreaterThan(bytesPerPeerMax / 2)
  expect(push.figures().bytes).toBeLessThan((bytesPerPeerMax * 5) / 6)
  const [row] = alice.disk.store.all('SELECT count(*) AS n FROM outbox WHERE deposit IS NOT NULL')
  expect(Number(row?.['n'])).toBeGreaterThan(50)
  const back = await world.restart(bob)
  await world.pass(60 * SECOND_MS)
  expect(back.disk.store.all('SELECT count(*) AS n FROM entries')[0]?.['n']).toBe(300)
  expect(rowsOf(alice, 'content')).toBe(0)
})
