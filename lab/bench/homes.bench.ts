/**
 * How long two people in homes of their own are cut off after the network of one of them changed: milliseconds from the
 * mended network until a message written right then has arrived both ways. Needs root on Linux.
 *
 *     node lab/bench/homes.bench.ts [METRIC]
 */
import { whyNot } from '../homes/support/namespaces.ts'
import { RECOVERIES, recover } from '../homes/support/recovery.ts'
import { createWorld } from '../homes/support/world.ts'
import { report } from './daemons.ts'

const TARGET = '<= 3000'
const ROUNDS = 3

const problem = whyNot()
if (problem !== undefined) {
  process.stderr.write(`Nothing to measure: ${problem}.\n`)
  process.exit(1)
}
const [, , wanted] = process.argv
for (const recovery of RECOVERIES) {
  if (wanted !== undefined && recovery.metric !== wanted) continue
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using world = createWorld()
    times.push(await recover(world, recovery))
  }
  times.sort((one, other) => one - other)
  report(`homes: ${recovery.metric}, median`, times[Math.floor(ROUNDS / 2)] ?? Number.NaN, 'ms', TARGET)
  report(`homes: ${recovery.metric}, longest`, times.at(-1) ?? Number.NaN, 'ms', TARGET)
}
