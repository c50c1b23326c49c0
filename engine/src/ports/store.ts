/** Values that SQLite knows. Booleans are stored as 0 and 1. */
export type SqlValue = null | number | string | Uint8Array
export type SqlRow = Readonly<Record<string, SqlValue>>

/**
 * A local SQLite database with one writer. Synchronous, because a transaction must never span an `await`.
 * The SQL text belongs to the engine, so every adapter runs the same statements.
 */
export interface StorePort {
  /** Rows of a query. The byte arrays in them are the caller's. */
  all(sql: string, parameters?: readonly SqlValue[]): readonly SqlRow[]
  /** Runs one statement; returns the number of rows changed. Outside {@link transaction} it commits by itself. */
  run(sql: string, parameters?: readonly SqlValue[]): number
  /**
   * Runs `write` in one transaction: durable when this returns, untouched when it throws. Not reentrant.
   * @throws PortError `STORE_FULL`, `STORE_CORRUPT`, `STORE_FAILED`; whatever `write` throws, after rolling back.
   */
  transaction(write: () => void): void
  /** Idempotent; the store is unusable afterwards. */
  close(): void
}
