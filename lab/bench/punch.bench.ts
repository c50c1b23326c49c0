/**
 * How long two people behind routers stay on the push node: milliseconds from the relayed link until both of them are linked
 * directly. Needs root on Linux.
 *
 *     node lab/bench/punch.bench.ts
 */
import { meet, untilDirect } from '../homes/support/meeting.ts'
import { whyNot } from '../homes/support/namespaces.ts'
import type { RouterKind } from '../homes/support/router.ts'
import { createWorld } from '../homes/support/world.ts'
import { report } from './daemons.ts'

const ROUNDS = 5
const TARGET = '<= 3000'
const PAIRS: readonly (readonly [RouterKind, RouterKind])[] = [
  ['endpoint-independent', 'endpoint-independent'],
  ['endpoint-independent', 'address-dependent'],
  ['port-dependent', 'port-dependent'],
]

const problem = whyNot()
if (problem !== undefined) {
  process.stderr.write(`Nothing to measure: ${problem}.\n`)
  process.exit(1)
}
for (const [one, other] of PAIRS) {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using world = createWorld()
    times.push(await untilDirect(await meet(world, { router: one }, { router: other })))
  }
  times.sort((left, right) => left - right)
  report(`punch: ${one} × ${other}, median`, times[Math.floor(ROUNDS / 2)] ?? Number.NaN, 'ms', TARGET)
  report(`punch: ${one} × ${other}, longest`, times.at(-1) ?? Number.NaN, 'ms')
}
