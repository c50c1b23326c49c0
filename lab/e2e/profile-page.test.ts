/** What somebody says about themselves on their page stands on their contact's page, picture and all. */
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'

/** A gradient of 900 by 600 pixels, as a camera would give one, drawn by the page. */
const drawn = `(() => {
  const canvas = document.createElement('canvas')
  canvas.width = 900
  canvas.height = 600
  const context = canvas.getContext('2d')
  const light = context.createLinearGradient(0, 0, 900, 600)
  light.addColorStop(0, '#f4b860')
  light.addColorStop(1, '#7a4b8f')
  context.fillStyle = light
  context.fillRect(0, 0, 900, 600)
  return canvas.toDataURL('image/png').split(',')[1]
})()`

test('[PFX-1] [NODE-10] a profile that is written on one page is read on the other, with its picture', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const { page } = await stage.page(alice, { path: '/profile' })
  await page.getByText('Saved').waitFor()
  const buffer = Buffer.from(String(await page.evaluate(drawn)), 'base64')
  await page.getByTestId('picture-file').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer })
  await page.getByRole('img', { name: 'The picture that you chose' }).first().waitFor()
  await page.getByLabel('Handle').fill('@alice')
  await page.getByLabel('Location').fill('Prague')
  await page.getByLabel('About').fill('Lenses.\n<b>Old ones.</b>')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. Contacts who are connected').waitFor()

  const { page: other } = await stage.page(bob, { path: `/c/${conversation}/details` })
  await other.getByTestId('contact').getByText('@alice').waitFor()
  await other.getByTestId('contact').getByText('<b>Old ones.</b>').waitFor()
  const picture = other.getByTestId('contact').locator('img')
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(256)
  const row = other.getByTestId('conversation').first()
  await row.locator('img').waitFor()
  expect((await row.boundingBox())?.height).toBeLessThanOrEqual(68)

  await page.getByLabel('Location').fill('Brno')
  await page.getByRole('button', { name: 'Save' }).click()
  await other.getByTestId('contact').getByText('Brno', { exact: false }).first().waitFor()
  await other.getByText('Earlier versions of the profile').click()
  await other.getByText('Changed: location').waitFor()

  await other.getByRole('button', { name: 'Block' }).click()
  await other.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click()
  await other.getByRole('button', { name: 'Unblock' }).first().waitFor()
})

test('[NODE-10] a public profile says so on the page, and takes itself back', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const { alice } = await stage.friends({ bootstrap: address })
  const { page } = await stage.page(alice, { path: '/profile' })
  await page.getByRole('radio', { name: 'Everybody' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Others can look it up.').waitFor()
  await page.getByRole('radio', { name: 'Contacts' }).check()
  await page.getByText('An empty profile takes its place').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. Contacts who are connected').waitFor()
  expect((await alice.api.call('profile.get', {})).visibility).toBe('contacts')
})

test('[PFX-11] a pasted id leads to a public profile and to a request', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: address })
  const carol = await stage.daemon('carol', { name: 'Carol', bootstrap: address })
  await alice.api.call('profile.update', { handle: 'alice', about: 'Lenses.', visibility: 'public' })
  const { account } = await alice.api.call('me.get', {})
  const { page } = await stage.page(carol, { path: '/' })
  await expect
    .poll(async () => (await alice.api.call('profile.get', {})).publishedAt, { timeout: 20_000 })
    .toBeDefined()
  await page.getByTestId('paste-invite').fill(account)
  await page.getByRole('button', { name: 'Look up their profile' }).click()
  await page.getByTestId('found').getByText('@alice').waitFor()
  await page.getByTestId('found').getByRole('button', { name: 'Ask for contact' }).click()
  await page.getByTestId('invited').waitFor()
  const { page: other } = await stage.page(alice, { path: '/requests' })
  await other.getByTestId('request').getByText('Carol').first().waitFor()
  await other.getByRole('button', { name: 'Look up their profile' }).click()
  await other.getByText('Nobody who was asked knows').or(other.getByText('Nobody could be asked')).waitFor()
})
