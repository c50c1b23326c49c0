import type { LogLevel, LogPort } from '@parley/engine'

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export interface LogOptions {
  readonly level: LogLevel
  /** JSON lines for machines; otherwise one readable line each. */
  readonly isJson: boolean
  readonly write: (line: string) => void
}

/** A field's text is cut here, so that no entry carries a whole message or key by accident. */
const FIELD_LETTERS_MAX = 200

/** The process's log. One line per entry, whatever the fields contain. */
export function createLog({ level, isJson, write }: LogOptions): LogPort {
  const least = LOG_LEVELS.indexOf(level)
  return {
    log(entryLevel, message, fields = {}) {
      if (LOG_LEVELS.indexOf(entryLevel) < least) return
      const time = new Date().toISOString()
      const shown = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, FIELD_LETTERS_MAX) : value] as const)
      if (isJson)
        return write(`${JSON.stringify({ time, level: entryLevel, message, ...Object.fromEntries(shown) })}\n`)
      const text = shown.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join('')
      write(`${time.slice(11, 23)} ${entryLevel.padEnd(5)} ${message}${text}\n`)
    },
  }
}
