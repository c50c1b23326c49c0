import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BENCH_FOLDER } from '../places.ts'
import { type Command, Sentence } from './command.ts'
import { INTERRUPTED, untilSignal } from './lifetime.ts'

const SUFFIX = '.bench.ts'

/** `parley bench`: measures this machine. */
export const bench: Command = {
  name: 'bench',
  summary: 'Measures speed on this machine; a repository is needed. Name one or more to run only those.',
  fields: [],
  text: '[NAME…]',
  hasFile: false,
  examples: [
    ['parley bench', 'Everything, one after the other.'],
    ['parley bench mls', 'Only lab/bench/mls.bench.ts.'],
  ],
  async run(_settings, names) {
    if (!existsSync(BENCH_FOLDER)) throw new Sentence('The benchmarks are in the repository, under lab/bench.')
    const known = readdirSync(BENCH_FOLDER)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .toSorted()
    const unknown = names.find((name) => !known.includes(name))
    if (unknown !== undefined) throw new Sentence(`There is no benchmark "${unknown}". There are: ${known.join(', ')}.`)
    // No measurement goes on after whoever asked for it has gone.
    const ended = new AbortController()
    void untilSignal().then(() => ended.abort())
    let failed = 0
    for (const name of names.length > 0 ? names : known) {
      if (ended.signal.aborted) return INTERRUPTED
      if ((await runFile(join(BENCH_FOLDER, name + SUFFIX), ended.signal)) !== 0) failed++
    }
    return failed === 0 ? 0 : 1
  },
}

function runFile(path: string, ended: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', path], { stdio: 'inherit' })
    ended.addEventListener('abort', () => child.kill('SIGTERM'))
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
