import { EngineError, PortError } from '@parley/engine'
import { ConfigError, type Field, variableOf } from '../config/fields.ts'
import { describeSettings, isOn, loadSettings, type Environment } from '../config/load.ts'
import { type Command, commandHelp, programHelp, Sentence } from './command.ts'
import { bench } from './bench.ts'
import { daemon, start } from './daemon.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { importAccount } from './import.ts'
import { pushNode } from './push-node.ts'
import { send } from './send.ts'
import { VERSION } from '../version.ts'

export const commands: readonly Command[] = [start, daemon, pushNode, send, importAccount, doctor, demo, bench]

/** Flags that every command understands, beside its own. */
const PRINT_CONFIG: Field = {
  key: 'printConfig',
  kind: 'switch',
  default: false,
  isInFile: false,
  help: 'Print every setting, its value and where it came from, and end.',
}

const USAGE_ERROR = 2

/** Runs one command line. @returns the exit code: 0 done, 1 failed, 2 not understood. */
export async function cli(parameters: readonly string[], environment: Environment = process.env): Promise<number> {
  const [name = '', ...flags] = parameters
  if (name === '' || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(programHelp(commands))
    return name === '' ? USAGE_ERROR : 0
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) return misunderstood(`There is no command "${name}".`, 'parley --help')
  if (flags.includes('--help') || flags.includes('-h')) {
    process.stdout.write(commandHelp(command))
    return 0
  }
  try {
    return await runCommand(command, flags, environment)
  } catch (error) {
    if (error instanceof ConfigError) return misunderstood(error.message, `parley ${name} --help`)
    const isForPeople = error instanceof Sentence || error instanceof PortError || error instanceof EngineError
    const text = error instanceof Error ? (isForPeople ? error.message : (error.stack ?? error.message)) : String(error)
    process.stderr.write(`${text}\n`)
    return 1
  }
}

async function runCommand(command: Command, flags: readonly string[], environment: Environment): Promise<number> {
  const variables = new Set(commands.flatMap(({ fields }) => fields.map(variableOf)))
  const isServer = command.hasFile !== false
  const { settings, texts } = loadSettings({
    fields: isServer ? [...command.fields, PRINT_CONFIG] : command.fields,
    flags,
    environment,
    variables,
    hasFile: isServer,
    takesText: command.text !== undefined,
  })
  if (!isOn(settings, PRINT_CONFIG.key)) return command.run(settings, texts)
  const shown = new Map([...settings].filter(([key]) => key !== PRINT_CONFIG.key))
  process.stdout.write(`${describeSettings(shown, isOn(settings, 'json'))}\n`)
  return 0
}

function misunderstood(sentence: string, help: string): number {
  process.stderr.write(`${sentence} See ${help}.\n`)
  return USAGE_ERROR
}
