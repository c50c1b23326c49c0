import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { STATEMENTS_CACHED_MAX } from './limits.ts'

/** Compiles each SQL text once; beyond the limit the one unused for longest is forgotten. */
export class StatementCache {
  readonly #database: DatabaseSync
  readonly #statementsBySql = new Map<string, StatementSync>()
  readonly #sizeMax: number

  constructor(database: DatabaseSync, sizeMax = STATEMENTS_CACHED_MAX) {
    this.#database = database
    this.#sizeMax = sizeMax
  }

  get(sql: string): StatementSync {
    const known = this.#statementsBySql.get(sql)
    const statement = known ?? this.#database.prepare(sql)
    if (known !== undefined) this.#statementsBySql.delete(sql)
    this.#statementsBySql.set(sql, statement)
    if (this.#statementsBySql.size > this.#sizeMax) {
      for (const oldest of this.#statementsBySql.keys()) {
        this.#statementsBySql.delete(oldest)
        break
      }
    }
    return statement
  }

  get size(): number {
    return this.#statementsBySql.size
  }

  clear(): void {
    this.#statementsBySql.clear()
  }
}
