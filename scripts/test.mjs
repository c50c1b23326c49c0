// `npm test`: static checks, unit tests and simulation, end to end, between homes. `npm test -- unit` runs one part.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check } from './check.mjs'
import { ensureChromium } from './lib/chromium.mjs'
import { ensureHomes } from './lib/homes.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { Advice, environment, main, root, run } from './lib/process.mjs'
import { ensureTor } from './lib/tor.mjs'
import { ensureWebBuilt } from './lib/web-build.mjs'

const parts = {
  static: () => check(),
  unit: () => vitest('unit', 'vitest.config.ts'),
  async e2e() {
    const folder = join(root, 'lab', 'e2e')
    const hasTests =
      existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.test.ts'))
    if (!hasTests) return { passed: 0, failed: 0 }
    const tor = await ensureTor()
    return vitest('e2e', 'lab/e2e/vitest.config.ts', {
      CHROMIUM_PATH: await ensureChromium(),
      ...(tor === undefined ? {} : { TOR_PATH: tor }),
    })
  },
  homes: async () => ((await ensureHomes()) ? vitest('homes', 'lab/homes/vitest.config.ts') : { passed: 0, failed: 0 }),
}

/** Runs vitest and counts from its own report; a run that dies without one counts as one failure. */
async function vitest(name, config, extra = {}) {
  const report = join(root, '.cache', `test-${name}.json`)
  mkdirSync(dirname(report), { recursive: true })
  rmSync(report, { force: true })
  const parameters = ['run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run('vitest', parameters, { env: environment({ CI: '1', ...extra }) })
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'))
  // A file that cannot be loaded has no test to fail, and an error after the last test fails nothing by itself.
  const failed = Math.max(numFailedTests, numFailedTests === 0 ? numFailedTestSuites : 0, code === 0 ? 0 : 1)
  return { passed, failed }
}

await main(async () => {
  const wanted = process.argv.slice(2)
  const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined)
    throw new Advice(`There is no part called ${unknown}. Parts: ${Object.keys(parts).join(', ')}.`)
  await ensureInstalled()
  await ensureWebBuilt()
  const total = { passed: 0, failed: 0 }
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    process.stdout.write(`\n— ${name}\n`)
    const { passed, failed } = await part()
    total.passed += passed
    total.failed += failed
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`)
  if (total.failed > 0) process.exitCode = 1
})
