import type { LogFields, LogLevel, LogPort } from '@parley/engine'

export interface LogEntry {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/** Older entries are dropped beyond this number. */
export const MEMORY_LOG_ENTRIES_MAX = 100_000

/** Keeps what was logged, so that a test can look for what must or must not be there. */
export function createMemoryLog(): LogPort & { readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = []
  return {
    entries,
    log(level, message, fields = {}) {
      if (entries.length === MEMORY_LOG_ENTRIES_MAX) entries.shift()
      entries.push({ level, message, fields })
    },
  }
}
