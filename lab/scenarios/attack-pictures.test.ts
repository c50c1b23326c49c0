/** One contact with very many pictures. */
import { expect, test } from 'vitest'
import { known, pictureBytes } from './profile-stage.ts'
import { befriend, createWorld } from './world.ts'

/** Another picture each time: a comment before the end. Nobody checks the sums of chunks. */
function pictureOf(number: number): string {
  const bytes = Buffer.from(pictureBytes())
  const text = Buffer.alloc(60_000, `${number} `)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(text.length)
  head.write('tEXt', 4, 'latin1')
  return Buffer.concat([bytes.subarray(0, -12), head, text, Buffer.alloc(4), bytes.subarray(-12)]).toString('base64')
}

test('[PFX-16] the pictures that one contact had before do not push those of others out', async () => {
  await using world = await createWorld()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  await befriend(world, alice, bob)
  const count = () => Number(alice.disk.store.all('SELECT count(*) AS n FROM avatars')[0]?.['n'])
  for (let number = 0; number < 12; number++) {
    await bob.engine.call('profile.setAvatar', { image: pictureOf(number) })
    await world.pass(2_000)
  }
  expect((await known(alice, bob.account))?.avatar).toBeDefined()
  expect(count()).toBeLessThanOrEqual(2)
})
