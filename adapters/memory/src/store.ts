import { assert } from '@parley/core'
import { PortError } from '@parley/engine'
import type { SqlRow, SqlValue, StorePort } from '@parley/engine'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

export interface MemoryStore extends StorePort {
  /**
   * What a restarted process finds: a new handle on everything committed. The old handle is dead from here on; an open
   * transaction of it is rolled back.
   */
  reopen(): MemoryStore
}

export interface MemoryStoreOptions {
  /** Called before each commit; what it throws (a full disk, a crash) is thrown to the writer and nothing is written. */
  readonly beforeCommit?: () => void
}

/** A SQLite database in memory with the same rules as one on disk. It lives until its last handle is forgotten. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true })
  database.exec('PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF')
  return new MemoryHandle(database, new Map(), options)
}

class MemoryHandle implements MemoryStore {
  readonly #database: DatabaseSync
  /** Bounded by the statements in the engine's source. */
  readonly #statementsBySql: Map<string, StatementSync>
  readonly #options: MemoryStoreOptions
  #isWriting = false
  #isClosed = false

  constructor(database: DatabaseSync, statementsBySql: Map<string, StatementSync>, options: MemoryStoreOptions) {
    this.#database = database
    this.#statementsBySql = statementsBySql
    this.#options = options
  }

  all(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    // node:sqlite types integers as number | bigint; without setReadBigInts they are numbers, or it throws.
    return this.#attempt(() => this.#statement(sql).all(...parameters) as SqlRow[])
  }

  run(sql: string, parameters: readonly SqlValue[] = []): number {
    if (this.#isWriting) return this.#attempt(() => Number(this.#statement(sql).run(...parameters).changes))
    let changes = 0
    this.transaction(() => {
      changes = this.run(sql, parameters)
    })
    return changes
  }

  transaction(write: () => void): void {
    assert(!this.#isWriting, 'transactions do not nest')
    this.#assertOpen()
    this.#attempt(() => this.#database.exec('BEGIN IMMEDIATE'))
    this.#isWriting = true
    try {
      const result: unknown = write()
      assert(!(result instanceof Promise), 'a transaction must not span an await')
      this.#options.beforeCommit?.()
      this.#assertOpen()
      this.#attempt(() => this.#database.exec('COMMIT'))
    } catch (error) {
      if (!this.#isClosed && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    } finally {
      this.#isWriting = false
    }
  }

  close(): void {
    this.#isClosed = true
    if (this.#isWriting && this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  reopen(): MemoryStore {
    this.close()
    return new MemoryHandle(this.#database, this.#statementsBySql, this.#options)
  }

  #statement(sql: string): StatementSync {
    this.#assertOpen()
    if (this.#isWriting && !this.#database.isTransaction) {
      throw new PortError('STORE_FAILED', 'the transaction was rolled back', true)
    }
    const known = this.#statementsBySql.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const rest = sql.slice(statement.sourceSQL.length).trim()
    assert(rest === '' || rest === ';', 'one statement at a time')
    this.#statementsBySql.set(sql, statement)
    return statement
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new PortError('STORE_FAILED', 'the store is closed', false)
  }

  #attempt<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof PortError || (error instanceof Error && error.name === 'AssertionError')) throw error
      const because = error instanceof Error ? error.message : String(error)
      throw new PortError('STORE_FAILED', because, false, { cause: error })
    }
  }
}
