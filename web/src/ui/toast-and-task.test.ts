import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createTestEnvironment, settled } from '../dev/test-environment.ts'
import { createTask } from './task.ts'
import { createToasts } from './toast.ts'

describe('toasts', () => {
  it('go by themselves, never say the same twice at once, and are three at most', async () => {
    const environment = createTestEnvironment()
    const toasts = createToasts(environment.after)
    for (const text of ['a', 'b', 'b', 'c', 'd']) toasts.show(text)
    expect(toasts.getSnapshot().map((toast) => toast.text)).toEqual(['b', 'c', 'd'])
    await environment.advance(4_000)
    expect(toasts.getSnapshot()).toEqual([])
  })
})

describe('a task', () => {
  it('says that it runs, and why it failed', async () => {
    const task = createTask()
    const done = task.run(() => Promise.reject(new EngineError('INVITE_EXPIRED')))
    expect(task.getSnapshot().isBusy).toBe(true)
    expect(await task.run(() => Promise.resolve())).toBe(false)
    expect(await done).toBe(false)
    expect(task.getSnapshot()).toEqual({ isBusy: false, problem: expect.stringContaining('expired') })
    expect(await task.run(() => settled())).toBe(true)
    expect(task.getSnapshot()).toEqual({ isBusy: false, problem: undefined })
  })

  it('has words for errors that nobody foresaw', async () => {
    const task = createTask()
    await task.run(() => Promise.reject(new TypeError('x is not a function')))
    expect(task.getSnapshot().problem).not.toContain('function')
    await task.run(() => Promise.reject({ code: 'LOCKED' }))
    expect(task.getSnapshot().problem).toContain('locked')
  })
})
