/** A `parley` process: its ready line, its log, its end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { foreignSockets } from './loopback.ts'

const PROGRAM = fileURLToPath(new URL('../../../nodes/daemon/bin/parley.mjs', import.meta.url))
const READY_MS = 20_000
const STOP_MS = 5_000
const WATCH_MS = 200
const LOG_LINES_MAX = 400

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Child {
  readonly name: string
  readonly exited: Promise<Exit>
  /** What it printed to standard output, line by line, as it comes. */
  readonly printed: string[] = []
  /** The newest lines of its standard error. */
  readonly log: string[] = []
  /** Every address beyond this machine that it was seen to use. */
  readonly foreign = new Set<string>()
  readonly #process: ChildProcess
  readonly #watch: NodeJS.Timeout

  /** `inside` is a command that runs another one, such as one that enters a network namespace. */
  constructor(name: string, parameters: readonly string[], inside: readonly string[] = []) {
    this.name = name
    const [command = process.execPath, ...others] = [...inside, process.execPath, PROGRAM, ...parameters]
    this.#process = spawn(command, others, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(PARLEY|NODE|VITEST)_/.test(key))),
    })
    const { stdout, stderr } = this.#process
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.printed.push(line))
    if (stderr !== null) {
      createInterface({ input: stderr }).on('line', (line) => {
        this.log.push(line)
        if (this.log.length > LOG_LINES_MAX) this.log.shift()
      })
    }
    this.#watch = setInterval(() => this.#look(), WATCH_MS)
    this.exited = new Promise((resolve, reject) => {
      this.#process.once('error', reject)
      // Not 'exit': what it said last is still on its way then.
      this.#process.once('close', (code, signal) => {
        clearInterval(this.#watch)
        resolve({ code, signal })
      })
    })
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** The first line of standard output, a JSON object. @throws when it ends or stays silent instead. */
  async ready(): Promise<Readonly<Record<string, unknown>>> {
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} is not ready:\n${this.log.join('\n')}`)), READY_MS)
      const look = setInterval(() => {
        const [first] = this.printed
        if (first !== undefined) settle(() => resolve(first))
      }, 5)
      const settle = (finish: () => void): void => {
        clearTimeout(timer)
        clearInterval(look)
        finish()
      }
      this.exited.then(
        ({ code }) => settle(() => reject(new Error(`${this.name} ended (${code}):\n${this.log.join('\n')}`))),
        (error: unknown) => settle(() => reject(error)),
      )
    })
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) throw new Error(`${this.name} printed ${line}`)
    return { ...value }
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#process.kill(name)
  }

  /** Asks it to end, and makes it end when it does not in time. */
  async stop(): Promise<Exit> {
    this.#look()
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS)
    const exit = await this.exited
    clearTimeout(timer)
    return exit
  }

  /** Ends it in the middle of whatever it does. */
  async kill9(): Promise<void> {
    this.#look()
    this.signal('SIGKILL')
    await this.exited
  }

  #look(): void {
    for (const address of foreignSockets(this.pid)) this.foreign.add(address)
  }
}
