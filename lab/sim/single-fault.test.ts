import { describe, expect, it } from 'vitest'
import { faultAll } from './pool.ts'
import { tellWithFault, type SingleFault } from './single-fault.ts'

const upTo = (places: number): readonly number[] => Array.from({ length: places }, (_, index) => index + 1)

describe('one lost frame while the link stays up', () => {
  it('[DLV-4][SYN-2] is repaired within five seconds, whichever it is', async () => {
    const { places, failure } = await tellWithFault({ type: 'frame', lost: 0 })
    expect(failure).toBeUndefined()
    const told = await faultAll(upTo(places).map((lost) => ({ type: 'frame', lost })))
    expect(told).toHaveLength(places)
    const failed = told.flatMap((each, index) =>
      each.failure === undefined ? [] : [`frame ${index + 1} of ${places}, ${each.struck}: ${each.failure}`],
    )
    expect(failed).toEqual([])
    expect([...new Set(told.map(({ struck }) => String(struck)))].toSorted()).toEqual([
      'ack',
      'bundle',
      'bundle.get',
      'envelope',
      'presence',
      'profile',
      'profile.get',
    ])
  })
})

describe('a power cut', () => {
  for (const who of ['alice', 'bob'] as const) {
    it(`[DLV-1][DLV-5] of ${who} at any commit loses nothing and repeats nothing`, async () => {
      const { places, failure } = await tellWithFault({ type: 'crash', who, commit: 0, isDurable: false })
      expect(failure).toBeUndefined()
      expect(places).toBeGreaterThan(20)
      const faults = upTo(places).flatMap((commit): readonly SingleFault[] =>
        [false, true].map((isDurable) => ({ type: 'crash', who, commit, isDurable })),
      )
      const told = await faultAll(faults)
      expect(told).toHaveLength(2 * places)
      const failed = told.flatMap((each, index) => {
        const place = `${index % 2 === 1 ? 'after' : 'before'} commit ${(index >> 1) + 1} of ${places}`
        return each.failure === undefined && each.struck === 1
          ? []
          : [`${place}, struck ${each.struck}: ${each.failure}`]
      })
      expect(failed).toEqual([])
    })
  }
})
