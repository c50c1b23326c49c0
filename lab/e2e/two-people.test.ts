import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { onboard } from './support/onboard.ts'
import { Stage } from './support/stage.ts'
import { lastText, messages, openComposer, pointAt, say } from './support/talk.ts'
import { until } from './support/until.ts'

test('two people meet by an invite link and talk: ticks, reply, edit, reaction, deletion, emoji, typing', async () => {
  await using stage = new Stage()
  const [alices, bobs] = await Promise.all([stage.daemon('alice'), stage.daemon('bob')])
  const { page: alice } = await stage.page(alices)
  const { page: bob } = await stage.page(bobs)
  await onboard(alice, 'Alice')
  await onboard(bob, 'Bob')
  await meet(alice, bob)

  await alice.getByRole('button', { name: 'Settings', exact: true }).click()
  await say(bob, 'Hello **Alice**')
  await messages(bob, 'Alice').getByText('Delivered').waitFor()
  await alice.getByTestId('conversation').click()
  await lastText(alice, 'Alice')
  await messages(bob, 'Alice').getByText('Read', { exact: true }).waitFor()

  await reply(alice, bob)
  await edit(bob, alice)
  await react(alice, bob)
  await complete(bob, alice)
  await remove(bob, alice)
  await typing(alice, bob)
})

test('switched off, typing and read receipts are not sent', async () => {
  await using stage = new Stage()
  const { alice: alices, bob: bobs, conversation } = await stage.friends()
  const { page: bob } = await stage.page(bobs, { path: '/settings' })
  for (const name of ['Typing', 'Read receipts']) {
    await bob.getByRole('switch', { name }).click()
    await expect.poll(() => bob.getByRole('switch', { name }).isChecked()).toBe(false)
  }
  await until('both are off', async () => {
    const { settings } = await bobs.api.call('me.get', {})
    return !settings.sendsTyping && !settings.sendsReadReceipts
  })
  const seen: string[] = []
  const list = alices.api.socket.live('conversations.list', {})
  list.subscribe(() => seen.push(...(list.peek() ?? []).flatMap(({ typing: accounts }) => accounts)))
  await list.whenReady()

  const { id } = await alices.api.send(conversation, 'Do you see this?')
  await bob.getByTestId('conversation').click()
  await lastText(bob, 'Do you see this?')
  const field = await openComposer(bob)
  await field.pressSequentially('I do')
  await expect.poll(async () => (await bobs.api.call('conversations.list', {}))[0]?.unread).toBe(0)
  await field.press('Enter')
  // What Bob says comes after everything that he might have told before.
  await alices.api.received(conversation, 'I do')
  const asked = (await alices.api.history(conversation)).find((each) => each.id === id)
  expect(asked?.state).toBe('delivered')
  expect(seen).toEqual([])
})

async function meet(alice: Page, bob: Page): Promise<void> {
  const link = alice.getByTestId('invite-link')
  await expect.poll(() => link.inputValue()).toMatch(/^\S{100,}$/)
  await bob.getByRole('button', { name: 'Add a contact' }).first().click()
  const sheet = bob.getByRole('dialog')
  await sheet.getByTestId('paste-invite').fill(await link.inputValue())
  await sheet.getByLabel('Say who you are (optional)').fill('We met at the fair')
  await sheet.getByRole('button', { name: 'Ask for contact' }).click()
  await bob.getByText(/has not accepted yet/).waitFor()

  await alice.getByRole('button', { name: '1 contact request' }).click()
  const card = alice.getByTestId('request')
  await card.getByText('We met at the fair').waitFor()
  await card.getByText('Name not verified').waitFor()
  await card.getByRole('button', { name: 'Accept' }).click()
  await openComposer(alice)
  await openComposer(bob)
}

async function reply(alice: Page, bob: Page): Promise<void> {
  await pointAt(messages(alice, 'Alice'))
  await alice.getByRole('button', { name: 'Reply', exact: true }).click()
  await alice.getByTestId('composer-strip').getByText('Reply to Bob').waitFor()
  await say(alice, 'Hello Bob')
  const answer = await lastText(bob, 'Hello Bob')
  await answer.getByRole('button', { name: 'Answers You. Show that message.' }).waitFor()
}

async function edit(bob: Page, alice: Page): Promise<void> {
  await say(bob, 'Is it for sail?')
  await lastText(alice, 'Is it for sail?')
  const field = await openComposer(bob)
  await field.press('ArrowUp')
  await bob.getByTestId('composer-strip').getByText('Edit message').waitFor()
  expect(await field.inputValue()).toBe('Is it for sail?')
  await say(bob, 'Is it for sale?')
  await (await lastText(alice, 'Is it for sale?')).getByText('edited').waitFor()
  await (await lastText(bob, 'Is it for sale?')).getByText('edited').waitFor()
  expect(await messages(alice, 'Is it for sail?').count()).toBe(0)
}

async function react(alice: Page, bob: Page): Promise<void> {
  const message = messages(alice, 'Is it for sale?')
  await pointAt(message)
  await alice.getByRole('button', { name: 'React', exact: true }).click()
  await alice.getByRole('button', { name: 'React with 👍' }).click()
  await messages(bob, 'Is it for sale?').getByRole('button', { name: '👍 Alice' }).waitFor()
  await message.getByRole('button', { name: '👍 You' }).click()
  await messages(bob, 'Is it for sale?').getByRole('button', { name: '👍' }).waitFor({ state: 'detached' })
}

/** `:name:` becomes an emoji, by the list and by writing it out. */
async function complete(bob: Page, alice: Page): Promise<void> {
  const field = await openComposer(bob)
  await field.pressSequentially('Deal :thumbsu')
  await bob.getByRole('listbox', { name: 'Emoji suggestions' }).getByRole('option').first().waitFor()
  await field.press('Enter')
  await expect.poll(() => field.inputValue()).toMatch(/^Deal 👍\s?$/u)
  await field.press('Enter')
  await lastText(alice, /^Deal 👍$/u)
}

async function remove(bob: Page, alice: Page): Promise<void> {
  await say(bob, 'Not meant for you')
  await lastText(alice, 'Not meant for you')
  await pointAt(messages(bob, 'Not meant for you'))
  await bob.getByRole('button', { name: 'More', exact: true }).click()
  await bob.getByRole('menuitem', { name: 'Delete for everybody' }).click()
  await bob.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  for (const page of [alice, bob]) await lastText(page, 'This message was deleted')
  expect(await alice.getByText('Not meant for you').count()).toBe(0)
}

async function typing(alice: Page, bob: Page): Promise<void> {
  const field = await openComposer(alice)
  await field.pressSequentially('On my')
  await bob.getByText('Alice is typing').waitFor()
  await field.pressSequentially(' way')
  await field.press('Enter')
  await lastText(bob, 'On my way')
  await bob.getByText('Alice is typing').waitFor({ state: 'detached' })
}
