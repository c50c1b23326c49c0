import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { PROGRAM } from '../places.ts'
import { withoutSettings } from '../config/load.ts'
import { Sentence } from './command.ts'

/** A `parley` process of ours and the JSON object that it printed when it was ready. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  readonly ready: Readonly<Record<string, unknown>>
  readonly exited: Promise<void>
}

/** Starts a command that prints one JSON line; its log goes to our standard error. @throws Sentence when it ends first. */
export async function startChild(parameters: readonly string[]): Promise<Child> {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...parameters], {
    // It ends when the channel to us closes, so also when we are killed.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: withoutSettings(process.env),
    // Its own group: Ctrl-C reaches only us, and we end everybody in order.
    detached: true,
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = await firstLine(child, parameters[0] ?? '')
  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}

function firstLine(child: ChildProcess, name: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const failed = (): void => reject(new Sentence(`parley ${name} ended before it was ready.`))
    child.once('error', failed)
    child.once('exit', failed)
    const { stdout } = child
    if (stdout === null) return failed()
    createInterface({ input: stdout }).once('line', (line) => {
      stdout.resume()
      try {
        const value: unknown = JSON.parse(line)
        if (typeof value === 'object' && value !== null) return resolve({ ...value })
      } catch {
        // Falls through: anything but one JSON object is no ready line.
      }
      child.kill('SIGTERM')
      failed()
    })
  })
}
