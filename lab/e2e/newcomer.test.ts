import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onboard } from './support/onboard.ts'
import { openComposer, say, lastText } from './support/talk.ts'
import { Stage } from './support/stage.ts'

const MINUTE_MS = 60_000

test('a newcomer gives a name, practises with Echo and has an answer within a minute', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('newcomer')
  const { page } = await stage.page(daemon)
  const startedAt = performance.now()

  await onboard(page, 'Nora')
  await expect.poll(() => page.getByTestId('invite-link').inputValue()).toMatch(/^\S{100,}$/)
  await page.getByRole('img', { name: 'QR code of your invite link' }).waitFor()

  await page.getByRole('button', { name: 'Practise with Echo' }).click()
  await page.getByRole('heading', { name: 'Echo' }).first().waitFor()
  await openComposer(page)
  await lastText(page, 'Hello, I am Echo. Write to me and I will say it back, so that you can try everything out.')
  await say(page, 'Good **morning**')
  await lastText(page, /^You said: Good/)

  const tookMs = Math.round(performance.now() - startedAt)
  process.stdout.write(`onboarding to first reply: ${tookMs} ms\n`)
  expect(tookMs).toBeLessThan(MINUTE_MS)
  await page.screenshot({ path: join(tmpdir(), 'parley-first-reply.png') })
  expect(await page.getByRole('status').allTextContents()).not.toContain('Something went wrong')

  // The phrase is asked for only now, after the first contact.
  await page.getByText('Write down your recovery words').waitFor()
})
