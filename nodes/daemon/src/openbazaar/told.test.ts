import { expect, it } from 'vitest'
import { TOLD_MAX } from './limits.ts'
import { Remembered } from './told.ts'

it('[OBG-16] [OBG-20] what was told is told once, as far as it is remembered', () => {
  const told = new Remembered()
  expect([told.add('a'), told.add('a')]).toEqual([true, false])
  for (let index = 0; index < TOLD_MAX; index++) told.add(`${index}`)
  expect([told.add(`${TOLD_MAX - 1}`), told.add('a')]).toEqual([false, true])
})
