import { expect, it } from 'vitest'
import { differences } from './converge.ts'
import { createDice } from './dice.ts'
import { Life } from './life.ts'
import { insist } from './story.ts'
import { createWorld } from './world.ts'

const DAY_MS = 24 * 3_600_000
const DAYS = 45

it('[CNV-4][CNV-7][CNV-9] weeks of daily forks never cost a group, and old epochs go', async () => {
  const world = await createWorld({ seed: 7, people: 2 })
  const life = new Life(world, createDice(7, 'life'))
  const [alice, bob] = world.people
  if (alice === undefined || bob === undefined) throw new Error('two people')
  alice.open()
  bob.open()
  await world.run(100)
  const { link } = await insist(world, () => alice.do('invites.create', {}))
  const { id } = await insist(world, () => bob.do('contacts.add', { link }))
  await world.run(1_000)
  await life.answerRequests(alice)
  await world.run(3_000)
  for (let day = 0; day < DAYS; day++) {
    // At once on most days; on the others one after the other, or one of them only.
    const isAlone = day % 5 === 4
    await Promise.all([life.write(alice, id), ...(isAlone ? [] : [life.write(bob, id)])])
    if (day % 7 === 6) world.board.partition(alice.peerId, bob.peerId, 3 * 3_600_000)
    await world.run(DAY_MS + 60_000)
    expect(await differences(world, life, true), `day ${day}`).toEqual([])
  }
  const { counts } = { counts: world.tally.toRecord() }
  const parents = (name: 'alice' | 'bob') =>
    (name === 'alice' ? alice : bob).disk.all(
      'SELECT count(*) AS epochs, count(DISTINCT group_id) AS groups, max(depth) AS depth FROM epochs',
    )[0]
  expect(parents('alice')?.['groups']).toBe(1)
  expect(parents('alice')).toEqual(parents('bob'))
  expect(Number(parents('alice')?.['depth'])).toBeGreaterThan(DAYS / 2)
  expect(Number(parents('alice')?.['epochs'])).toBeLessThanOrEqual(64)
  expect(counts['log: the other side cannot read this group: making a new one']).toBeUndefined()
  expect(counts['frame: refuse']).toBeUndefined()
  await world.stop()
})
