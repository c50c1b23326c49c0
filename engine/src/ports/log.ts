/** Structured log. Messages are constants, variable parts are fields; no secret, plaintext or whole id is a field. */
export interface LogPort {
  log(level: LogLevel, message: string, fields?: LogFields): void
}
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
