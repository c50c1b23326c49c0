import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PROGRAM, runProgram, temporaryFolder } from '../testing.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Two seconds to end, and a look at npm every quarter of a second. */
const GONE_MS = 3_000

const launcher = [process.execPath, '--import', oldNode(), PROGRAM, 'daemon'] as const
const starters = [
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const).flatMap((signal) => [
    ['npx', signal, ['npx', 'parley', 'daemon']] as const,
    ['npm start', signal, ['npm', 'start', '--', '--no-open']] as const,
  ]),
  ['the program under an old Node', 'SIGINT', launcher],
  ['the program under an old Node', 'SIGKILL', launcher],
] as const

/** Makes this Node call itself version 20, in the process that is started and not in what that starts. */
function oldNode(): string {
  const source = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`
  return `data:text/javascript,${encodeURIComponent(source)}`
}

interface Started extends AsyncDisposable {
  readonly starter: ChildProcess
  untilGone(): Promise<void>
}

/** Starts a node on `folder` in a process group of its own, as a shell does. */
async function start(line: readonly [string, ...string[]], folder: string): Promise<Started> {
  const [command, ...parameters] = line
  const starter = spawn(command, [...parameters, '--data', folder, '--api-port', '0', '--json'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  })
  const closed = once(starter.stdout, 'close')
  const lines = createInterface({ input: starter.stdout })
  for await (const text of lines) if (text.startsWith('{')) break
  starter.stdout.resume()
  return {
    starter,
    // Every process of the tree holds this pipe: it closes when the last one is gone.
    untilGone: async () => void (await closed),
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-(starter.pid ?? 0), 'SIGKILL')
      } catch {
        // All of the group is gone, as it should be.
      }
      await closed
    },
  }
}

describe('a node', () => {
  it.each(starters)('[NODE-11] ends with %s on %s', { timeout: 60_000 }, async (name, signal, line) => {
    using folder = temporaryFolder()
    await using started = await start(line, folder.path)
    const startMs = performance.now()
    // The shell between npx and its program keeps SIGINT to itself; a terminal gives it to all of them.
    process.kill((started.starter.pid ?? 0) * (name === 'npx' && signal === 'SIGINT' ? -1 : 1), signal)
    await started.untilGone()
    expect(performance.now() - startMs).toBeLessThan(GONE_MS)
    expect(existsSync(join(folder.path, 'running.json'))).toBe(false)
  })
})

describe('a demo', () => {
  it('[NODE-11] takes everybody with it, also when it is killed', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder()
    await using demo = runProgram(['demo', '--no-open', '--json'], { TMPDIR: folder.path })
    const people = await demo.ready()
    demo.process.kill('SIGKILL')
    // Its people hold its standard error, which closes when the last of them is gone.
    await demo.exited
    for (const name of ['alice', 'bob']) {
      const url = people[name]?.['url']
      if (typeof url !== 'string') throw new Error(`${name} has no page`)
      await expect(fetch(url)).rejects.toThrow('fetch failed')
    }
  })
})
