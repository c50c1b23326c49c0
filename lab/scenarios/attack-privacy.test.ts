/** What push nodes learn of whom one is in contact with while everybody's profile is for contacts. */
import { decodeRequest } from '@parley/core'
import { expect, test } from 'vitest'
import { lookedUp } from './profile-stage.ts'
import { befriend, createWorld } from './world.ts'

test('[PFX-11] a contact who never showed a profile is not named to push nodes behind the owner’s back', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const [alice, bob] = [await world.open('Alice'), await world.open('')]
  await befriend(world, alice, bob)
  await bob.stop()
  await world.pass(60_000)
  push.requests.length = 0
  // what the page asks by itself, once an hour, of everybody in the list
  await lookedUp(world, alice, [bob.account], 'background')
  expect(push.requests.filter((bytes) => decodeRequest(bytes)?.type === 'profile.get')).toEqual([])
})
