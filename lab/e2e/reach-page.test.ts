import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { giveName, onboard } from './support/onboard.ts'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const connection = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: /^Connection:/ }).click()
  await page.getByRole('dialog', { name: 'Connection' }).waitFor()
}

test('the first start asks who may connect; an invite says that it works on this computer only, before it is copied', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('newcomer')
  const { page } = await stage.page(daemon)
  await giveName(page, 'Nora')
  await page.getByRole('heading', { name: 'Who should be able to reach you?' }).waitFor()
  // Nothing is decided, and the first answer has the focus: the keyboard goes on at once.
  expect(await daemon.api.call('network.get', {})).toMatchObject({ reach: 'computer', isReachChosen: false })
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Only this computer')
  await page.keyboard.press('Enter')
  await page.getByTestId('welcome').waitFor()
  expect(await daemon.api.call('network.get', {})).toMatchObject({ reach: 'computer', isReachChosen: true })

  const place = page.getByTestId('works-on')
  await place.getByText('This link works on this computer only.').waitFor()
  await place.getByRole('button', { name: 'Change who can reach you' }).click()
  const sheet = page.getByRole('dialog', { name: 'Connection' })
  await sheet.getByTestId('reach').getByText('Only on this computer').waitFor()
  expect(await sheet.getByRole('button', { name: 'Only this computer' }).getAttribute('aria-pressed')).toBe('true')
  await sheet.getByRole('button', { name: 'Test now' }).click()
  await sheet.getByTestId('reach').getByText('Only on this computer').waitFor()
})

test('whoever was never asked is led to the question, and it stays away once it is answered', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('alice', { name: 'Alice' })
  const { page } = await stage.page(daemon)
  const card = page.getByTestId('ask-reach')
  await card.getByRole('button', { name: 'Decide' }).click()
  await page.getByRole('dialog', { name: 'Connection' }).getByRole('button', { name: 'Only this computer' }).click()
  await until('the answer is kept', async () => (await daemon.api.call('network.get', {})).isReachChosen)
  await page.keyboard.press('Escape')
  await card.waitFor({ state: 'detached' })
  await page.close()
  await daemon.restart()
  expect(await daemon.api.call('network.get', {})).toMatchObject({ reach: 'computer', isReachChosen: true })
})

test('[PUSH-6] a push node is tried, added by its link, proven to pass connections on, and removed', async () => {
  await using stage = new Stage()
  const [pushNode, daemon] = await Promise.all([stage.pushNode(), stage.daemon('newcomer')])
  const { page } = await stage.page(daemon)
  await onboard(page, 'Nora')
  await connection(page)
  const sheet = page.getByRole('dialog', { name: 'Connection' })
  const field = sheet.getByTestId('push-node-address')

  await field.fill('parley:push/nonsense')
  await sheet.getByRole('button', { name: 'Add', exact: true }).click()
  await sheet.getByRole('alert').getByText('This is not the address of a push node.').waitFor()

  expect(pushNode.link).toMatch(/^parley:push\//)
  await field.fill(pushNode.link)
  await sheet.getByRole('button', { name: 'Test', exact: true }).click()
  await sheet.getByText(/It answers in .* It keeps messages and passes connections on\./).waitFor()
  expect((await daemon.api.call('network.get', {})).infrastructure).toEqual([])

  await sheet.getByRole('button', { name: 'Add', exact: true }).click()
  const row = sheet.getByTestId('push-node')
  await row.getByText('connected, passes connections on to you · added by you').waitFor()
  expect(await field.inputValue()).toBe('')
  await sheet.getByTestId('reach').getByText('Through push nodes only').waitFor()

  // What is gone is said to be gone.
  await pushNode.child.stop()
  await row.getByText('not connected').waitFor()
  await sheet.getByTestId('reach').getByText('Only on this computer').waitFor()
  await row.getByRole('button', { name: /^Test / }).click()
  await row.getByText('Check the address, and that it is running.').waitFor()

  await row.getByRole('button', { name: /^Remove / }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await row.waitFor({ state: 'detached' })
  await sheet.getByText('Without a push node of yours or of your contact').waitFor()
  expect((await daemon.api.call('network.get', {})).infrastructure).toEqual([])
})

test('whoever follows an invite sees whose it is and where it works, and uses their push node with consent', async () => {
  await using stage = new Stage()
  const pushNode = await stage.pushNode()
  const [alice, bob] = await Promise.all([
    stage.daemon('alice', { name: 'Alice', bootstrap: pushNode.address }),
    stage.daemon('bob', { name: 'Bob' }),
  ])
  await until('the push node has a place for Alice', async () =>
    (await alice.api.call('network.get', {})).infrastructure.some(({ relay }) => relay === 'reserved'),
  )
  const { link } = await alice.api.call('invites.create', {})
  const { page } = await stage.page(bob)
  await page.getByTestId('paste-invite').fill(link)
  const preview = page.getByTestId('invite-preview')
  await preview.getByText('It works only on the computer on which it was made.').waitFor()
  const offer = preview.getByRole('switch', { name: 'Use their push node too' })
  expect(await offer.isChecked()).toBe(false)
  await offer.click()
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  const used = await until('Bob uses it', async () => (await bob.api.call('network.get', {})).infrastructure[0])
  expect(used).toMatchObject({ source: 'contact' })

  // Alice has hers from the start: it is marked, and cannot be removed here.
  const { page: hers } = await stage.page(alice)
  await connection(hers)
  const row = hers.getByRole('dialog').getByTestId('push-node')
  await row.getByText('from your configuration').waitFor()
  expect(await row.getByRole('button', { name: /^Remove / }).count()).toBe(0)
})
