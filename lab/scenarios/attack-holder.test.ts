/** A push node that says of every record that it has a newer one. */
import { decodeRequest, encodeResponse } from '@parley/core'
import { expect, test } from 'vitest'
import { befriend, createWorld, type PushNode } from './world.ts'

function lie(push: PushNode, last?: Uint8Array): void {
  push.bend = (answer, bytes) => {
    const request = decodeRequest(bytes)
    if (request?.type === 'profile.put') {
      last = request.record
      return encodeResponse({ type: 'statuses', statuses: ['older'] })
    }
    if (request?.type === 'profile.get')
      return encodeResponse({ type: 'profiles', records: last === undefined ? [] : [last] })
    return answer
  }
}

test('[PFX-2] [PFX-8] a push node that always says `older` makes nobody sign one record after the other', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  await befriend(world, alice, bob)
  lie(push)
  const count = async () => (await alice.engine.call('profiles.history', { account: alice.account })).length
  await alice.engine.call('profile.update', { visibility: 'public' })
  const before = await count()
  await world.pass(20_000)
  expect((await count()) - before).toBeLessThan(3)
})

test('[PFX-2] [PFX-8] nor an account that was restored', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const alice = await world.open('Alice')
  await alice.engine.call('profile.update', { visibility: 'public', location: 'Basel' })
  await world.pass(5_000)
  const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
  await alice.stop()
  const kept = push.store.all('SELECT bytes FROM held_profiles')[0]?.['bytes']
  lie(push, kept instanceof Uint8Array ? kept : undefined)
  const back = await world.open('', { recoveryPhrase: phrase })
  await world.pass(5_000)
  const count = async () => (await back.engine.call('profiles.history', { account: back.account })).length
  expect((await back.engine.call('profile.get', {})).location).toBe('Basel')
  const before = await count()
  await world.pass(20_000)
  expect((await count()) - before).toBeLessThan(3)
})
