// Runs vitest and reads its own report: how many tests passed, and how long each file took.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { capture, environment, root, run } from './process.mjs'

const NICE = ['nice', '-n', '10']

/**
 * Runs the tests of a configuration. `isBeside`: at low priority and quietly, printing everything at its end, because
 * something else runs and prints. A run that dies without a report counts as one failure.
 */
export async function vitest(name, { config, projects = [], extra = {}, isBeside = false }) {
  const report = join(root, '.cache', `test-${name}.json`)
  mkdirSync(dirname(report), { recursive: true })
  rmSync(report, { force: true })
  const parameters = [
    ...['run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...projects.flatMap((project) => ['--project', project]),
  ]
  const options = { env: environment({ CI: '1', ...extra }) }
  const code = isBeside ? await quietly(name, parameters, options) : await run('vitest', parameters, options)
  if (!existsSync(report)) return { passed: 0, failed: 1, files: [] }
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  // A file that cannot be loaded has no test to fail, and an error after the last test fails nothing by itself.
  const failed = Math.max(numFailedTests, numFailedTests === 0 ? numFailedTestSuites : 0, code === 0 ? 0 : 1)
  const files = testResults.map((each) => ({
    file: relative(root, each.name),
    seconds: (each.endTime - each.startTime) / 1_000,
  }))
  return { passed: numPassedTests, failed, files }
}

async function quietly(name, parameters, options) {
  const [command, ...first] = [...(process.platform === 'linux' ? NICE : []), 'vitest']
  const { code, output } = await capture(command, [...first, ...parameters], options)
  process.stdout.write(`\n— ${name}, as it was printed beside the others\n${output}`)
  return code
}
