import { type LogLevel, PortError } from '@parley/engine'
import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { daemonFields } from '../config/daemon-fields.ts'
import { isOn, listOf, numberOf, type Settings, textOf } from '../config/load.ts'
import { openBazaarSettings } from '../config/openbazaar.ts'
import { storageSettings } from '../config/storage.ts'
import { torSettings } from '../config/tor.ts'
import { type Daemon, type DaemonOptions, openDaemon } from '../daemon.ts'
import { createLog, LOG_LEVELS } from '../log.ts'
import { openPage } from './browser.ts'
import { type Command, Sentence } from './command.ts'
import { stopInTime, untilSignal } from './lifetime.ts'

/** `parley start`: for people. */
export const start: Command = {
  name: 'start',
  summary: 'Runs your node and opens its page.',
  fields: daemonFields.map((field) => (field.key === 'open' ? { ...field, default: true } : field)),
  examples: [
    ['parley start', 'Your node with its data in ~/.parley.'],
    ['parley start --data ~/second --api-port 0', 'Another node beside it.'],
    ['parley start --listen /ip4/0.0.0.0/tcp/4100', 'Reachable from your network.'],
  ],
  run: runDaemon,
}

/** `parley daemon`: for servers and scripts. */
export const daemon: Command = {
  name: 'daemon',
  summary: 'Runs a node without opening anything.',
  fields: daemonFields,
  examples: [
    ['parley daemon --data /srv/bob --api-port 0 --json', 'Prints one JSON line when ready.'],
    ['parley daemon --bootstrap /dns4/push.example.org/tcp/4001/p2p/12D3KooW…', 'Stays connected to a push node.'],
    ['parley daemon --passphrase-file /run/secrets/parley', 'Opens sealed keys by itself.'],
    ['parley daemon --tor --data /srv/hidden', 'Hides where it is: through Tor, at an onion address.'],
    ['parley daemon --openbazaar-api 127.0.0.1:4002', 'Serves clients of OpenBazaar 2.0 too.'],
    ['parley daemon --print-config', 'Shows what would be used, and ends.'],
  ],
  run: runDaemon,
}

async function runDaemon(settings: Settings): Promise<number> {
  const ended = untilSignal()
  // Whoever read our output may be gone; that is no reason for a node to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const isJson = isOn(settings, 'json')
  const log = createLog({ level: levelOf(settings), isJson, write: (line) => process.stderr.write(line) })
  const damaged = Promise.withResolvers<PortError>()
  const asked = Promise.withResolvers<undefined>()
  const opened = await openDaemon({
    ...daemonOptions(settings),
    log,
    onDamaged: damaged.resolve,
    onShutDown: () => asked.resolve(undefined),
  }).catch(inWords)
  await announce(opened, settings)
  // A node that is killed rather than ended has its compiled modules kept too.
  flushCompileCache()
  const damage = await Promise.race([ended.then(() => undefined), asked.promise, damaged.promise])
  const isStopped = await stopInTime(() => opened[Symbol.asyncDispose]())
  if (!isStopped) log.log('warn', 'something did not end in time; what is on disk is complete')
  return damage === undefined ? 0 : 1
}

function daemonOptions(settings: Settings): Omit<DaemonOptions, 'log'> {
  const passphraseFile = textOf(settings, 'passphraseFile')
  const name = textOf(settings, 'name')
  const readPassword = (path: string): string => readFirstLine('password', path)
  const tor = torSettings(settings, readPassword)
  const openBazaar = openBazaarSettings(settings, readPassword)
  return {
    data: textOf(settings, 'data') ?? '',
    apiPort: numberOf(settings, 'apiPort'),
    listen: listOf(settings, 'listen'),
    announce: listOf(settings, 'announce'),
    bootstrap: listOf(settings, 'bootstrap'),
    ...storageSettings(settings),
    ...(tor === undefined ? {} : { tor }),
    ...(openBazaar === undefined ? {} : { openBazaar }),
    ...(name === undefined ? {} : { name }),
    ...(passphraseFile === undefined ? {} : { passphrase: readFirstLine('passphrase', passphraseFile) }),
  }
}

async function announce(opened: Daemon, settings: Settings): Promise<void> {
  if (isOn(settings, 'json')) {
    process.stdout.write(`${JSON.stringify(await opened.ready())}\n`)
  } else {
    const { openbazaarUrl } = await opened.ready()
    const second = openbazaarUrl === undefined ? '' : `Clients of OpenBazaar: ${openbazaarUrl}\n`
    process.stdout.write(
      `Parley is ready: ${opened.pageUrl()}\n${second}Ctrl-C ends it. What waits to be sent is kept.\n`,
    )
  }
  if (isOn(settings, 'open')) openPage(opened.ticketUrl())
}

/** The first line of the file, without its end. */
function readFirstLine(what: 'passphrase' | 'password', path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    throw new Sentence(`The ${what} file ${path} cannot be read.`, { cause })
  }
}

const levelOf = (settings: Settings): LogLevel =>
  LOG_LEVELS.find((level) => level === textOf(settings, 'logLevel')) ?? 'info'

/** Says what to do where the error alone would not. */
function inWords(error: unknown): never {
  if (error instanceof PortError && error.code === 'STORE_IN_USE') {
    throw new Sentence(`${error.message} End that node first, or choose another folder with --data.`, { cause: error })
  }
  throw error
}
