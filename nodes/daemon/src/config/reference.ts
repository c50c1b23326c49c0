import type { Command } from '../cli/command.ts'
import { type Field, flagOf, variableOf } from './fields.ts'

/** The tables of settings in docs/operations.md, one per command that has a configuration file. */
export function referenceTables(commands: readonly Command[]): string {
  const shown = commands.filter(({ name, hasFile }) => hasFile !== false && name !== 'start')
  return shown.map((command) => `### parley ${command.name}\n\n${table(command.fields)}`).join('\n')
}

function table(fields: readonly Field[]): string {
  const rows = fields.map((field) => [
    `\`--${flagOf(field)}\``,
    `\`${variableOf(field)}\``,
    field.isInFile === false ? '' : `\`${field.key}\``,
    defaultOf(field),
    field.help.replaceAll('|', '\\|'),
  ])
  const lines = [
    ['flag', 'variable', 'config.json', 'default', 'meaning'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function defaultOf({ default: value }: Field): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${Array.isArray(value) ? value.join(' ') : String(value)}\``
}
