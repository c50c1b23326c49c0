/** Real daemons in temporary folders for the benchmarks, with an API client each. Everything ends with the scope. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectSocket } from '@parley/engine/client'
import type { ApiClient, Message } from '@parley/engine/api'

const PROGRAM = fileURLToPath(new URL('../../nodes/daemon/bin/parley.mjs', import.meta.url))
const READY_TIMEOUT_MS = 20_000

export interface Daemon extends AsyncDisposable {
  readonly process: ChildProcess
  readonly data: string
  readonly url: string
  readonly token: string
  readonly account: string
  readonly api: ApiClient & Disposable
  /** From spawning the process to its ready line. */
  readonly readyMs: number
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'parley-bench-'))

/** `data` is kept when given, else made and removed. `nodeFlags`: for the Node that runs the daemon; `others`: its own. */
export async function startDaemon(
  name: string,
  data?: string,
  nodeFlags: readonly string[] = [],
  others: readonly string[] = [],
): Promise<Daemon> {
  const folder = data ?? temporaryFolder()
  const startedAt = performance.now()
  const flags = [
    'daemon',
    '--data',
    folder,
    '--api-port',
    '0',
    '--name',
    name,
    '--no-open',
    '--json',
    '--log-level',
    'warn',
    ...others,
  ]
  const child = spawn(PROGRAM, flags, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: nodeFlags.join(' ') },
  })
  const ready = await readyLine(child)
  const readyMs = performance.now() - startedAt
  const api = connectSocket(`${ready.url.replace('http', 'ws')}/v1/socket`, { token: ready.token })
  return {
    ...ready,
    process: child,
    data: folder,
    api,
    readyMs,
    async [Symbol.asyncDispose]() {
      api[Symbol.dispose]()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      if (data === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A push node process and where others find it. */
export async function startPushNode(): Promise<
  AsyncDisposable & { readonly address: string; readonly process: ChildProcess }
> {
  const folder = temporaryFolder()
  const flags = ['push-node', '--json', '--data', folder, '--listen', '/ip4/127.0.0.1/tcp/0', '--work-bits', '8']
  const child = spawn(PROGRAM, flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  if (child.stdout === null) throw new Error('the push node has no output')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line', {
    signal: AbortSignal.timeout(READY_TIMEOUT_MS),
  })) as [string]
  const { addresses } = JSON.parse(line) as { readonly addresses: readonly string[] }
  return {
    address: addresses[0] ?? '',
    process: child,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Ready {
  readonly url: string
  readonly token: string
  readonly account: string
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  if (child.stdout === null) throw new Error('the daemon has no output')
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })) as [string]
  return JSON.parse(line) as Ready
}

/** Waits for a change; live queries and events wake the check. */
export async function until<T>(check: () => Promise<T | undefined>, timeoutMs = 20_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** `b` follows an invite of `a`, who accepts. @returns the conversation's id, once both can write. */
export async function befriend(a: Daemon, b: Daemon): Promise<string> {
  const { link } = await a.api.call('invites.create', {})
  const { id } = await b.api.call('contacts.add', { link })
  const request = await until(async () => (await a.api.call('requests.list', {}))[0])
  await a.api.call('requests.accept', { id: request.id })
  await until(async () => (await b.api.call('conversations.list', {})).find(({ status }) => status === 'active'))
  return id
}

/** Calls `seen` for every message of somebody else, as the daemon's event says it is stored. */
export const onReceived = (daemon: Daemon, seen: (message: Message) => void): (() => void) =>
  daemon.api.on('messages.changed', ({ messages }) => {
    for (const message of messages) if (message.sender !== daemon.account) seen(message)
  })

export const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

/** Memory of a process as Linux accounts for it. */
export function residentMb(pid: number | undefined): number {
  const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1_024
}

/** Processor time, user and system, of a process and all its threads. */
export function cpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const TICK_MS = 10
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** One JSON line a figure. */
export function report(metric: string, value: number, unit: string, target?: string): void {
  const rounded = Math.round(value * 100) / 100
  process.stdout.write(
    `${JSON.stringify({ metric, value: rounded, unit, ...(target === undefined ? {} : { target }) })}\n`,
  )
}
