import { assert } from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort, SqlRow, SqlValue, StorePort } from '@parley/engine'
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { toPortError } from './errors.ts'
import { lockStore, makePrivateFile } from './folder-lock.ts'
import { backUpDamaged, checkHeader, corrupt, quickCheck, quickCheckBeside } from './health.ts'
import { BUSY_TIMEOUT_MS, CHECK_ON_OPEN_BYTES_MAX, WAL_BYTES_KEPT_MAX } from './limits.ts'
import { StatementCache } from './statements.ts'
import { makePrivateFolder } from './private-folder.ts'
import { startTruncating } from './truncate.ts'

export interface SqliteStoreOptions {
  /** Database file, or `:memory:`. Its folder is made (0700) when missing; the file is the owner's alone (0600). */
  readonly path: string
  readonly log: LogPort
  /** Damage was found after opening: by the check beside the work, or by a statement. Called at most once. */
  readonly onDamaged?: (error: PortError) => void
}

/**
 * Opens the database for this process alone.
 *
 * Every transaction is synced to the disk before it returns (`synchronous=FULL`; about 0.13 ms on the reference
 * machine), deleted rows are overwritten (`secure_delete`), and the write-ahead log is truncated soon after writing.
 *
 * @throws PortError `STORE_IN_USE` when another process holds the folder; `STORE_CORRUPT` when the database is damaged:
 * it is then left as it is, with a copy beside it; `STORE_FULL`, `STORE_FAILED`. Spec: STO-1…STO-9.
 */
export function openSqliteStore(options: SqliteStoreOptions): StorePort {
  if (options.path === ':memory:') return new SqliteStore(connect(options.path), options)
  const { path } = options
  makePrivateFolder(dirname(path))
  const lock = lockStore(path)
  try {
    return new SqliteStore(connectChecked(options), options, () => lock.release())
  } catch (error) {
    lock.release()
    throw error
  }
}

function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX}`)
  return database
}

/** Opens the file and checks it when that is quick; damage is copied aside and refused. */
function connectChecked({ path, log }: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    makePrivateFile(path)
    checkHeader(path)
    database = connect(path)
    if (statSync(path).size <= CHECK_ON_OPEN_BYTES_MAX) quickCheck(database)
    else database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    const failure = toPortError(error, `opening ${path}`)
    if (failure.code !== 'STORE_CORRUPT') {
      database?.close()
      throw failure
    }
    // The copy comes before closing, because closing would move the write-ahead log into the damaged file.
    const copy = backUpDamaged(path)
    database?.close()
    log.log('error', 'the database is damaged')
    const message = `The database ${path} is damaged (${failure.message}). It was not changed; a copy is at ${copy}.`
    throw new PortError('STORE_CORRUPT', message, false, { cause: failure })
  }
}

class SqliteStore implements StorePort {
  readonly #database: DatabaseSync
  readonly #statements: StatementCache
  readonly #options: SqliteStoreOptions
  readonly #release: () => void
  readonly #truncating: { wrote(): void; stop(): void } | undefined
  #stopCheck: (() => void) | undefined
  #isWriting = false
  #isClosed = false
  #isDamageReported = false

  constructor(database: DatabaseSync, options: SqliteStoreOptions, release: () => void = () => {}) {
    this.#database = database
    this.#statements = new StatementCache(database)
    this.#options = options
    this.#release = release
    const { path, log } = options
    if (path === ':memory:') return
    this.#truncating = startTruncating(database, log, () => this.#isWriting || this.#stopCheck !== undefined)
    if (statSync(path).size > CHECK_ON_OPEN_BYTES_MAX) this.#startCheck()
    if (existsSync(`${path}-wal`)) this.#truncating.wrote()
  }

  all(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    return this.#attempt('reading', () => {
      // node:sqlite types integers as number | bigint; without setReadBigInts they are numbers, or it throws.
      return this.#statement(sql).all(...parameters) as SqlRow[]
    })
  }

  run(sql: string, parameters: readonly SqlValue[] = []): number {
    const changes = this.#attempt('writing', () => Number(this.#statement(sql).run(...parameters).changes))
    if (!this.#isWriting) this.#truncating?.wrote()
    return changes
  }

  transaction(write: () => void): void {
    assert(!this.#isWriting, 'transactions do not nest')
    this.#attempt('beginning a transaction', () => this.#database.exec('BEGIN IMMEDIATE'))
    this.#isWriting = true
    try {
      const result: unknown = write()
      assert(!(result instanceof Promise), 'a transaction must not span an await')
      this.#attempt('committing', () => this.#database.exec('COMMIT'))
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    } finally {
      this.#isWriting = false
    }
    this.#truncating?.wrote()
  }

  close(): void {
    if (this.#isClosed) return
    assert(!this.#isWriting, 'a transaction is open')
    this.#isClosed = true
    this.#stopCheck?.()
    this.#truncating?.stop()
    this.#statements.clear()
    this.#database.close()
    this.#release()
  }

  #statement(sql: string): StatementSync {
    if (this.#isClosed) throw new PortError('STORE_FAILED', 'the store is closed', false)
    if (this.#isWriting && !this.#database.isTransaction) {
      // An earlier error ended the transaction and was swallowed: nothing may be written beside it.
      throw new PortError('STORE_FAILED', 'the transaction was rolled back', true)
    }
    const statement = this.#statements.get(sql)
    const rest = sql.length === statement.sourceSQL.length ? '' : sql.slice(statement.sourceSQL.length).trim()
    assert(rest === '' || rest === ';', 'one statement at a time')
    return statement
  }

  #attempt<T>(doing: string, act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error
      const failure = toPortError(error, doing)
      if (failure.code === 'STORE_CORRUPT') this.#reportDamage(failure)
      throw failure
    }
  }

  #startCheck(): void {
    this.#stopCheck = quickCheckBeside(this.#options.path, this.#options.log, (damage) => {
      this.#stopCheck = undefined
      if (damage !== undefined) this.#reportDamage(damage)
    })
  }

  #reportDamage(failure: PortError): void {
    if (this.#isDamageReported) return
    this.#isDamageReported = true
    const { path, log, onDamaged } = this.#options
    if (path === ':memory:') return
    try {
      const copy = backUpDamaged(path)
      log.log('error', 'the database is damaged')
      onDamaged?.(corrupt(`The database ${path} is damaged (${failure.message}). A copy is at ${copy}.`))
    } catch (error) {
      log.log('error', 'the damaged database could not be copied', { reason: toPortError(error, 'copying').message })
      onDamaged?.(failure)
    }
  }
}
