import { PortError } from '@parley/engine'
import { storeContract } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type MemoryStore } from './store.ts'

storeContract('memory', () => {
  let store: MemoryStore | undefined
  const open = (): MemoryStore => {
    store = store === undefined ? createMemoryStore() : store.reopen()
    return store
  }
  return {
    open,
    async crash(committed, unfinished) {
      const doomed = open()
      for (const statement of committed) doomed.run(statement)
      try {
        doomed.transaction(() => {
          for (const statement of unfinished) doomed.run(statement)
          doomed.close()
        })
      } catch {
        // The handle died in the middle, as a killed process would.
      }
    },
    dispose() {},
  }
})

describe('a memory store', () => {
  it('[STO-5] can refuse a commit, as a full disk does, and works again afterwards', () => {
    let isFull = false
    const store = createMemoryStore({
      beforeCommit() {
        if (isFull) throw new PortError('STORE_FULL', 'no space left', true)
      },
    })
    store.run('CREATE TABLE item (id INTEGER PRIMARY KEY)')
    isFull = true
    expect(() => store.run('INSERT INTO item (id) VALUES (1)')).toThrow('no space')
    expect(() => store.transaction(() => store.run('INSERT INTO item (id) VALUES (2)'))).toThrow('no space')
    isFull = false
    store.run('INSERT INTO item (id) VALUES (3)')
    expect(store.all('SELECT id FROM item').map((row) => row['id'])).toEqual([3])
  })
  it('leaves the old handle dead after reopening', () => {
    const before = createMemoryStore()
    before.run('CREATE TABLE item (id INTEGER PRIMARY KEY)')
    const after = before.reopen()
    expect(() => before.run('INSERT INTO item (id) VALUES (1)')).toThrow('closed')
    expect(after.all('SELECT * FROM item')).toEqual([])
  })
})
