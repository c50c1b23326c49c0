/** The program of a captive portal: to whatever it is told it answers with the page that wants a click. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { enter } from './namespaces.ts'

const PROGRAM = fileURLToPath(new URL('portal-program.ts', import.meta.url))

export class Portal {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Resolves when it listens on `port` of every address of the namespace. */
  static async start(namespace: string, port: number): Promise<Portal> {
    const [command = '', ...parameters] = enter(namespace)
    const child = spawn(command, [...parameters, process.execPath, PROGRAM, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return new Portal(child)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}
