// `npm run check`: everything that can be said about the code without running it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './lib/install.mjs'
import { capture, main, root } from './lib/process.mjs'
import { specFindings } from './lib/spec-ids.mjs'
import { tidinessFindings } from './lib/tidiness.mjs'

const AT_ONCE = 2

/** Resolves with the number of checks that passed and failed; findings are printed. */
export async function check() {
  const files = await trackedFiles()
  const program = (name, command, ...parameters) => ({ name, run: () => capture(command, parameters) })
  const script = (name, find) => ({
    name,
    run: async () => {
      const findings = find(files)
      return { code: findings.length === 0 ? 0 : 1, output: findings.map((finding) => `  ${finding}\n`).join('') }
    },
  })
  const waiting = [
    program('types', 'tsc', '-b'),
    program('lint', 'oxlint', '--type-aware', '--deny-warnings', '.'),
    program('format', 'oxfmt', '--check', '.'),
    program('unused code', 'knip', '--no-progress'),
    script('rules and tests', specFindings),
    script('tidiness', tidinessFindings),
  ]
  const outcome = { passed: 0, failed: 0 }
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const startMs = performance.now()
      const { code, output } = await next.run()
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      if (code === 0) outcome.passed++
      else outcome.failed++
      process.stdout.write(`${code === 0 ? '✓' : '✗'} ${next.name} (${seconds} s)\n${code === 0 ? '' : output}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return outcome
}

/** Files that are or would be committed. */
async function trackedFiles() {
  const parameters = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { code, output } = await capture('git', parameters)
  if (code !== 0) throw new Error(`git ls-files failed: ${output}`)
  const files = output.split('\0').filter((path) => path !== '')
  return [...new Set(files)].filter((path) => existsSync(join(root, path)))
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    await ensureInstalled()
    const { failed } = await check()
    if (failed > 0) process.exitCode = 1
  })
}
