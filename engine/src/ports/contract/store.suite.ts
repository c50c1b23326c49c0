/**
 * What every StorePort must do, run by each adapter's own test. Rules: docs/spec/70-api.md, STO-1…STO-5.
 */
import { describe, expect, it } from 'vitest'
import type { StorePort } from '../store.ts'

/** One database, opened, crashed and opened again. */
export interface StoreFixture {
  /** Opens the database; after {@link crash} or `close`, opens what is left of it. */
  open(): StorePort
  /**
   * Runs the statements one by one, each committed by itself, then opens a transaction, runs `unfinished` in it, and
   * ends without warning, as a killed process does. Nothing has the database open when this is called.
   */
  crash(committed: readonly string[], unfinished: readonly string[]): Promise<void>
  /** Removes whatever the fixture made. */
  dispose(): void
}

const TABLE = 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, bytes BLOB, size REAL) STRICT'

/** Describes the contract for the adapter called `name`; `create` makes a fresh, empty fixture. */
export function storeContract(name: string, create: () => StoreFixture): void {
  const withStore = (test: (store: StorePort, fixture: StoreFixture) => void | Promise<void>) => async () => {
    const fixture = create()
    const store = fixture.open()
    try {
      store.run(TABLE)
      await test(store, fixture)
    } finally {
      store.close()
      fixture.dispose()
    }
  }
  describe(`${name} is a store`, () => {
    describe('values', () => valueRules(withStore))
    describe('transactions', () => transactionRules(withStore))
    describe('durability', () => durabilityRules(withStore))
  })
}

type WithStore = (test: (store: StorePort, fixture: StoreFixture) => void | Promise<void>) => () => Promise<void>

function valueRules(withStore: WithStore): void {
  it(
    '[STO-1] gives back what was written, of every kind',
    withStore((store) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      const insert = 'INSERT INTO item (id, name, bytes, size) VALUES (?, ?, ?, ?)'
      store.run(insert, [Number.MAX_SAFE_INTEGER, 'naïve 🜂 \u0000 end', bytes, -0.5])
      store.run(insert, [2, null, new Uint8Array(), 1e308])
      expect(store.all('SELECT * FROM item ORDER BY id').map((row) => ({ ...row }))).toEqual([
        { id: 2, name: null, bytes: new Uint8Array(), size: 1e308 },
        { id: Number.MAX_SAFE_INTEGER, name: 'naïve 🜂 \u0000 end', bytes, size: -0.5 },
      ])
    }),
  )
  it(
    '[STO-1] copies bytes in both directions',
    withStore((store) => {
      const bytes = Uint8Array.of(1, 2, 3)
      store.run('INSERT INTO item (id, bytes) VALUES (1, ?)', [bytes])
      bytes.fill(0)
      const read = (): unknown => store.all('SELECT bytes FROM item')[0]?.['bytes']
      const first = read()
      expect(first).toEqual(Uint8Array.of(1, 2, 3))
      if (first instanceof Uint8Array) first.fill(9)
      expect(read()).toEqual(Uint8Array.of(1, 2, 3))
    }),
  )
  it(
    '[STO-1] counts the rows that a statement changed',
    withStore((store) => {
      store.run('INSERT INTO item (id) VALUES (1), (2), (3)')
      expect(store.run('UPDATE item SET name = NULL WHERE id > ?', [1])).toBe(2)
      expect(store.run('DELETE FROM item WHERE id > ?', [9])).toBe(0)
      expect(store.all('SELECT count(*) AS count FROM item')[0]?.['count']).toBe(3)
    }),
  )
  it(
    '[STO-2] reports a refused statement as a port error and goes on',
    withStore((store) => {
      store.run("INSERT INTO item (id, name) VALUES (1, 'a')")
      const failed = { name: 'PortError', code: 'STORE_FAILED', isRetryable: false }
      expect(catching(() => store.run("INSERT INTO item (id, name) VALUES (2, 'a')"))).toMatchObject(failed)
      expect(catching(() => store.all('SELECT nonsense FROM nowhere'))).toMatchObject(failed)
      expect(catching(() => store.run("INSERT INTO item (id) VALUES ('text')"))).toMatchObject(failed)
      expect(store.run("INSERT INTO item (id, name) VALUES (2, 'b')")).toBe(1)
    }),
  )
  it(
    '[STO-2] refuses several statements in one text instead of dropping the later ones',
    withStore((store) => {
      expect(() => store.run('DELETE FROM item; DELETE FROM item WHERE id = 1')).toThrow('one statement')
    }),
  )
  it(
    '[STO-2] enforces foreign keys',
    withStore((store) => {
      store.run('CREATE TABLE part (item INTEGER NOT NULL REFERENCES item (id)) STRICT')
      expect(catching(() => store.run('INSERT INTO part (item) VALUES (1)'))).toMatchObject({ code: 'STORE_FAILED' })
    }),
  )
}

