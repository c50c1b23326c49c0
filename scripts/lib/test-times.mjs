// How long the tests took: what each run says about itself, and what it leaves for the standing figures.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { capture, root } from './process.mjs'

const SLOWEST = 30

/**
 * Seconds that a file of tests may take on two processors; the first that fits. One that takes longer is named, and fails
 * nothing: a busy machine is no defect, but a file that is named twice is worth a look.
 */
const BUDGETS = [
  [/^lab\/sim\/(sim|offline|single-fault)\.test/, 180],
  [/^lab\/sim\//, 90],
  [/^lab\/e2e\/tor/, 150],
  [/^lab\/(e2e|homes)\//, 60],
  [/^(adapters|nodes|lab\/scenarios)\//, 20],
  [/./, 10],
]

const budgetOf = (file) => BUDGETS.find(([pattern]) => pattern.test(file))?.[1] ?? 0
const round = (seconds) => Math.round(seconds * 10) / 10

/** Prints what took how long. `phases`: seconds by name; `files`: each with its seconds. */
export function printTimes(phases, files) {
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds)
  const over = slowest.filter(({ file, seconds }) => seconds > budgetOf(file))
  const line = ({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}\n`
  process.stdout.write('\n— the slowest files\n')
  for (const each of slowest.slice(0, SLOWEST)) process.stdout.write(line(each))
  if (over.length > 0) process.stdout.write('\n— over their budget\n')
  for (const each of over) process.stdout.write(`${line(each).trimEnd()}, budget ${budgetOf(each.file)} s\n`)
  process.stdout.write('\n— phases\n')
  for (const [name, seconds] of Object.entries(phases)) process.stdout.write(line({ file: name, seconds }))
}

/** Leaves the times of a whole run where `npm run bench -- standing` finds them. */
export async function saveTimes(phases, totalSeconds) {
  const { output } = await capture('git', ['rev-parse', 'HEAD'])
  const file = join(root, '.cache', 'test-times.json')
  const rounded = Object.fromEntries(Object.entries(phases).map(([name, seconds]) => [name, round(seconds)]))
  const times = {
    at: new Date().toISOString(),
    commit: output.trim(),
    totalSeconds: round(totalSeconds),
    phases: rounded,
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(times)}\n`)
}
