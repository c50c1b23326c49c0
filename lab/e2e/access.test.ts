import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { lastText, openComposer } from './support/talk.ts'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** Serious findings of axe on what the page shows now. */
async function seriousOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<{ readonly violations: readonly Violation[] }>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}

for (const isDark of [false, true]) {
  test(`every main screen is free of serious barriers, ${isDark ? 'dark' : 'light'}`, async () => {
    await using stage = new Stage()
    const newcomer = await stage.daemon('newcomer')
    const onboarding = await stage.page(newcomer, { isDark })
    await onboarding.page.getByTestId('onboarding').waitFor()
    expect(await seriousOn(onboarding.page)).toEqual([])

    const { alice, bob, conversation } = await stage.friends()
    await bob.api.call('messages.send', { conversation, text: 'Is the **lens** still there?' })
    const { page } = await stage.page(alice, { isDark, path: `/c/${conversation}` })
    await page.getByTestId('message').last().waitFor()
    expect(await seriousOn(page)).toEqual([])
    for (const path of ['/settings', '/requests']) {
      await page.goto(alice.url + path)
      await page.locator('h1, h2').filter({ visible: true }).first().waitFor()
      expect(await seriousOn(page), path).toEqual([])
    }
  })
}

test('a conversation can be found, written in and left by keyboard alone, and nothing is cut off at 320 pixels', async () => {
  await using stage = new Stage()
  const { alice, conversation } = await stage.friends()
  const { page } = await stage.page(alice)
  await page.getByTestId('conversation').first().waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').waitFor()
  await page.keyboard.type('Bob')
  await page.keyboard.press('Enter')
  await openComposer(page)
  await page.waitForURL(`**/c/${conversation}`)
  await page.getByTestId('composer').focus()
  await page.keyboard.type('by keyboard')
  await page.keyboard.press('Enter')
  await lastText(page, 'by keyboard')
  const narrow = await stage.page(alice, { width: 320, path: `/c/${conversation}` })
  await openComposer(narrow.page)
  const overflow = await narrow.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
})
