import { defineConfig } from 'vitest/config'

const tests = (folders: string) => `${folders}/**/*.test.{ts,tsx}`

/**
 * Three kinds of tests, by what one file may do to the next. `vitest run PATH` runs what lies there, of whatever kind.
 */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          // Nothing in these rooms has a process, a port or a clock of its own: files share threads and what they load.
          name: 'pure',
          include: [
            tests('{core,engine,web}/src'),
            tests('adapters/{crypto-node,crypto-web,memory}/src'),
            tests('lab/{docs,scenarios}'),
          ],
          pool: 'threads',
          isolate: false,
          // Time is moved here, so only a test that hangs takes so long; what is slow is named by its budget.
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: [tests('{adapters/*,nodes/*,examples/*}/src')],
          exclude: [tests('adapters/{crypto-node,crypto-web,memory}/src')],
        },
      },
      {
        extends: true,
        test: {
          // Each file takes all processors by itself (sim/pool.ts).
          name: 'sim',
          include: [tests('lab/sim')],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
