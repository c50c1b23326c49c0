import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StorePort } from '@parley/engine'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { quickCheckBeside } from './health.ts'
import { TRUNCATE_IDLE_MS } from './limits.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { StatementCache } from './statements.ts'
import { kill, quietLog, startWriter, storeFolder } from './testing.ts'

const fill = (store: StorePort, rows: number): void => {
  store.run('CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, bytes BLOB)')
  store.transaction(() => {
    for (let row = 0; row < rows; row++) store.run('INSERT INTO item (bytes) VALUES (randomblob(1000))')
  })
}

const catching = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

afterEach(() => {
  vi.useRealTimers()
})

describe('one process at a time', () => {
  it('[STO-6] refuses a second opener, naming the folder and the process', () => {
    using folder = storeFolder()
    const store = folder.open()
    const refusal = catching(() => folder.open())
    expect(refusal).toMatchObject({ code: 'STORE_IN_USE' })
    expect(String(refusal)).toContain(`The folder ${folder.folder} is in use by process ${process.pid}.`)
    store.run('CREATE TABLE still_works (id INTEGER)')
    store.close()
    folder.open().close()
  })
  it('[STO-6] refuses while another process lives, and opens when it was killed', async () => {
    using folder = storeFolder()
    folder.open().close()
    const other = await startWriter(folder.path, [], [])
    expect(String(catching(() => folder.open()))).toContain(`in use by process ${other.pid}.`)
    await kill(other)
    folder.open().close()
    expect(readdirSync(folder.folder).some((name) => name.endsWith('.pid'))).toBe(false)
  })
})

describe('files', () => {
  it('[STO-7] belong to the owner alone', () => {
    using folder = storeFolder()
    const inner = join(folder.folder, 'made', 'by-us')
    const path = join(inner, 'node.db')
    const store = openSqliteStore({ path, log: quietLog })
    fill(store, 1)
    expect(statSync(inner).mode & 0o777).toBe(0o700)
    const names = readdirSync(inner)
    expect(names).toContain('node.db-wal')
    for (const name of names) expect([name, statSync(join(inner, name)).mode & 0o077]).toEqual([name, 0])
    store.close()
  })
  it('[STO-7] lose the rights that others had', () => {
    using folder = storeFolder()
    writeFileSync(folder.path, '', { mode: 0o644 })
    folder.open().close()
    expect(statSync(folder.path).mode & 0o777).toBe(0o600)
  })
  it('[STO-7] do not keep what was overwritten', () => {
    using folder = storeFolder()
    vi.useFakeTimers()
    const store = folder.open()
    const secret = 'a-ratchet-key-that-was-used-up'
    store.run('CREATE TABLE state (id INTEGER PRIMARY KEY, bytes BLOB)')
    store.run('INSERT INTO state VALUES (1, ?)', [new TextEncoder().encode(secret)])
    const bytesOnDisk = (): string => readFileSync(folder.path, 'latin1') + readFileSync(`${folder.path}-wal`, 'latin1')
    expect(bytesOnDisk()).toContain(secret)
    store.run('UPDATE state SET bytes = ? WHERE id = 1', [new TextEncoder().encode('next')])
    vi.advanceTimersByTime(3 * TRUNCATE_IDLE_MS)
    expect(statSync(`${folder.path}-wal`).size).toBe(0)
    expect(bytesOnDisk()).not.toContain(secret)
    expect(bytesOnDisk()).toContain('next')
    store.close()
  })
  it('[STO-4] syncs every commit and never trusts the schema', () => {
    using folder = storeFolder()
    const store = folder.open()
    const pragma = (name: string): unknown => Object.values(store.all(`PRAGMA ${name}`)[0] ?? {})[0]
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('secure_delete')]).toEqual(['wal', 2, 1])
    expect([pragma('foreign_keys'), pragma('trusted_schema')]).toEqual([1, 0])
    store.close()
  })
})

