import { PortError } from '@parley/engine'
import { chmodSync, closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteCode, toPortError } from './errors.ts'

const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

/**
 * Holds the only right to use the database at `path`, across processes, until `release`.
 *
 * The right is an operating-system lock on `<path>.lock`, so it ends with the process however that ends: there is no
 * stale lock to remove. `<path>.pid` only tells people who holds it. Nothing else in the holding process may open and
 * close the lock file, because POSIX then drops the lock.
 *
 * @throws PortError `STORE_IN_USE` naming the folder, and the process when it is known.
 */
export function lockStore(path: string): { release(): void } {
  const lockPath = `${path}.lock`
  const pidPath = `${path}.pid`
  const database = lockFile(path, lockPath, pidPath)
  let isHeld = true
  try {
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 })
  } catch (error) {
    database.close()
    throw toPortError(error, `writing ${pidPath}`)
  }
  return {
    release() {
      if (!isHeld) return
      isHeld = false
      rmSync(pidPath, { force: true })
      database.close()
    },
  }
}

function lockFile(path: string, lockPath: string, pidPath: string, isEmptied = false): DatabaseSync {
  const database = openLockFile(lockPath)
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (sqliteCode(error) === SQLITE_BUSY) throw inUse(path, pidPath, error)
    if (sqliteCode(error) !== SQLITE_NOTADB || isEmptied) throw toPortError(error, `locking ${lockPath}`)
    // Something overwrote it, so nobody can hold it. Emptied where it is, never replaced: two processes that do this
    // at once still lock the same file.
    truncateSync(lockPath)
    return lockFile(path, lockPath, pidPath, true)
  }
}

function openLockFile(lockPath: string): DatabaseSync {
  try {
    // Not through openSync when it exists: closing that descriptor would drop a lock held elsewhere in this process.
    const database = new DatabaseSync(lockPath)
    chmodSync(lockPath, 0o600)
    return database
  } catch (error) {
    throw toPortError(error, `opening ${lockPath}`)
  }
}

function inUse(path: string, pidPath: string, cause: unknown): PortError {
  const pid = readPid(pidPath)
  const holder = pid === undefined ? 'another process' : `process ${pid}`
  return new PortError('STORE_IN_USE', `The folder ${dirname(path)} is in use by ${holder}.`, false, { cause })
}

function readPid(pidPath: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidPath, 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    // The holder has not written it yet, or its file is unreadable: the refusal stands without a number.
    return undefined
  }
}

/** Creates `path` for the owner alone when it is missing, and takes other people's rights away when it is there. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}
