/** One description per setting, from which parsing, help, `--print-config` and the reference table are made. */

export type FieldKind = 'text' | 'folder' | 'file' | 'port' | 'list' | 'switch' | 'choice'

export interface Field {
  /** Name in the file, camelCase with its unit last. */
  readonly key: string
  readonly kind: FieldKind
  /** What it means, one sentence. */
  readonly help: string
  /** As it would be written in the file. `undefined`: there is none, and nothing happens without it. */
  readonly default?: ConfigValue
  readonly choices?: readonly string[]
  /** What `--help` shows for the value. */
  readonly placeholder?: string
  /** False for what only makes sense for one start. */
  readonly isInFile?: boolean
}

export type ConfigValue = string | number | boolean | readonly string[]

export type Source = 'default' | 'file' | 'environment' | 'flag'

export interface Setting {
  readonly value: ConfigValue | undefined
  readonly source: Source
}

/** A setting that cannot be used. The message is for people and names the place. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export const flagOf = (field: Field): string => field.key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
export const variableOf = (field: Field): string => `PARLEY_${flagOf(field).replaceAll('-', '_').toUpperCase()}`

/** Reads text from a flag or a variable. `where` names it in errors. @throws ConfigError */
export function parseText(field: Field, texts: readonly string[], where: string): ConfigValue {
  if (field.kind === 'list') return texts.flatMap((text) => text.split(/[\s,]+/)).filter((item) => item !== '')
  const text = texts.at(-1) ?? ''
  if (field.kind === 'port') return checkValue(field, text.trim() === '' ? Number.NaN : Number(text), where)
  if (field.kind !== 'switch') return checkValue(field, text, where)
  if (['true', '1', 'yes'].includes(text)) return true
  if (['false', '0', 'no'].includes(text)) return false
  throw new ConfigError(`${where} must be true or false.`)
}

/** Checks a value of the right or wrong type, as a file may hold it. @throws ConfigError */
export function checkValue(field: Field, value: unknown, where: string): ConfigValue {
  switch (field.kind) {
    case 'port':
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
      throw new ConfigError(`${where} must be a port from 0 to 65535; 0 lets the system choose.`)
    case 'switch':
      if (typeof value === 'boolean') return value
      throw new ConfigError(`${where} must be true or false.`)
    case 'list':
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
      throw new ConfigError(`${where} must be a list of texts.`)
    case 'choice':
      if (typeof value === 'string' && field.choices?.includes(value) === true) return value
      throw new ConfigError(`${where} must be one of ${field.choices?.join(', ') ?? ''}.`)
    default:
      if (typeof value === 'string' && value !== '') return value
      throw new ConfigError(`${where} must be a text that is not empty.`)
  }
}
