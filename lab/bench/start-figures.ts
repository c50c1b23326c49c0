/** What a start feels like, of real processes: how long until it answers, and what it takes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import { befriend, residentMb, startDaemon, startPushNode, temporaryFolder, type Daemon } from './daemons.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROGRAM = join(ROOT, 'nodes/daemon/bin/parley.mjs')
const ANSWER_TIMEOUT_MS = 60_000
const ASK_AGAIN_MS = 3
const SETTLE_MS = 5_000
const ENVELOPE_BYTES = 1_024

/** Milliseconds from the start of the process to the list of conversations, sorted. The node of `data` has started before. */
export async function measureList(data: string, count: number): Promise<readonly number[]> {
  const port = await freePort()
  const token = readFileSync(join(data, 'token'), 'utf8').trim()
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    const flags = ['--data', data, '--api-port', String(port), '--no-open', '--json', '--log-level', 'warn']
    const child = spawn(PROGRAM, ['daemon', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
    try {
      const list = await answer(`http://127.0.0.1:${port}/v1/conversations`, token)
      times.push(performance.now() - startedAt)
      if (!list.includes('"id"')) throw new Error('the list is empty')
    } finally {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  }
  return times.toSorted((a, b) => a - b)
}

/** Asks until there is an answer of 200, and gives its text. */
async function answer(url: string, token: string): Promise<string> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS
  while (performance.now() < deadline) {
    try {
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      const text = await response.text()
      if (response.status === 200) return text
    } catch (error) {
      // Nobody listens there yet.
      if (!(error instanceof TypeError)) throw error
    }
    await pause(ASK_AGAIN_MS)
  }
  throw new Error(`no answer at ${url}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Milliseconds that a command of ours takes, sorted; each has to succeed. */
export async function measureCommand(parameters: readonly string[], count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    const child = spawn(PROGRAM, parameters, { stdio: ['ignore', 'ignore', 'inherit'] })
    const [code] = (await once(child, 'exit')) as [number | null]
    times.push(performance.now() - startedAt)
    if (code !== 0) throw new Error(`parley ${parameters.join(' ')} ended with ${code}`)
  }
  return times.toSorted((a, b) => a - b)
}

/** Megabytes of a node that has nothing to do, a moment after `afterMs`. */
export async function measureIdle(daemon: Daemon, afterMs = SETTLE_MS): Promise<number> {
  await pause(afterMs)
  return residentMb(daemon.process.pid)
}

export async function measurePushNode(): Promise<{ readonly readyMs: number; readonly idleMb: number }> {
  const startedAt = performance.now()
  await using node = await startPushNode()
  const readyMs = performance.now() - startedAt
  await pause(SETTLE_MS)
  return { readyMs, idleMb: residentMb(node.process.pid) }
}

/** Milliseconds of each, sorted: `POST`s of messages to somebody absent, who uses a push node, and commits of as many bytes. */
export async function measurePosts(
  count: number,
): Promise<{ readonly posts: readonly number[]; readonly commits: readonly number[] }> {
  await using push = await startPushNode()
  const others = ['--bootstrap', push.address]
  await using alice = await startDaemon('Alice', undefined, [], others)
  let conversation = ''
  {
    await using bob = await startDaemon('Bob', undefined, [], others)
    conversation = await befriend(alice, bob)
  }
  const posts: number[] = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    const response = await fetch(`${alice.url}/v1/conversations/${conversation}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text: `Message ${index} to somebody who is away` }),
    })
    await response.text()
    posts.push(performance.now() - startedAt)
    if (!response.ok) throw new Error(`the answer was ${response.status}`)
  }
  return { posts: posts.toSorted((a, b) => a - b), commits: bareCommits(count) }
}

function bareCommits(count: number): readonly number[] {
  const folder = temporaryFolder()
  const store = openSqliteStore({ path: join(folder, 'bare.db'), log: { log() {} } })
  try {
    store.run('CREATE TABLE bare (id INTEGER PRIMARY KEY, envelope BLOB NOT NULL)', [])
    const envelope = new Uint8Array(ENVELOPE_BYTES).fill(7)
    const times: number[] = []
    for (let index = 0; index < count; index++) {
      const startedAt = performance.now()
      store.transaction(() => store.run('INSERT INTO bare (envelope) VALUES (?)', [envelope]))
      times.push(performance.now() - startedAt)
    }
    return times.toSorted((a, b) => a - b)
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Seconds from `git clone` of what is committed here, with npm's cache as it is, until the page is served; and the
 * number of packages that this installed.
 */
export async function measureFreshClone(): Promise<{ readonly seconds: number; readonly packages: number }> {
  const folder = temporaryFolder()
  const clone = join(folder, 'parley')
  try {
    const startedAt = performance.now()
    const [code] = (await once(spawn('git', ['clone', '--quiet', ROOT, clone], { stdio: 'ignore' }), 'exit')) as [
      number,
    ]
    if (code !== 0) throw new Error(`git clone ended with ${code}`)
    const port = await freePort()
    const flags = ['--data', join(folder, 'data'), '--api-port', String(port), '--no-open']
    const child = spawn('npm', ['start', '--', ...flags], { cwd: clone, stdio: ['ignore', 'ignore', 'inherit'] })
    try {
      await pageAt(`http://127.0.0.1:${port}/`, join(folder, 'data', 'token'))
      return { seconds: (performance.now() - startedAt) / 1_000, packages: packagesIn(clone) }
    } finally {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function pageAt(url: string, tokenPath: string): Promise<void> {
  const deadline = performance.now() + 5 * ANSWER_TIMEOUT_MS
  for (;;) {
    try {
      const page = await answer(url, readFileSync(tokenPath, 'utf8').trim())
      if (!page.includes('<html')) throw new Error('what is served is no page')
      return
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isMissing || performance.now() > deadline) throw error
      await pause(100)
    }
  }
}

/** Packages of others in its `node_modules`. */
function packagesIn(clone: string): number {
  const { packages } = JSON.parse(readFileSync(join(clone, 'node_modules/.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly link?: boolean }>>
  }
  return Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true).length
}
