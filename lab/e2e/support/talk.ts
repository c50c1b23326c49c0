/** What a person does in a conversation, and what they then see. */
import type { Locator, Page } from 'playwright-core'

/** The field to write in, once the conversation can be written in. */
export async function openComposer(page: Page): Promise<Locator> {
  const field = page.getByTestId('composer')
  await field.waitFor()
  return field
}

/** Writes and presses Enter. */
export async function say(page: Page, text: string): Promise<void> {
  const field = await openComposer(page)
  await field.fill(text)
  await field.press('Enter')
}

/** The messages that show this text, whole or matching. */
export const messages = (page: Page, text: string | RegExp): Locator =>
  page.getByTestId('message').filter({ has: page.getByText(text, typeof text === 'string' ? { exact: true } : {}) })

/** Waits until the last message shows this text. */
export async function lastText(page: Page, text: string | RegExp): Promise<Locator> {
  const last = page.getByTestId('message').last()
  await last.filter({ has: page.getByText(text, typeof text === 'string' ? { exact: true } : {}) }).waitFor()
  return last
}

/** Waits until a message of one's own shows this state. */
export const inState = (page: Page, text: string | RegExp, state: string): Promise<void> =>
  messages(page, text)
    .and(page.locator(`[data-state="${state}"]`))
    .first()
    .waitFor()

/** Moves the pointer onto what was said, so that the actions beside it appear. */
export const pointAt = (message: Locator): Promise<void> => message.locator('[data-bubble]').hover()
