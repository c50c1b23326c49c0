/**
 * Replays seeds: `node lab/sim/run.ts --seed N [--trace]`, or a range: `node lab/sim/run.ts --from N --count M`; with
 * `--offline` of people who are online by turns. `--threads N` lives a range in that many threads and prints what fails. `--kills Alice:12,push-0:30+` tells of one delivery with kills at these
 * steps (`+`: just after the commit). `--thousand [--shifts N]` is the world of a thousand nodes. Exits with 1 when a law was broken.
 */
import { parseArgs } from 'node:util'
import { tellWithKills, VICTIMS, type Kill } from './kill-matrix.ts'
import { runSeeds } from './pool.ts'
import { runOffline } from './run-offline.ts'
import { runSeed, type SeedReport } from './run-seed.ts'
import { runThousand, summaryOf } from './thousand.ts'

const print = (text: string) => process.stdout.write(`${text}\n`)

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    offline: { type: 'boolean', default: false },
    kills: { type: 'string' },
    thousand: { type: 'boolean', default: false },
    shifts: { type: 'string', default: '24' },
    threads: { type: 'string' },
  },
})
if (values.kills !== undefined) await runKills(values.kills)
const first = Number(values.seed ?? values.from ?? '1')
type Run = (seed: number, options: { readonly isTracing: boolean }) => Promise<SeedReport>
const thousand: Run = async (seed, { isTracing }) => {
  const report = await runThousand(seed, { shifts: Number(values.shifts), isTracing })
  print(summaryOf(report))
  return report
}
const run: Run = values.thousand ? thousand : values.offline ? runOffline : runSeed
const kind = values.thousand ? ` --thousand --shifts ${values.shifts}` : values.offline ? ' --offline' : ''

if (values.threads !== undefined) await runInThreads(Number(values.threads))
else
  for (let seed = first; values.kills === undefined && seed < first + Number(values.count); seed++) await runOne(seed)

async function runOne(seed: number): Promise<void> {
  const startedMs = performance.now()
  const report = await run(seed, { isTracing: values.trace })
  if (values.trace) print(report.trace.join('\n'))
  const { failure, convergenceMs, virtualMs, events, digest } = report
  const wall = Math.round(performance.now() - startedMs)
  const numbers = `converged in ${convergenceMs} ms, ${Math.round(virtualMs / 1_000)} s virtual, ${events} events, ${wall} ms`
  print(`seed ${seed} ${failure === undefined ? 'ok' : 'FAILED'} · ${numbers} · ${digest.slice(0, 12)}`)
  if (values.seed !== undefined) print(JSON.stringify(report.counts, undefined, 1))
  if (failure === undefined) return
  print(`${failure}\nreplay: node lab/sim/run.ts${kind} --seed ${seed}`)
  process.exitCode = 1
}

/** Only those that fail are printed, and how far it is after each hundred. */
async function runInThreads(threads: number): Promise<void> {
  const seeds = Array.from({ length: Number(values.count) }, (_, index) => first + index)
  let lived = 0
  let failed = 0
  const told = ({ seed, failure }: SeedReport): void => {
    if (++lived % 100 === 0) print(`${lived} of ${seeds.length} lived, ${failed} failed`)
    if (failure === undefined) return
    failed++
    print(`seed ${seed} FAILED\n${failure}\nreplay: node lab/sim/run.ts${kind} --seed ${seed}`)
  }
  await runSeeds(seeds, values.offline ? 'offline' : 'seed', { told, threads })
  print(`${seeds.length} seeds from ${first}${kind}: ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

async function runKills(list: string): Promise<void> {
  const kills = list.split(',').flatMap((each): readonly Kill[] => {
    const [name, step = ''] = each.split(':')
    const victim = VICTIMS.find((candidate) => candidate === name)
    return victim === undefined ? [] : [{ victim, step: Number.parseInt(step, 10), isDurable: step.endsWith('+') }]
  })
  const told = await tellWithKills(kills, values.trace)
  print(told.trace.join('\n'))
  print(told.failure ?? `ok, ${told.steps.length} steps, ${told.kills} kills`)
  if (told.failure !== undefined) process.exitCode = 1
}
