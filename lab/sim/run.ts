/**
 * Replays seeds: `node lab/sim/run.ts --seed N [--trace]`, or a range: `node lab/sim/run.ts --from N --count M`; with
 * `--offline` of people who are online by turns. `--kills Alice:12,push-0:30+` tells of one delivery with kills at these
 * steps (`+`: just after the commit). `--thousand [--shifts N]` is the world of a thousand nodes. Exits with 1 when a law was broken.
 */
import { parseArgs } from 'node:util'
import { tellWithKills, VICTIMS, type Kill } from './kill-matrix.ts'
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

for (let seed = first; values.kills === undefined && seed < first + Number(values.count); seed++) {
  const startedMs = performance.now()
  const report = await run(seed, { isTracing: values.trace })
  if (values.trace) print(report.trace.join('\n'))
  const { failure, convergenceMs, virtualMs, events, digest } = report
  const wall = Math.round(performance.now() - startedMs)
  const numbers = `converged in ${convergenceMs} ms, ${Math.round(virtualMs / 1_000)} s virtual, ${events} events, ${wall} ms`
  print(`seed ${seed} ${failure === undefined ? 'ok' : 'FAILED'} · ${numbers} · ${digest.slice(0, 12)}`)
  if (values.seed !== undefined) print(JSON.stringify(report.counts, undefined, 1))
  if (failure === undefined) continue
  print(`${failure}\nreplay: node lab/sim/run.ts${kind} --seed ${seed}`)
  process.exitCode = 1
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
