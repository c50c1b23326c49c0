import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  checkValue,
  ConfigError,
  type ConfigValue,
  type Field,
  flagOf,
  parseText,
  type Setting,
  variableOf,
} from './fields.ts'

/** Says which program is run, the bundle or the sources; `bin/bundle.mjs` reads it. No setting of what runs. */
export const FROM_SOURCE = 'PARLEY_FROM_SOURCE'

export type Settings = ReadonlyMap<string, Setting>
export type Environment = Readonly<Record<string, string | undefined>>

export interface SettingsSource {
  readonly fields: readonly Field[]
  readonly flags: readonly string[]
  readonly environment: Environment
  /** Variables of other commands, which are no mistake here. */
  readonly variables?: ReadonlySet<string>
  /** False for commands that are not a process with a folder of its own. */
  readonly hasFile?: boolean
  /** True when there may be arguments that are not flags. */
  readonly takesText?: boolean
}

export interface Loaded {
  readonly settings: Settings
  /** Arguments that are not flags. */
  readonly texts: readonly string[]
}

/**
 * Settings from defaults, the file in the data folder, `PARLEY_` variables and flags; each overrides the ones before.
 *
 * @throws ConfigError for an unknown key, variable or flag, a value of the wrong kind, or a file that is not JSON.
 */
export function loadSettings(source: SettingsSource): Loaded {
  const { fields, flags, environment, hasFile = true, takesText = false } = source
  const settings = new Map<string, Setting>()
  for (const field of fields) settings.set(field.key, { value: field.default, source: 'default' })
  const fromEnvironment = readEnvironment(fields, environment, source.variables ?? new Set())
  const { values: fromFlags, texts } = readFlags(fields, flags, takesText)
  const data = fromFlags.get('data') ?? fromEnvironment.get('data') ?? settings.get('data')?.value
  const path = hasFile && typeof data === 'string' ? join(expandPath(data), 'config.json') : undefined
  const fromFile = path === undefined ? new Map<string, ConfigValue>() : readFile(fields, path)
  for (const [key, value] of fromFile) settings.set(key, { value, source: 'file' })
  for (const [key, value] of fromEnvironment) settings.set(key, { value, source: 'environment' })
  for (const [key, value] of fromFlags) settings.set(key, { value, source: 'flag' })
  for (const field of fields) {
    const setting = settings.get(field.key)
    if ((field.kind !== 'folder' && field.kind !== 'file') || typeof setting?.value !== 'string') continue
    settings.set(field.key, { value: expandPath(setting.value), source: setting.source })
  }
  return { settings, texts }
}

/** An absolute path; `~/` is the home folder. */
export function expandPath(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)
}

function readFile(fields: readonly Field[], path: string): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  if (!existsSync(path)) return values
  let content: unknown
  const text = readText(path)
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError(`${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${path} must hold one JSON object.`)
  }
  for (const [key, value] of Object.entries(content)) {
    const field = fields.find((candidate) => candidate.key === key && candidate.isInFile !== false)
    if (field === undefined) throw new ConfigError(`${path} has an unknown setting, ${key}.`)
    values.set(key, checkValue(field, value, `${key} in ${path}`))
  }
  return values
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    })
  }
}

function readEnvironment(
  fields: readonly Field[],
  environment: Environment,
  others: ReadonlySet<string>,
): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('PARLEY_') || variable === FROM_SOURCE || text === undefined) continue
    const field = fields.find((candidate) => variableOf(candidate) === variable)
    if (field === undefined && others.has(variable)) continue
    if (field === undefined) throw new ConfigError(`The variable ${variable} is not a setting.`)
    values.set(field.key, parseText(field, [text], variable))
  }
  return values
}

interface Flags {
  readonly values: ReadonlyMap<string, ConfigValue>
  readonly texts: readonly string[]
}

