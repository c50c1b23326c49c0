/** A node as a process: from its settings until it is told to end. */
import { type LogLevel, PortError } from '@parley/engine'
import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { isOn, listOf, numberOf, type Settings, textOf } from '../config/load.ts'
import { openBazaarSettings } from '../config/openbazaar.ts'
import { placeSettings } from '../config/place.ts'
import { storageSettings } from '../config/storage.ts'
import { torSettings } from '../config/tor.ts'
import { type Daemon, type DaemonOptions, openDaemon } from '../daemon.ts'
import { createLog, LOG_LEVELS } from '../log.ts'
import type { DirectPathsChoice } from '../node.ts'
import { openPage } from './browser.ts'
import { Sentence } from './command.ts'
import { stopInTime, untilSignal } from './lifetime.ts'

/** @returns the exit code once it has ended. @throws Sentence, ConfigError, and what `openDaemon` throws. */
export async function runDaemon(settings: Settings): Promise<number> {
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
    ...placeSettings(settings),
    bootstrap: listOf(settings, 'bootstrap'),
    directPaths: directPathsOf(settings),
    ...storageSettings(settings),
    ...(tor === undefined ? {} : { tor }),
    ...(openBazaar === undefined ? {} : { openBazaar }),
    ...(name === undefined ? {} : { name }),
    ...(passphraseFile === undefined ? {} : { passphrase: readFirstLine('passphrase', passphraseFile) }),
  }
}

function directPathsOf(settings: Settings): DirectPathsChoice {
  const choice = textOf(settings, 'directPaths')
  return choice === 'on' || choice === 'off' ? choice : 'auto'
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
