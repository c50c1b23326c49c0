import { beforeAll, describe, expect, it } from 'vitest'
import { tellWithKills, VICTIMS, type Kill, type Told } from './kill-matrix.ts'
import { createDice } from './dice.ts'
import { tellAll } from './pool.ts'

/** Two kills in one delivery, drawn from all pairs. */
const PAIRS = 24

let clean: Told
let single: readonly Kill[] = []

const isOwnCommit = (told: Told, step: number, victim: string): boolean => {
  const { who, what } = told.steps[step - 1] ?? { who: '', what: '' }
  return who === victim && what.startsWith('commit')
}

/** Every step for every victim; its own commits both ways. */
function everyKill(told: Told): readonly Kill[] {
  return VICTIMS.flatMap((victim) =>
    told.steps.flatMap((_, index): readonly Kill[] => {
      const step = index + 1
      const ways = isOwnCommit(told, step, victim) ? [false, true] : [step % 2 === 0]
      return ways.map((isDurable) => ({ step, victim, isDurable }))
    }),
  )
}

const replay = (kills: readonly Kill[], { failure }: Told): string =>
  `${failure}\nreplay: node lab/sim/run.ts --kills ${kills.map(({ step, victim, isDurable }) => `${victim}:${step}${isDurable ? '+' : ''}`).join()}`

async function failures(all: readonly (readonly Kill[])[]): Promise<readonly string[]> {
  const told = await tellAll(all)
  expect(told).toHaveLength(all.length)
  // A kill that strikes nobody (its victim is away) proves nothing, and must not be most of them.
  expect(told.filter(({ kills }) => kills > 0).length).toBeGreaterThan(all.length / 2)
  return told.flatMap((each, index) => (each.failure === undefined ? [] : [replay(all[index] ?? [], each)]))
}

beforeAll(async () => {
  clean = await tellWithKills([])
  single = everyKill(clean)
})

describe('one offline delivery', () => {
  it('takes all the steps that there are', () => {
    expect(clean.failure).toBeUndefined()
    expect(clean.kills).toBe(0)
    const kinds = new Set(clean.steps.map(({ who, what }) => `${who} ${what}`))
    expect(kinds.size).toBeGreaterThanOrEqual(10)
    expect(clean.steps.length).toBeGreaterThan(100)
  })

  it('[OFF-15] [OFF-4] [HLD-7] survives a kill of author, reader or push node at any step', async () => {
    expect(await failures(single.map((kill) => [kill]))).toEqual([])
  })

  it('[OFF-15] survives two kills, of whomever, whenever', async () => {
    const dice = createDice(1, 'pairs of kills')
    const pairs = Array.from({ length: PAIRS }, () => [dice.pick(single), dice.pick(single)])
    expect(await failures(pairs)).toEqual([])
  })
})
