import { type Field, flagOf } from '../config/fields.ts'
import type { Settings } from '../config/load.ts'

/** One command of the program. Its help, its flags and its row in the documents are made from this. */
export interface Command {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly fields: readonly Field[]
  /** What follows the flags, for example `TEXT`. */
  readonly text?: string
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** False for commands that read no configuration file. */
  readonly hasFile?: boolean
  /** @returns the exit code. Sentences for people are thrown as {@link Sentence}. */
  run(settings: Settings, texts: readonly string[]): Promise<number>
}

/** What a person needs to hear; printed as it is, with exit code 1. */
export class Sentence extends Error {
  override readonly name = 'Sentence'
}

const WIDTH = 92
const INDENT = '      '

/** The help of one command. */
export function commandHelp(command: Command): string {
  const flags = command.fields.map((field) => {
    const value = field.kind === 'switch' ? '' : ` ${field.placeholder ?? 'TEXT'}`
    const name =
      field.kind === 'switch' && field.default === true ? `--no-${flagOf(field)}` : `--${flagOf(field)}${value}`
    return [`  ${name}`, ...wrap(`${field.help}${defaultText(field)}`)].join('\n')
  })
  const usage = [
    'parley',
    command.name,
    ...(flags.length > 0 ? ['[flags]'] : []),
    ...(command.text === undefined ? [] : [command.text]),
  ]
  return [
    command.summary,
    '',
    `Usage: ${usage.join(' ')}`,
    ...(flags.length > 0 ? ['', 'Flags:', ...flags] : []),
    '',
    'Examples:',
    ...command.examples.flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]),
    '',
  ].join('\n')
}

/** Lines of whole words under the flag that they explain. */
function wrap(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(INDENT + word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function defaultText(field: Field): string {
  const { default: value } = field
  if (value === undefined || typeof value === 'boolean' || (Array.isArray(value) && value.length === 0)) return ''
  return ` Default: ${Array.isArray(value) ? value.join(', ') : String(value)}`
}

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return [
    'Parley: private chat without a server.',
    '',
    'Usage: parley COMMAND [flags]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`),
    '',
    'parley COMMAND --help shows flags and examples. Every flag can also be a variable, PARLEY_DATA for --data, or,',
    'for lasting settings, a key of config.json in the data folder.',
    '',
  ].join('\n')
}
