import { describe, expect, it, vi } from 'vitest'
import { createCell, createDisposables, createStore } from './view-model.ts'

describe('view model', () => {
  it('tells listeners only of real changes, until they leave', () => {
    const cell = createCell(1)
    const changed = vi.fn<() => void>()
    const leave = cell.subscribe(changed)
    cell.set(1)
    expect(changed).not.toHaveBeenCalled()
    cell.set(2)
    expect(changed).toHaveBeenCalledTimes(1)
    leave()
    cell.set(3)
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('keeps the snapshot object while nothing in a patch differs', () => {
    const store = createStore<{ a: number; b?: string | undefined }>({ a: 1 })
    const before = store.getSnapshot()
    store.patch({ a: 1 })
    expect(store.getSnapshot()).toBe(before)
    store.patch({ b: undefined })
    expect(store.getSnapshot()).not.toBe(before)
  })

  it('lets the same listener subscribe twice and leave once', () => {
    const cell = createCell(0)
    const changed = vi.fn<() => void>()
    cell.subscribe(changed)
    cell.subscribe(changed)()
    cell.set(1)
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('disposes in reverse order, once, and late comers at once', () => {
    const order: number[] = []
    const owned = createDisposables()
    owned.add(() => order.push(1))
    owned.add(() => order.push(2))
    owned.dispose()
    owned.dispose()
    owned.add(() => order.push(3))
    expect(order).toEqual([2, 1, 3])
    expect(owned.isDisposed).toBe(true)
  })
})
