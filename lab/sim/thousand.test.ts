import { expect, it } from 'vitest'
import { runThousand, summaryOf } from './thousand.ts'

const SHIFTS = 4

it('[OFF-1] [OFF-3] [OFF-10] a thousand nodes, a third of which come and go each hour: nothing lost, nothing twice', async () => {
  const report = await runThousand(1, { shifts: SHIFTS })
  process.stdout.write(`${summaryOf(report)}\n`)
  expect(`${report.failure}\nreplay: node lab/sim/run.ts --thousand --seed 1`).toMatch(/^undefined/)
  const { counts } = report
  expect(counts['conversation']).toBeGreaterThanOrEqual(12)
  expect(counts['message written']).toBeGreaterThan(60)
  expect(counts['blocks fetched']).toBeGreaterThan(60)
  expect(counts['node left and another joined']).toBeGreaterThan(50)
  for (const lie of ['claims', 'delays', 'wrong-blocks']) expect(counts[`lie: ${lie}`], lie).toBeGreaterThan(0)
})
