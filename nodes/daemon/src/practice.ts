/** Echo, the practice partner: a second real node on this machine, in a process of its own. Spec: NODE-4. */
import { type ApiClient, type Conversation, EngineError, type LogPort } from '@parley/engine'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { ECHO_BOT } from './places.ts'
import { withoutSettings } from './config/load.ts'
import { writePrivateFile, readJsonIfThere } from './private-file.ts'

/** How long Echo may take to come up; it needs about a second. */
const READY_TIMEOUT_MS = 20_000
const RESTART_FIRST_MS = 1_000
const RESTART_LAST_MS = 60_000

export interface PracticeOptions {
  /** The node's own data folder; Echo lives in `practice` below it. */
  readonly data: string
  readonly client: () => ApiClient
  readonly log: LogPort
  /** The bot's program, for tests. */
  readonly program?: string
}

export class Practice {
  readonly #options: PracticeOptions
  readonly #folder: string
  readonly #markPath: string
  #child: ChildProcess | undefined
  #link: Promise<string> | undefined
  #restart: NodeJS.Timeout | undefined
  #failures = 0
  #isStopped = false

  constructor(options: PracticeOptions) {
    this.#options = options
    this.#folder = join(options.data, 'practice')
    this.#markPath = join(options.data, 'practice.json')
  }

  /** Brings Echo back when it was used before. */
  resume(): void {
    if (!existsSync(this.#markPath)) return
    this.#running().catch((error: unknown) => this.#options.log.log('warn', 'Echo did not start', reason(error)))
  }

  /**
   * The conversation with Echo; starts it and asks it for contact when that has not happened.
   * @throws EngineError `PRACTICE_UNAVAILABLE`; what `contacts.add` throws.
   */
  async open(): Promise<Conversation> {
    const link = await this.#running()
    const client = this.#options.client()
    const known = readJsonIfThere(this.#markPath)?.['conversation']
    const conversations = await client.call('conversations.list', {})
    const existing = conversations.find(({ id }) => id === known)
    if (existing !== undefined) return existing
    const conversation = await client.call('contacts.add', { link })
    writePrivateFile(this.#markPath, JSON.stringify({ conversation: conversation.id }))
    return conversation
  }

  /** Ends Echo; resolves when its process is gone. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })
  }

  #running(): Promise<string> {
    if (this.#isStopped) return Promise.reject(new EngineError('CLOSED'))
    this.#link ??= this.#start()
    return this.#link
  }

  async #start(): Promise<string> {
    clearTimeout(this.#restart)
    const program = this.#options.program ?? ECHO_BOT
    // Its standard input ends when we do, however that happens, and then it ends too.
    const compiled = getCompileCacheDir()
    const child = spawn(process.execPath, [...process.execArgv, program, '--data', this.#folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...withoutSettings(process.env),
        ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
      },
    })
    this.#child = child
    child.once('exit', () => this.#exited(child))
    try {
      const link = await readyLink(child)
      this.#failures = 0
      return link
    } catch (error) {
      this.#link = undefined
      child.kill('SIGKILL')
      throw new EngineError('PRACTICE_UNAVAILABLE', reason(error).reason, { cause: error })
    }
  }

  #exited(child: ChildProcess): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#link = undefined
    if (this.#isStopped || !existsSync(this.#markPath)) return
    const delayMs = Math.min(RESTART_LAST_MS, RESTART_FIRST_MS * 2 ** this.#failures++)
    this.#options.log.log('warn', 'Echo ended and will be started again', { delayMs })
    this.#restart = setTimeout(() => this.resume(), delayMs)
  }
}

/** The link in the bot's one JSON line. */
function readyLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error('Echo took too long to start')), READY_TIMEOUT_MS)
    const end = (finish: () => void): void => {
      clearTimeout(timeout)
      finish()
    }
    child.once('error', (error) => end(() => reject(error)))
    child.once('exit', () => end(() => reject(new Error('Echo ended before it was ready'))))
    const { stdout } = child
    if (stdout === null) return end(() => reject(new Error('Echo has no output')))
    createInterface({ input: stdout }).once('line', (line) => {
      const link = linkOf(line)
      end(() => (link === undefined ? reject(new Error('Echo said something else')) : resolve(link)))
      stdout.resume()
    })
  })
}

function linkOf(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const link = typeof value === 'object' && value !== null && 'link' in value ? value.link : undefined
    return typeof link === 'string' ? link : undefined
  } catch {
    return undefined
  }
}

const reason = (error: unknown): { readonly reason: string } => ({
  reason: error instanceof Error ? error.message : String(error),
})
