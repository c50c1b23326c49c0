// Running other programs. No dependency: this runs before anything is installed, on Node 20.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The environment of every program we start: tools and the Node that npm brought come first. */
export function environment(extra = {}) {
  const tools = join(root, 'node_modules', '.bin')
  return { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH ?? ''}`, ...extra }
}

/** Runs a program in the foreground. Resolves with its exit code; a signal counts as 128 + 15. */
export function run(command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: root, stdio: 'inherit', env: environment(), ...options })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 143))
  })
}

/** Runs a program quietly. Resolves with its exit code and everything it printed. */
export function capture(command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe']
    const child = spawn(command, parameters, { cwd: root, env: environment(), ...options, stdio })
    const printed = []
    child.stdout.on('data', (bytes) => printed.push(bytes))
    child.stderr.on('data', (bytes) => printed.push(bytes))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 143, output: Buffer.concat(printed).toString() }))
  })
}

/** Something a person has to do first. Printed without a stack. */
export class Advice extends Error {}

/** Runs a main function; {@link Advice} is printed as it is. */
export async function main(work) {
  try {
    await work()
  } catch (error) {
    process.stderr.write(error instanceof Advice ? `${error.message}\n` : `${error?.stack ?? error}\n`)
    process.exitCode = 1
  }
}