describe('a damaged database', () => {
  const damaged = (folder: { folder: string }): string[] =>
    readdirSync(folder.folder).filter((name) => name.includes('.corrupt-'))

  it('[STO-8] is refused when it is not a database, copied once, and left as it is', () => {
    using folder = storeFolder()
    writeFileSync(folder.path, 'certainly not a database, but precious to somebody')
    const refusal = catching(() => folder.open())
    expect(refusal).toMatchObject({ code: 'STORE_CORRUPT' })
    expect(String(refusal)).toMatch(/is damaged .* a copy is at .*node\.db\.corrupt-/)
    catching(() => folder.open())
    const [copy = '', ...others] = damaged(folder)
    expect(others).toEqual([])
    expect(readFileSync(join(folder.folder, copy), 'utf8')).toContain('precious')
    expect(readFileSync(folder.path, 'utf8')).toContain('precious')
  })
  it('[STO-8] is refused when a page in the middle is overwritten', () => {
    using folder = storeFolder()
    const store = folder.open()
    fill(store, 500)
    store.close()
    const bytes = readFileSync(folder.path)
    bytes.fill(0xa5, 40 * 4096, 60 * 4096)
    writeFileSync(folder.path, bytes)
    expect(catching(() => folder.open())).toMatchObject({ code: 'STORE_CORRUPT' })
    expect(damaged(folder).length).toBe(1)
    expect(readFileSync(folder.path).equals(bytes)).toBe(true)
  })
  it('[STO-8] is refused when its end is missing', () => {
    using folder = storeFolder()
    const store = folder.open()
    fill(store, 500)
    store.close()
    truncateSync(folder.path, 50 * 4096)
    expect(catching(() => folder.open())).toMatchObject({ code: 'STORE_CORRUPT' })
  })
  it('[STO-8] lets a torn write-ahead log end where it tore', async () => {
    using folder = storeFolder()
    folder.open().close()
    const committed = ['CREATE TABLE item (id INTEGER)', 'INSERT INTO item VALUES (1)']
    await kill(await startWriter(folder.path, committed, []))
    appendFileSync(`${folder.path}-wal`, Buffer.alloc(5_000, 7))
    const store = folder.open()
    expect(store.all('SELECT id FROM item').length).toBe(1)
    store.close()
  })
  it('[STO-8] that was too large to check first is found beside the work', async () => {
    using folder = storeFolder()
    const store = folder.open()
    fill(store, 500)
    store.close()
    const sound = await new Promise((resolve) => quickCheckBeside(folder.path, quietLog, resolve))
    expect(sound).toBeUndefined()
    const bytes = readFileSync(folder.path)
    bytes.fill(0xa5, 40 * 4096, 60 * 4096)
    writeFileSync(folder.path, bytes)
    const finding = await new Promise((resolve) => quickCheckBeside(folder.path, quietLog, resolve))
    expect(finding).toMatchObject({ code: 'STORE_CORRUPT' })
  })
  it('[STO-8] found by a statement is copied and reported once', () => {
    using folder = storeFolder()
    const reports: unknown[] = []
    const store = folder.open((error) => reports.push(error.code))
    fill(store, 500)
    store.all('PRAGMA wal_checkpoint(TRUNCATE)')
    const bytes = readFileSync(folder.path)
    bytes.fill(0xa5, 4096, 100 * 4096)
    writeFileSync(folder.path, bytes)
    store.all('PRAGMA shrink_memory')
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(catching(() => store.all('SELECT sum(length(bytes)) FROM item'))).toMatchObject({ code: 'STORE_CORRUPT' })
    }
    expect(reports).toEqual(['STORE_CORRUPT'])
    expect(damaged(folder).length).toBeGreaterThan(0)
    store.close()
  })
})

describe('a full disk', () => {
  const insert = 'INSERT INTO item (bytes) VALUES (randomblob(100000))'
  /** Writes until refused; every second write is part of a transaction that has already written. */
  const writeUntilFull = (store: StorePort): number => {
    for (let rows = 0; rows < 1_000; rows++) {
      const failure = catching(() =>
        store.transaction(() => {
          store.run("INSERT INTO item (bytes) VALUES ('part of a whole')")
          store.run(insert)
        }),
      )
      if (failure === undefined) continue
      expect(failure).toMatchObject({ name: 'PortError', code: 'STORE_FULL', isRetryable: true })
      return rows
    }
    throw new Error('the disk never filled')
  }
  const expectSound = (store: StorePort, rows: number): void => {
    const [counts] = store.all('SELECT count(*) AS total, sum(length(bytes) < 100) AS parts FROM item')
    expect({ ...counts }).toEqual({ total: 2 * rows, parts: rows })
  }

  it('[STO-5] rolls back, keeps what was written, and goes on when there is space again', () => {
    using folder = storeFolder()
    const store = folder.open()
    fill(store, 0)
    store.all('PRAGMA max_page_count = 100')
    const rows = writeUntilFull(store)
    expectSound(store, rows)
    store.all('PRAGMA max_page_count = 1000')
    store.run(insert)
    store.close()
  })

  const isRoot = process.getuid?.() === 0
  it.runIf(isRoot)('[STO-5] does so on a file system without space', (context) => {
    using folder = storeFolder()
    const disk = join(folder.folder, 'disk')
    mkdirSync(disk)
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
    if (status !== 0) return context.skip('this system does not let us mount a small disk')
    try {
      const store = openSqliteStore({ path: join(disk, 'node.db'), log: quietLog })
      fill(store, 0)
      const rows = writeUntilFull(store)
      expectSound(store, rows)
      spawnSync('mount', ['-o', 'remount,size=8m', disk])
      store.run(insert)
      store.close()
      const again = openSqliteStore({ path: join(disk, 'node.db'), log: quietLog })
      expect(again.all('SELECT count(*) AS total FROM item')[0]?.['total']).toBe(2 * rows + 1)
      again.close()
    } finally {
      spawnSync('umount', [disk])
    }
  })
})

describe('the statement cache', () => {
  it('[STO-9] forgets the statement unused for longest', () => {
    const database = new DatabaseSync(':memory:')
    const cache = new StatementCache(database, 2)
    const one = cache.get('SELECT 1')
    cache.get('SELECT 2')
    expect(cache.get('SELECT 1')).toBe(one)
    cache.get('SELECT 3')
    expect(cache.get('SELECT 1')).toBe(one)
    expect(cache.size).toBe(2)
    database.close()
  })
})
