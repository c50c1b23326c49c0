/** The world of one test: it ends with the test, and tells what its nodes said when the test fails. */
import { describe, onTestFailed } from 'vitest'
import { whyNot } from './namespaces.ts'
import { createWorld, type World } from './world.ts'

const LOG_LINES_SHOWN = 60

/** A group of tests that need network namespaces; skipped where there are none, which `npm test` says in a line. */
export const describeHomes: typeof describe.skip = whyNot() === undefined ? describe : describe.skip

export function openWorld(): World {
  const world = createWorld()
  onTestFailed(() => {
    for (const { name, log } of world.children) {
      process.stderr.write(`— ${name}\n${log.slice(-LOG_LINES_SHOWN).join('\n')}\n`)
    }
  })
  return world
}
