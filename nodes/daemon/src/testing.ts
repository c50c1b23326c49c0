/** Helpers of the daemon's tests: a daemon on a temporary folder, plain HTTP, and the program as a process. */
import type { LogPort } from '@parley/engine'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Daemon, type DaemonOptions, openDaemon, type Ready } from './daemon.ts'

export const PROGRAM = fileURLToPath(new URL('../bin/parley.mjs', import.meta.url))

export interface Folder extends Disposable {
  readonly path: string
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'parley-daemon-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Parsed JSON of which a test expects properties; a wrong expectation fails as `undefined`. */
export interface Json {
  readonly [key: string]: Json
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON, empty when it is none. */
  readonly json: Json
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is. */
  readonly body?: string | Buffer
}

/** One HTTP request with exactly these headers; `host` may be a lie. */
export function askHttp(url: string, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  const { port, host } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) })
      })
    })
    sent.end(body)
  })
}

/** A value that the test expects to be text. */
export function asText(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`text was expected, not ${typeof value}`)
  return value
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {}
  }
}

export interface Scene extends AsyncDisposable {
  readonly daemon: Daemon
  readonly ready: Ready
  readonly data: string
  /** Every line that was logged. */
  readonly lines: readonly string[]
  /** With the token. */
  ask(path: string, ask?: Ask): Promise<Answer>
  /** A JSON body with the token. */
  send(method: string, path: string, body?: unknown): Promise<Answer>
}

/** A real daemon on a folder of its own, with a small page. */
export async function openScene(data: string, options: Partial<DaemonOptions> = {}): Promise<Scene> {
  const pageRoot = join(data, 'page')
  mkdirSync(join(pageRoot, 'assets'), { recursive: true })
  writeFileSync(join(pageRoot, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(pageRoot, 'assets', 'main-1a2b.js'), 'export {}')
  const lines: string[] = []
  const log: LogPort = { log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`) }
  const daemon = await openDaemon({ data, apiPort: 0, pageRoot, log, ...options })
  const ready = await daemon.ready()
  const authorization = `Bearer ${ready.token}`
  const ask = (path: string, given: Ask = {}): Promise<Answer> =>
    askHttp(ready.url, path, { ...given, headers: { authorization, ...given.headers } })
  return {
    daemon,
    ready,
    data,
    lines,
    ask,
    send: (method, path, body) =>
      ask(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
    [Symbol.asyncDispose]: async () => daemon[Symbol.asyncDispose](),
  }
}

export interface Program extends AsyncDisposable {
  readonly process: ChildProcess
  readonly output: { stdout: string; stderr: string }
  /** The first line of standard output as JSON. Rejects with standard error when the process ends first. */
  ready(): Promise<Json>
  /** Resolves with the exit code, null after a signal that was not handled. */
  readonly exited: Promise<number | null>
}

/** Runs `parley` as a process of its own. It is killed when the test ends. */
export function runProgram(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [PROGRAM, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (part) => (output.stdout += String(part)))
  child.stderr.on('data', (part) => (output.stderr += String(part)))
  const exited = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null))
  return {
    process: child,
    output,
    exited,
    ready: () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.stdout.includes('\n')) resolve(parse(output.stdout.split('\n', 1)[0] ?? ''))
        }
        child.stdout.on('data', look)
        child.once('close', () => reject(new Error(`ended: ${output.stderr}`)))
        look()
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}
