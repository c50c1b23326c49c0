import { existsSync, readFileSync } from 'node:fs'
import { daemonFields } from '../config/daemon-fields.ts'
import type { Field } from '../config/fields.ts'
import { type Settings, textOf } from '../config/load.ts'
import { databasePath } from '../private-file.ts'
import { type Command, Sentence } from './command.ts'

/** Twelve words and generous space between them. */
const WORDS_BYTES_MAX = 4_096

const fields: readonly Field[] = [
  ...daemonFields.filter(({ key }) => key === 'data' || key === 'name'),
  {
    key: 'wordsFile',
    kind: 'file',
    placeholder: 'FILE',
    help: 'File with the twelve words. Without it they are read from standard input; never from the command line.',
  },
]

/** `parley import`: makes an account of what another program has. */
export const importAccount: Command = {
  name: 'import',
  summary: 'Makes an account of the twelve words of an OpenBazaar identity.',
  fields,
  text: 'openbazaar',
  hasFile: false,
  examples: [
    ['parley import openbazaar --data ~/.parley --words-file words.txt', 'Twelve words in a file.'],
    ['pass show openbazaar | parley import openbazaar', 'The words come from another program.'],
  ],
  async run(settings, texts) {
    if (texts.length !== 1 || texts[0] !== 'openbazaar')
      throw new Sentence('Say what to import: parley import openbazaar.')
    const data = textOf(settings, 'data') ?? ''
    if (existsSync(databasePath(data))) {
      throw new Sentence(
        `There is an account in ${data} already. Choose a new folder with --data; nothing was changed.`,
      )
    }
    const { importOpenBazaar } = await import('./import-openbazaar.ts')
    const { account, peerId } = await importOpenBazaar(data, await readWords(settings), textOf(settings, 'name'))
    process.stdout.write(`account  ${account}\npeer id  ${peerId}\nfolder   ${data}\n`)
    return 0
  },
}

async function readWords(settings: Settings): Promise<string> {
  const path = textOf(settings, 'wordsFile')
  if (path === undefined) return readInput()
  try {
    return readFileSync(path, 'utf8').slice(0, WORDS_BYTES_MAX)
  } catch (cause) {
    throw new Sentence(`The file ${path} cannot be read.`, { cause })
  }
}

async function readInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Twelve words, then Enter and Ctrl-D:\n')
  const parts: Buffer[] = []
  let size = 0
  for await (const part of process.stdin) {
    const bytes = Buffer.from(part)
    size += bytes.length
    if (size > WORDS_BYTES_MAX) throw new Sentence('An OpenBazaar identity has twelve words.')
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}