function transactionRules(withStore: WithStore): void {
  const ids = (store: StorePort): unknown[] => store.all('SELECT id FROM item ORDER BY id').map((row) => row['id'])
  it(
    '[STO-3] commits all of it or nothing',
    withStore((store) => {
      store.transaction(() => {
        store.run('INSERT INTO item (id) VALUES (1)')
        store.run('INSERT INTO item (id) VALUES (2)')
      })
      const boom = new Error('boom')
      const outcome = catching(() =>
        store.transaction(() => {
          store.run('INSERT INTO item (id) VALUES (3)')
          store.run('DELETE FROM item WHERE id = 1')
          throw boom
        }),
      )
      expect(outcome).toBe(boom)
      expect(ids(store)).toEqual([1, 2])
      store.transaction(() => store.run('INSERT INTO item (id) VALUES (4)'))
      expect(ids(store)).toEqual([1, 2, 4])
    }),
  )
  it(
    '[STO-3] sees its own writes',
    withStore((store) => {
      store.transaction(() => {
        store.run('INSERT INTO item (id) VALUES (1)')
        expect(ids(store)).toEqual([1])
      })
    }),
  )
  it(
    '[STO-3] does not nest, and refuses to span an await',
    withStore((store) => {
      expect(() => store.transaction(() => store.transaction(() => {}))).toThrow('nest')
      const later = (): unknown => Promise.resolve(store.run('INSERT INTO item (id) VALUES (1)'))
      expect(() => store.transaction(later)).toThrow('await')
      expect(ids(store)).toEqual([])
    }),
  )
  it(
    '[STO-3] goes on within a transaction after a caught statement error',
    withStore((store) => {
      store.transaction(() => {
        store.run("INSERT INTO item (id, name) VALUES (1, 'a')")
        catching(() => store.run("INSERT INTO item (id, name) VALUES (2, 'a')"))
        store.run("INSERT INTO item (id, name) VALUES (3, 'c')")
      })
      expect(ids(store)).toEqual([1, 3])
    }),
  )
}

function durabilityRules(withStore: WithStore): void {
  it(
    '[STO-4] finds everything again after closing',
    withStore((store, fixture) => {
      store.run("INSERT INTO item (id, name) VALUES (1, 'kept')")
      store.close()
      store.close()
      const again = fixture.open()
      expect(again.all('SELECT name FROM item')[0]?.['name']).toBe('kept')
      again.close()
    }),
  )
  it(
    '[STO-4] refuses work after closing',
    withStore((store) => {
      store.close()
      expect(catching(() => store.all('SELECT 1'))).toMatchObject({ code: 'STORE_FAILED' })
      expect(catching(() => store.run('DELETE FROM item'))).toMatchObject({ code: 'STORE_FAILED' })
      expect(catching(() => store.transaction(() => {}))).toMatchObject({ code: 'STORE_FAILED' })
    }),
  )
  it(
    '[STO-4] keeps what was committed and nothing else when the process is killed',
    withStore(async (store, fixture) => {
      store.close()
      const committed = Array.from({ length: 50 }, (_, index) => `INSERT INTO item (id) VALUES (${index + 1})`)
      await fixture.crash(committed, ['INSERT INTO item (id) VALUES (1000)', 'DELETE FROM item WHERE id < 25'])
      const again = fixture.open()
      const [row] = again.all('SELECT count(*) AS count, max(id) AS last FROM item')
      expect({ ...row }).toEqual({ count: 50, last: 50 })
      again.run('INSERT INTO item (id) VALUES (51)')
      again.close()
    }),
  )
}

function catching(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
