/** The first minute of a page: a name, and who may connect. */
import type { Page } from 'playwright-core'

export type ReachChoice = 'Only this computer' | 'My network' | 'Anyone with my link'

/** Gives the name and goes on. The question who may connect follows where it has no answer yet. */
export async function giveName(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: /^(Continue|Start)$/ }).click()
}

/** From the first screen to the first invite. A node that was told at its start who may connect does not ask. */
export async function onboard(page: Page, name: string, choice: ReachChoice = 'Only this computer'): Promise<void> {
  await giveName(page, name)
  const question = page.getByRole('button', { name: choice })
  const welcome = page.getByTestId('welcome')
  await question.or(welcome).waitFor()
  if (await question.isVisible()) await question.click()
  await welcome.waitFor()
}
