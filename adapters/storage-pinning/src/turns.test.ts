import { describe, expect, it } from 'vitest'
import { Turns } from './turns.ts'

const never = (): AbortSignal => new AbortController().signal

describe('turns', () => {
  it('[BLK-15] one at a time for each block, in order, whoever fails or gives up', async () => {
    const turns = new Turns()
    const seen: string[] = []
    const gate = Promise.withResolvers<void>()
    const begin = (name: string) => async (): Promise<void> => {
      seen.push(name)
      if (name === 'a1') await gate.promise
    }
    const givesUp = new AbortController()
    const reason = new Error('no longer wanted')
    const a1 = turns.take('a', never(), begin('a1'))
    const a2 = turns.take('a', givesUp.signal, begin('a2'))
    const a3 = turns.take('a', never(), begin('a3'))
    await turns.take('b', never(), begin('b1'))
    givesUp.abort(reason)
    await expect(a2).rejects.toBe(reason)
    expect(seen).toEqual(['a1', 'b1'])
    gate.reject(new Error('failed'))
    await expect(a1).rejects.toThrow('failed')
    await a3
    expect(seen).toEqual(['a1', 'b1', 'a3'])
  })
})
