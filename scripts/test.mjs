// `npm test`: static checks, unit tests, then simulation beside what mostly waits: end to end, and between homes.
// `npm test -- unit sim` runs these parts alone.
import { check } from './check.mjs'
import { ensureBundled } from './lib/bundle.mjs'
import { ensureChromium } from './lib/chromium.mjs'
import { ensureHomes } from './lib/homes.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { Advice, main } from './lib/process.mjs'
import { printTimes, saveTimes } from './lib/test-times.mjs'
import { ensureTor } from './lib/tor.mjs'
import { vitest } from './lib/vitest.mjs'
import { ensureWebBuilt } from './lib/web-build.mjs'

const NOTHING = { passed: 0, failed: 0, files: [] }

const parts = {
  static: async () => ({ ...(await check()), files: [] }),
  unit: () => vitest('unit', { config: 'vitest.config.ts', projects: ['pure', 'system'] }),
  sim: (isBeside) => vitest('sim', { config: 'vitest.config.ts', projects: ['sim'], isBeside }),
  async e2e() {
    const tor = await ensureTor()
    const extra = { CHROMIUM_PATH: await ensureChromium(), ...(tor === undefined ? {} : { TOR_PATH: tor }) }
    return vitest('e2e', { config: 'lab/e2e/vitest.config.ts', extra })
  },
  homes: async () => ((await ensureHomes()) ? vitest('homes', { config: 'lab/homes/vitest.config.ts' }) : NOTHING),
}

/** One after the other; what shares a line runs at the same time, in two rows. */
const PLAN = [[['static']], [['unit']], [['e2e', 'homes'], ['sim']]]

await main(async () => {
  const asked = process.argv.slice(2)
  const unknown = asked.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined)
    throw new Advice(`There is no part called ${unknown}. Parts: ${Object.keys(parts).join(', ')}.`)
  const startMs = performance.now()
  const secondsSince = (fromMs) => (performance.now() - fromMs) / 1_000
  await ensureInstalled()
  await ensureWebBuilt()
  await ensureBundled()
  const phases = { prepare: secondsSince(startMs) }
  const total = { passed: 0, failed: 0, files: [] }
  const runPart = async (name, isBeside) => {
    process.stdout.write(`\n— ${name}${isBeside ? ', beside the others' : ''}\n`)
    const partMs = performance.now()
    const { passed, failed, files } = await parts[name](isBeside)
    phases[name] = secondsSince(partMs)
    total.passed += passed
    total.failed += failed
    total.files.push(...files)
  }
  for (const rows of PLAN) {
    const wanted = rows
      .map((row) => row.filter((name) => asked.length === 0 || asked.includes(name)))
      .filter((row) => row.length > 0)
    await Promise.all(
      wanted.map(async (row, index) => {
        for (const name of row) await runPart(name, index > 0)
      }),
    )
  }
  const totalSeconds = secondsSince(startMs)
  printTimes({ ...phases, 'all together': totalSeconds }, total.files)
  if (asked.length === 0) await saveTimes(phases, totalSeconds)
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`)
  if (total.failed > 0) process.exitCode = 1
})
