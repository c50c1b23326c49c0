import type { LogPort } from '@parley/engine'
import type { DatabaseSync } from 'node:sqlite'
import { toPortError } from './errors.ts'
import { BUSY_TIMEOUT_MS, TRUNCATE_IDLE_MS, TRUNCATE_LATEST_MS } from './limits.ts'

/**
 * Empties the write-ahead log when the database rests, and every {@link TRUNCATE_LATEST_MS} under load, so that
 * overwritten keys do not stay in it. `isBusy` postpones. The timer never keeps the process alive.
 */
export function startTruncating(
  database: DatabaseSync,
  log: LogPort,
  isBusy: () => boolean,
): { wrote(): void; stop(): void } {
  let firstWriteMs: number | undefined
  let lastWriteMs = 0
  let timer: NodeJS.Timeout | undefined

  const arm = (): void => {
    timer = setTimeout(fire, TRUNCATE_IDLE_MS)
    timer.unref()
  }
  const fire = (): void => {
    timer = undefined
    const nowMs = performance.now()
    const isResting = nowMs - lastWriteMs >= TRUNCATE_IDLE_MS
    const isOverdue = firstWriteMs !== undefined && nowMs - firstWriteMs >= TRUNCATE_LATEST_MS
    if ((isResting || isOverdue) && !isBusy() && truncate(database, log)) firstWriteMs = undefined
    else arm()
  }
  return {
    wrote() {
      lastWriteMs = performance.now()
      firstWriteMs ??= lastWriteMs
      if (timer === undefined) arm()
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

/** True when the log is empty now. Never waits for other readers. */
export function truncate(database: DatabaseSync, log: LogPort): boolean {
  try {
    database.exec('PRAGMA busy_timeout = 0')
    const outcome = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    return outcome?.['busy'] === 0
  } catch (error) {
    log.log('warn', 'the write-ahead log could not be truncated', {
      reason: toPortError(error, 'checkpointing').message,
    })
    return false
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}
