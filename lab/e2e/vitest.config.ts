import { defineConfig } from 'vitest/config'

/** Real processes and a real browser: one thing at a time, each bounded. */
export default defineConfig({
  test: {
    include: ['lab/e2e/**/*.test.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 90_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
})
