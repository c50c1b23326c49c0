/** One device's database: crashes between any two commits, a disk that is full for a while, and an eye on who writes. */
import { createMemoryStore, type MemoryStore } from '@parley/adapter-memory'
import { PortError, type SqlRow, type SqlValue, type StorePort } from '@parley/engine'

/** What outlives a process. */
export class Disk {
  isFull = false
  /** Commits until the process dies; undefined: never. */
  commitsUntilCrash: number | undefined
  /** The crash comes just after that commit is durable, or just before. */
  crashesAfterCommit = false
  /** The next process dies at this commit too. */
  crashesAgain: number | undefined
  commits = 0
  #handle = createMemoryStore()

  /** A new handle on everything committed so far; the one before it is dead. */
  open(): MemoryStore {
    this.#handle = this.#handle.reopen()
    return this.#handle
  }

  /** Looks into the database from outside. */
  all(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    return this.#handle.all(sql, parameters)
  }

  /** Loses the keys of every conversation. Nothing may be running. @returns how many epochs there were. */
  forgetGroups(): number {
    return this.open().run('DELETE FROM epochs')
  }

  /** Every row of every table, in one spelling. */
  contents(): readonly Buffer[] {
    const tables = this.open().all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return tables.flatMap(({ name }) =>
      this.all(`SELECT * FROM "${String(name)}"`).map((row) =>
        Buffer.concat(
          Object.entries(row).map(([column, value]) => Buffer.concat([Buffer.from(`${column}=`), bytesOf(value)])),
        ),
      ),
    )
  }
}

const bytesOf = (value: SqlValue): Buffer =>
  value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value))

export interface SimStoreEvents {
  /** The process dies at this very instruction. */
  crashed(isDurable: boolean): void
  diskFull(): void
  /** The engine wrote outside a transaction. */
  wroteOutside(sql: string): void
  /** The engine has closed the store and still asks it something: it was stopped and goes on. */
  usedAfterClose?(): void
  /** A transaction is about to be durable. */
  committing?(): void
}

/** The handle of one process. Dead once the process is. */
export class SimStore implements StorePort {
  /** While the engine opens, single statements are allowed. */
  isOpening = true
  readonly #disk: Disk
  readonly #handle: MemoryStore
  readonly #events: SimStoreEvents
  #isInside = false
  #isDead = false
  #isClosed = false

  constructor(disk: Disk, handle: MemoryStore, events: SimStoreEvents) {
    this.#disk = disk
    this.#handle = handle
    this.#events = events
  }

  all(sql: string, parameters?: readonly SqlValue[]): readonly SqlRow[] {
    this.#assertAlive()
    return this.#handle.all(sql, parameters)
  }

  run(sql: string, parameters?: readonly SqlValue[]): number {
    this.#assertAlive()
    if (this.#isInside) return this.#handle.run(sql, parameters)
    if (!this.isOpening) this.#events.wroteOutside(sql)
    let changes = 0
    this.transaction(() => {
      changes = this.#handle.run(sql, parameters)
    })
    return changes
  }

  transaction(write: () => void): void {
    this.#assertAlive()
    const disk = this.#disk
    this.#isInside = true
    try {
      this.#handle.transaction(() => {
        write()
        this.#beforeCommit()
      })
    } finally {
      this.#isInside = false
    }
    disk.commits++
    if (disk.commitsUntilCrash === 0) this.#crash(true)
  }

  /** The disk itself stays readable for the simulation. */
  close(): void {
    this.#isClosed = true
  }

  kill(): void {
    this.#isDead = true
  }

  #beforeCommit(): void {
    const disk = this.#disk
    this.#events.committing?.()
    // It may have been the last moment of this process.
    this.#assertAlive()
    if (disk.isFull) {
      this.#events.diskFull()
      throw new PortError('STORE_FULL', 'the disk is full', true)
    }
    if (disk.commitsUntilCrash === undefined || --disk.commitsUntilCrash > 0) return
    if (!disk.crashesAfterCommit) this.#crash(false)
  }

  #crash(isDurable: boolean): never {
    this.#disk.commitsUntilCrash = this.#disk.crashesAgain
    this.#disk.crashesAgain = undefined
    this.#events.crashed(isDurable)
    throw new PortError('STORE_FAILED', 'the process is gone', false)
  }

  #assertAlive(): void {
    if (this.#isDead) throw new PortError('STORE_FAILED', 'the process is gone', false)
    if (!this.#isClosed) return
    this.#events.usedAfterClose?.()
    throw new PortError('STORE_FAILED', 'the store is closed', false)
  }
}
