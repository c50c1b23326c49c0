import { join } from 'node:path'
import { expect, test } from 'vitest'
import { befriend, Stage } from './support/stage.ts'
import { mountSmallDisk } from './support/small-disk.ts'
import { inState, lastText, messages, say } from './support/talk.ts'

const DISK_MB = 48
const ROOM_BYTES = 256 * 1_024
const TRIES_MAX = 2_000

test('a full disk is told in words, loses nothing, and is forgotten once there is space again', async ({ skip }) => {
  await using stage = new Stage()
  using disk = mountSmallDisk(join(stage.folder, 'disk'), DISK_MB)
  if (disk === undefined) return skip('Only root may mount a small disk.')
  const [alice, bob] = await Promise.all([
    stage.daemon('alice', { name: 'Alice', data: join(disk.folder, 'alice') }),
    stage.daemon('bob', { name: 'Bob' }),
  ])
  const conversation = await befriend(alice, bob)
  await alice.api.send(conversation, 'Before')
  const tab = await stage.page(alice, { path: `/c/${conversation}` })
  tab.expectError(/507/)
  const { page } = tab
  await inState(page, 'Before', 'delivered')

  disk.fillUpTo(ROOM_BYTES)
  const taken: string[] = []
  let refusal: unknown
  for (let count = 0; refusal === undefined && count < TRIES_MAX; count++) {
    const { status, body } = await alice.rest('POST', `/v1/conversations/${conversation}/messages`, {
      text: `${count} ${'x'.repeat(2_000)}`,
    })
    if (status === 200) taken.push(`${count} ${'x'.repeat(2_000)}`)
    else refusal = { status, body }
  }
  expect(refusal).toMatchObject({ status: 507, body: { code: 'STORE_FULL' } })
  await say(page, 'Into the void?')
  await messages(page, 'Into the void?').getByText('Not sent. The disk is full.').waitFor()
  await bob.api.send(conversation, 'Do you hear me?')
  expect((await alice.rest('GET', '/v1/me')).status, 'reading goes on').toBe(200)
  expect(alice.child.isRunning).toBe(true)

  disk.free()
  await messages(page, 'Into the void?').getByRole('button', { name: 'Retry' }).click()
  await inState(page, 'Into the void?', 'delivered')
  await messages(page, 'Do you hear me?').waitFor()
  await alice.api.send(conversation, 'After')
  await lastText(page, 'After')
  await bob.api.received(conversation, 'After')
  const everything = ['Before', ...taken, 'Into the void?', 'Do you hear me?', 'After']
  expect((await bob.api.texts(conversation)).toSorted()).toEqual(everything.toSorted())
  await page.close()
  await alice.restart()
  expect(await alice.api.texts(conversation)).toEqual(await bob.api.texts(conversation))
  await alice.stop()
})
