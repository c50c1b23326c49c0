import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'

/** Its network takes a minute to come to agree with itself, in which it needs next to nothing. */
const LONGEST = 'tor.test.ts'
/** What they measure is how fast a page is drawn. */
const ALONE = ['lab/e2e/heads.test.ts', 'lab/e2e/history.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(LONGEST)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

/** Real processes and a real browser. Nodes mostly wait for each other: two files at a time, besides the one over Tor. */
export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    // Nobody is late who comes within what every other wait of these tests allows; the default is a second.
    expect: { poll: { timeout: 15_000 } },
    globalSetup: 'lab/e2e/support/shared-browser.ts',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['lab/e2e/**/*.test.ts'],
          exclude: ALONE,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, fileParallelism: false, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
