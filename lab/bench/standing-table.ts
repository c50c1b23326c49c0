/** The table of standing figures in docs/benchmarks.md: what the commit before measured, and what this one does. */
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'

const HEADING = '## Standing figures'
const ROW = /^\| (\w+) +\| ([^|]+?) +\| ([\d.]+) ([^|]+?) +\| [^|]* *\|$/gm

interface Figure {
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly target: string
}

export class Standing {
  readonly #path: string
  /** Values by metric, as the table has them. */
  readonly #before = new Map<string, number>()
  readonly #figures: Figure[] = []

  constructor(path: string) {
    this.#path = path
    for (const [, metric = '', , value] of this.#section().matchAll(ROW)) this.#before.set(metric, Number(value))
  }

  /** Prints one figure as a JSON line; `before` is absent when the table does not have it. */
  report(metric: string, exact: number, unit: string, target: string): void {
    const value = Math.round(exact * 10) / 10
    this.#figures.push({ metric, value, unit, target })
    const before = this.#before.get(metric)
    process.stdout.write(
      `${JSON.stringify({ metric, value, unit, target, ...(before === undefined ? {} : { before }) })}\n`,
    )
  }

  /** Puts what was reported into the table, beside what stood there. `commit`: of which it was measured. */
  save(commit: string): void {
    const rows = this.#figures.map(
      ({ metric, value, unit, target }) =>
        `| ${metric} | ${target} | ${value} ${unit} | ${this.#before.get(metric) ?? '—'} |`,
    )
    const section = [
      HEADING,
      '',
      `Measured of commit ${commit}, and of the one saved before it; \`npm run bench -- standing\` prints both, and`,
      `\`node lab/bench/standing.bench.ts --save\` writes this table. The load of the machine was ${(loadavg()[1] ?? 0).toFixed(1)}.`,
      '',
      '| figure | target | value | before |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
      '',
    ].join('\n')
    const text = readFileSync(this.#path, 'utf8')
    const old = this.#section()
    const next =
      old === '' ? text.replace('## Delivery\n', `${section}## Delivery\n`) : text.replace(old, () => section)
    writeFileSync(this.#path, next)
  }

  /** From its heading to the next one; empty when there is none. */
  #section(): string {
    const text = readFileSync(this.#path, 'utf8')
    const start = text.indexOf(`${HEADING}\n`)
    if (start < 0) return ''
    const end = text.indexOf('\n## ', start)
    return end < 0 ? text.slice(start) : text.slice(start, end + 1)
  }
}
