/** What people say of themselves, and who comes to know it. */
import { describe, expect, test } from 'vitest'
import { befriend, createWorld, type Person } from './world.ts'

const answersOf = async (person: Person, ids: readonly string[]) => {
  const answers = []
  for await (const answer of person.engine.stream('profiles.fetch', { ids: [...ids] })) answers.push(answer)
  return answers
}

describe('profiles among contacts', () => {
  test('[PFX-1] [PFX-3] [PFX-6] a change is seen by a linked contact at once, and is its name', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await befriend(world, alice, bob)
    const changed: unknown[] = []
    bob.engine.on('profiles.changed', ({ profiles }) => changed.push(...profiles.map(({ name }) => name)))
    const live = bob.engine.live('conversations.list', {})
    await world.pass(100)
    await alice.engine.call('profile.update', { name: 'Alice of Basel', handle: 'alice', location: 'Basel' })
    await world.pass(1_500)
    expect(changed).toEqual(['Alice of Basel'])
    expect(live.peek()?.[0]).toMatchObject({ name: 'Alice of Basel', handle: 'alice', location: 'Basel' })
    live.dispose()
    const [answer] = await bob.engine.call('profiles.cached', { ids: [alice.account] })
    expect(answer).toMatchObject({ outcome: 'found', isFresh: true, source: 'cache' })
    expect((await alice.engine.call('me.get', {})).name).toBe('Alice of Basel')
    expect(await bob.engine.call('profiles.history', { account: alice.account })).toHaveLength(2)
    expect(await answersOf(bob, [alice.account, alice.account])).toHaveLength(1)
  })
})