function readFlags(fields: readonly Field[], flags: readonly string[], takesText: boolean): Flags {
  const options = Object.fromEntries(
    fields.map((field) => [
      flagOf(field),
      field.kind === 'switch' ? ({ type: 'boolean' } as const) : ({ type: 'string', multiple: true } as const),
    ]),
  )
  const values = new Map<string, ConfigValue>()
  const { values: parsed, positionals: texts } = parseFlags(flags, options, takesText)
  for (const field of fields) {
    const value = parsed[flagOf(field)]
    if (value === undefined) continue
    const where = `--${flagOf(field)}`
    values.set(field.key, typeof value === 'boolean' ? value : parseText(field, asTexts(value), where))
  }
  return { values, texts }
}

const asTexts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

type FlagOptions = Readonly<
  Record<string, { readonly type: 'boolean' } | { readonly type: 'string'; readonly multiple: true }>
>

interface ParsedFlags {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

function parseFlags(flags: readonly string[], options: FlagOptions, allowPositionals: boolean): ParsedFlags {
  try {
    const bound = bindDashes(flags, options)
    const args = allowPositionals ? textsLast(bound) : bound
    return parseArgs({ args, options, strict: true, allowNegative: true, allowPositionals })
  } catch (cause) {
    // parseArgs explains itself in one sentence and a hint about `--` in words of its own.
    const [sentence = ''] = (cause instanceof Error ? cause.message : String(cause)).split('. To specify')
    const hint = allowPositionals
      ? ' A text that begins with a dash goes after --, or is read from standard input with -.'
      : ''
    throw new ConfigError(`${sentence.replace(/\.$/, '')}.${hint}`, { cause })
  }
}

/** Ids may begin with a dash: what follows a flag that wants a text is its text, unless it is a flag of ours. */
function bindDashes(flags: readonly string[], options: FlagOptions): string[] {
  const isText = (flag: string): boolean => options[flag.slice(2)]?.type === 'string'
  const isFlag = (text: string): boolean => Object.keys(options).some((name) => text.split('=', 1)[0] === `--${name}`)
  const bound: string[] = []
  for (const flag of flags) {
    const last = bound.at(-1)
    const isValue = last?.startsWith('--') === true && isText(last) && flag.startsWith('-') && !isFlag(flag)
    if (isValue) bound[bound.length - 1] = `${last}=${flag}`
    else bound.push(flag)
  }
  return bound
}

/** A child has settings of its own; ours must not become its by inheritance. */
export function withoutSettings(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('PARLEY_') || name === FROM_SOURCE),
  )
}

/** What no flag looks like is a text, although it begins with a dash: "-5 °C", "- milk". */
function textsLast(flags: readonly string[]): string[] {
  const end = flags.includes('--') ? flags.indexOf('--') : flags.length
  const isText = (word: string): boolean => word.startsWith('-') && !/^(-|--?[a-z][\w-]*(=.*)?)$/is.test(word)
  const before = flags.slice(0, end)
  const texts = [...before.filter(isText), ...flags.slice(end + 1)]
  return [...before.filter((word) => !isText(word)), ...(texts.length === 0 ? [] : ['--', ...texts])]
}

/** What `--print-config` shows: every setting, its value and where it came from. */
export function describeSettings(settings: Settings, isJson: boolean): string {
  const rows = [...settings].map(([key, { value, source }]) => ({ key, value: value ?? null, source }))
  if (isJson) return JSON.stringify(Object.fromEntries(rows.map(({ key, ...rest }) => [key, rest])))
  const width = Math.max(...rows.map(({ key }) => key.length))
  return rows
    .map(
      ({ key, value, source }) => `${key.padEnd(width)}  ${value === null ? '—' : JSON.stringify(value)}  (${source})`,
    )
    .join('\n')
}

/** One setting, which the schema says is of this type. */
export const textOf = (settings: Settings, key: string): string | undefined => {
  const value = settings.get(key)?.value
  return typeof value === 'string' ? value : undefined
}
export const numberOf = (settings: Settings, key: string): number => Number(settings.get(key)?.value ?? 0)
export const isOn = (settings: Settings, key: string): boolean => settings.get(key)?.value === true
export const listOf = (settings: Settings, key: string): readonly string[] => {
  const value = settings.get(key)?.value
  return Array.isArray(value) ? value : []
}
