import type { LogPort } from '@parley/engine'
import { PortError } from '@parley/engine'
import { closeSync, constants, copyFileSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { toPortError } from './errors.ts'

const HEADER = 'SQLite format 3\0'

/** @throws PortError `STORE_CORRUPT` when the file is neither empty nor a SQLite database. Cheap: reads 16 bytes. */
export function checkHeader(path: string): void {
  const bytes = Buffer.alloc(HEADER.length)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, bytes, 0, bytes.length, 0)
    if (length !== 0 && bytes.toString('latin1', 0, length) !== HEADER) throw corrupt('it is not a SQLite database')
  } finally {
    closeSync(file)
  }
}

/** Walks every page. @throws PortError `STORE_CORRUPT` with what SQLite found first. */
export function quickCheck(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA quick_check(1)').get()
  const finding = row?.['quick_check']
  if (finding !== 'ok') throw corrupt(String(finding))
}

/**
 * The same check in a thread with its own read-only connection, for databases too large to check before opening.
 * `ended` is called once, with the damage if there is any; the returned function gives the check up.
 */
export function quickCheckBeside(path: string, log: LogPort, ended: (damage?: PortError) => void): () => void {
  const source = `
    const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData } = require('node:worker_threads')
    const database = new DatabaseSync(workerData, { readOnly: true })
    parentPort.postMessage(database.prepare('PRAGMA quick_check(1)').get().quick_check)
    database.close()`
  const worker = new Worker(source, { eval: true, workerData: path, execArgv: [] })
  worker.unref()
  let isOver = false
  const finish = (damage?: PortError): void => {
    if (isOver) return
    isOver = true
    ended(damage)
  }
  worker.on('message', (finding) => finish(finding === 'ok' ? undefined : corrupt(String(finding))))
  worker.on('error', (error) => {
    const failure = toPortError(error, 'checking the database')
    if (failure.code === 'STORE_CORRUPT') return finish(failure)
    log.log('warn', 'database check could not run', { reason: failure.message })
    finish()
  })
  return () => {
    isOver = true
    void worker.terminate()
  }
}

/**
 * Copies a damaged database and its write-ahead log to `<path>.corrupt-<time of its last change>` and returns that
 * path. A copy of the same state is made once, so that trying again does not fill the disk.
 *
 * @throws PortError `STORE_FULL` or `STORE_FAILED` when the copy cannot be made; the original is never touched.
 */
export function backUpDamaged(path: string): string {
  const time = statSync(path).mtime.toISOString().replaceAll(':', '-')
  const copy = `${path}.corrupt-${time}`
  for (const suffix of ['', '-wal']) {
    const isWorthKeeping = existsSync(path + suffix) && statSync(path + suffix).size > 0
    if (!isWorthKeeping || existsSync(copy + suffix)) continue
    try {
      copyFileSync(path + suffix, copy + suffix, constants.COPYFILE_EXCL)
    } catch (error) {
      rmSync(copy + suffix, { force: true })
      throw toPortError(error, `copying the damaged database to ${copy}`)
    }
  }
  return copy
}

export function corrupt(finding: string): PortError {
  return new PortError('STORE_CORRUPT', finding, false)
}
