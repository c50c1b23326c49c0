import { defineConfig } from 'vitest/config'

/** Real processes in network namespaces. Worlds do not see each other; most of a test is waiting. */
export default defineConfig({
  test: {
    include: ['lab/homes/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    expect: { poll: { timeout: 15_000 } },
  },
})
