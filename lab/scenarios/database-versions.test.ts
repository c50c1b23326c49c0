/** Databases of versions before: nothing of them is lost, nothing is shown otherwise. */
import { equalBytes, envelopeId } from '@parley/core'
import type { StorePort } from '@parley/engine'
import { expect, test } from 'vitest'
import { befriend, createWorld, send, states, texts, type Disk } from './world.ts'

const SECOND_MS = 1_000
/** Where states were in the first version: "stored" had a place, and nothing was ever in it. */
const FIRST_STATES = ['queued', 'sent', 'stored', 'delivered', 'read', 'failed']
const STATES = ['queued', 'stored', 'sent', 'delivered', 'read', 'failed']

/** Takes back what the third version added. */
function toSecondVersion(store: StorePort): void {
  for (const name of ['by_subject', 'in_subject', 'unread_in_subject', 'by_copy'])
    store.run(`DROP INDEX entries_${name}`)
  for (const name of ['profiles', 'profile_versions', 'avatars', 'app_values']) store.run(`DROP TABLE ${name}`)
  for (const name of ['subject', 'copy']) store.run(`ALTER TABLE entries DROP COLUMN ${name}`)
  store.run('ALTER TABLE contacts DROP COLUMN presence_seen_at')
  store.run('PRAGMA user_version = 2')
}

/** Takes back what the second version added. The tags of its envelopes were other ones, which nobody knows now. */
function toFirstVersion(store: StorePort): void {
  toSecondVersion(store)
  for (const name of ['outbox_by_envelope', 'outbox_by_deposit', 'outbox_by_message']) store.run(`DROP INDEX ${name}`)
  for (const name of ['deposits', 'holdings', 'pointers_read', 'blocks_read']) store.run(`DROP TABLE ${name}`)
  for (const name of ['envelope', 'deposit']) store.run(`ALTER TABLE outbox DROP COLUMN ${name}`)
  for (const row of store.all('SELECT seq, bytes FROM outbox')) {
    if (!(row['bytes'] instanceof Uint8Array) || row['bytes'][0] !== 1) continue
    const bytes = row['bytes'].slice().fill(7, 1, 17)
    store.run('UPDATE outbox SET bytes = ? WHERE seq = ?', [bytes, row['seq'] ?? null])
  }
  for (const row of store.all('SELECT id, state FROM entries')) {
    const state = FIRST_STATES.indexOf(STATES[Number(row['state'])] ?? '')
    store.run('UPDATE entries SET state = ? WHERE id = ?', [state, row['id'] ?? null])
  }
  store.run('PRAGMA user_version = 1')
}

const setState = ({ store }: Disk, text: number, state: string): void => {
  const sql =
    'UPDATE entries SET state = ?, is_posted = 0 WHERE seq = (SELECT seq FROM entries ORDER BY seq LIMIT 1 OFFSET ?)'
  store.run(sql, [STATES.indexOf(state), text])
}

test('[CNT-16] [CNT-18] what a database of the second version holds is about nothing in particular, and can be removed', async () => {
  await using world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  for (const text of ['one', 'two', 'three']) await send(bob, conversation, text)
  await world.pass(5 * SECOND_MS)
  await alice.stop()
  const disk = alice.disk.reopen()
  toSecondVersion(disk.store)
  const back = await world.restart({ ...alice, disk })
  await world.pass(5 * SECOND_MS)
  expect(await texts(back, conversation)).toEqual(['one', 'two', 'three'])
  const page = await back.engine.call('messages.page', { conversation, subject: '' })
  const all = await back.engine.call('messages.page', { conversation })
  expect(page).toEqual(all)
  const [discussion] = await back.engine.call('discussions.list', { subject: '' })
  expect([discussion?.account, discussion?.unread, discussion?.lastMessage.id]).toEqual([
    bob.account,
    3,
    page.messages[2]?.id,
  ])
  await back.engine.call('messages.hide', { conversation, message: page.messages[0]?.id ?? '' })
  await back.engine.call('messages.send', { conversation, text: 'four', subject: 'an order' })
  await world.pass(5 * SECOND_MS)
  for (const person of [back, bob]) {
    const about = await person.engine.call('messages.page', { conversation, subject: 'an order' })
    expect(about.messages.map(({ subject }) => subject)).toEqual(['an order'])
  }
  expect(await texts(back, conversation)).toEqual(['two', 'three', 'four'])
})

test('[ST-1] [DLV-6] a database of the first version shows the same states, and what waits in it arrives', async () => {
  await using world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  for (const text of ['sent', 'delivered', 'read', 'failed']) await send(alice, conversation, text)
  await world.pass(5 * SECOND_MS)
  await bob.stop()
  await send(alice, conversation, 'waits')
  await world.pass(5 * SECOND_MS)
  await alice.stop()
  const disk = alice.disk.reopen()
  for (const [index, state] of ['sent', 'delivered', 'read', 'failed'].entries()) setState(disk, index, state)
  toFirstVersion(disk.store)
  expect(disk.store.all('SELECT state FROM entries ORDER BY seq').map(({ state }) => state)).toEqual([1, 3, 4, 5, 0])
  const back = await world.restart({ ...alice, disk })
  expect(await states(back, conversation)).toEqual(['sent', 'delivered', 'read', 'failed', 'queued'])
  const rows = back.disk.store.all('SELECT bytes, envelope FROM outbox')
  expect(rows.length).toBeGreaterThan(0)
  for (const { bytes, envelope } of rows) {
    const isSame =
      bytes instanceof Uint8Array && envelope instanceof Uint8Array && equalBytes(envelopeId(bytes), envelope)
    expect(isSame).toBe(true)
  }
  const reader = await world.restart(bob)
  await world.pass(60 * SECOND_MS)
  expect(await texts(reader, conversation)).toEqual(['sent', 'delivered', 'read', 'failed', 'waits'])
  expect((await states(back, conversation)).at(-1)).toBe('delivered')
})
