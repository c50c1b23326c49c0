import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      '{core,engine,adapters/*,nodes/*,web,examples/*}/src/**/*.test.{ts,tsx}',
      'lab/{docs,sim,scenarios}/**/*.test.ts',
    ],
    testTimeout: 30_000,
  },
})
