import { describe, expect, it } from 'vitest'
import { createDice } from './dice.ts'
import { befriend, phase } from './kill-matrix.ts'
import { Life } from './life.ts'
import { LIES, type Lie } from './mailbox-faults.ts'
import type { Person } from './person.ts'
import { createWorld, type World } from './world.ts'

const DAY_MS = 24 * 3_600_000
const ROUNDS_MAX = 3
/** Each way takes two days when both who hold it pass every challenge and give nothing. */
const DAYS_MAX = 9

/** Alice has written while Bob was away; what was left lies with nodes that lie like this. */
async function createScene(lies: readonly (Lie | undefined)[]) {
  const world = await createWorld({ seed: 3, people: 2, pushNodes: lies })
  const life = new Life(world, createDice(3, 'life'))
  const [alice, bob] = world.people
  if (alice === undefined || bob === undefined) throw new Error('two people')
  const conversation = await befriend(world, life, alice, bob)
  await world.sendAway(bob)
  await life.write(alice, conversation)
  await life.write(alice, conversation)
  await world.run(20_000)
  return { world, life, alice, bob }
}

const contentsOf = ({ disk }: Person): number =>
  Number(disk.all("SELECT count(*) AS n FROM outbox WHERE kind = 'content'")[0]?.['n'])

/** What Alice wrote arrived, and she knows it. */
const isOver = (alice: Person): boolean => contentsOf(alice) === 0

/** By turns, until it is over; days pass in between. @returns how many had to. */
async function converge(world: World, alice: Person, bob: Person): Promise<number> {
  for (let day = 0; day <= DAYS_MAX; day++) {
    for (let round = 0; round < ROUNDS_MAX && !isOver(alice); round++) {
      await phase(world, bob, () => false)
      await phase(world, alice, () => isOver(alice))
    }
    if (isOver(alice)) return day
    await world.sendAway(alice)
    await world.run(DAY_MS)
  }
  return Infinity
}

const textsOf = ({ disk }: Person): number =>
  Number(disk.all("SELECT count(*) AS n FROM entries WHERE kind = 'text'")[0]?.['n'])

describe.each(LIES)('push nodes that lie: %s', (lie) => {
  const forget = (world: World): void => {
    if (lie === 'forgets') for (const node of world.exchange.pushNodes) if (node.lie === lie) node.forget()
  }

  it('[OFF-3] [OFF-10] two of three: it arrives, sometimes only after days', async () => {
    const { world, alice, bob } = await createScene([lie, lie, undefined])
    forget(world)
    expect(await converge(world, alice, bob), `lie: ${lie}`).toBeLessThanOrEqual(DAYS_MAX)
    expect(textsOf(bob)).toBe(2)
    await world.stop()
  })

  it('[OFF-3] [OFF-10] all of them: it stays with its author, and arrives when one is honest', async () => {
    const { world, alice, bob } = await createScene([lie, lie])
    forget(world)
    await phase(world, bob, () => false)
    await phase(world, alice, () => isOver(alice))
    const waiting = contentsOf(alice)
    expect(waiting === 2 || textsOf(bob) === 2, `${waiting} wait, ${textsOf(bob)} arrived`).toBe(true)
    world.exchange.pushNodes[0]?.setLie(undefined)
    expect(await converge(world, alice, bob), `lie: ${lie}`).toBeLessThanOrEqual(DAYS_MAX)
    expect(textsOf(bob)).toBe(2)
    await world.stop()
  })
})
