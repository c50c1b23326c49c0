/** What is done on a screen before its picture is taken. */
import type { Page } from 'playwright-core'

export const openFirst = async (page: Page) => {
  await page.getByTestId('conversation').first().click()
  await page.getByTestId('message').last().waitFor()
}
export const openStates = async (page: Page) => {
  await page.getByText('Mira Castellanos').click()
  await page.getByText('My clock is odd').last().waitFor()
}

export const openMenu = async (page: Page, text: string, action: string) => {
  await page.getByText(text).last().click({ button: 'right' })
  await page.getByRole('menuitem', { name: action }).click()
  await page.getByRole('alertdialog').waitFor()
}
export const openConversationMenu = async (page: Page) => {
  await openFirst(page)
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await page.getByRole('menuitem').first().waitFor()
}
/** The browser was not asked for notifications yet. */
export const undecided = (page: Page) =>
  page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'default' })")
export const allowed = (page: Page) =>
  page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'granted' })")
/** Something comes while nobody looks. */
export const beTold = (page: Page) =>
  page.evaluate(`
    document.hasFocus = () => false
    window.dispatchEvent(new Event('blur'))
    world.addMessage(world.conversations[0], 'them', 'Are you there?')
  `)

export const openDetails = async (page: Page) => {
  await openFirst(page)
  await page.getByRole('button', { name: 'Details', exact: true }).click()
  await page.getByTestId('safety-number').waitFor()
}
/** A picture of 900 by 600 pixels, made by the page itself. */
export const choosePicture = async (page: Page) => {
  const made: string = await page.evaluate(`(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 900
    canvas.height = 600
    const context = canvas.getContext('2d')
    const light = context.createLinearGradient(0, 0, 900, 600)
    light.addColorStop(0, '#f4b860')
    light.addColorStop(1, '#7a4b8f')
    context.fillStyle = light
    context.fillRect(0, 0, 900, 600)
    context.fillStyle = '#2c1e3a'
    context.beginPath()
    context.arc(450, 250, 110, 0, 7)
    context.ellipse(450, 620, 210, 230, 0, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png').split(',')[1]
  })()`)
  const buffer = Buffer.from(made, 'base64')
  await page.getByTestId('picture-file').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer })
  await page.getByRole('img', { name: 'The picture that you chose' }).first().waitFor()
}

export const sheet = (page: Page) => page.getByRole('dialog').waitFor()
export const waiting = (page: Page) => page.getByTestId('waiting').scrollIntoViewIfNeeded()
export const pushNodes = (page: Page) => page.getByTestId('push-node-address').scrollIntoViewIfNeeded()
export const testNode = async (page: Page) => {
  await page.getByTestId('push-node-address').fill('parley:push/dns4/push.example/tcp/443/wss/p2p/12D3KooWPushOne7fQx2')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await page.getByText('It answers').scrollIntoViewIfNeeded()
}
export const worksOn = (page: Page) => page.getByTestId('works-on').scrollIntoViewIfNeeded()
/** Somebody's link is pasted. */
export const preview = async (page: Page, where: string) => {
  await page
    .getByTestId('paste-invite')
    .last()
    .fill(`https://parley.example/i#${'mE7pQx2Lr9vKf4Tz'.repeat(8)}#${where}`)
  await page.getByTestId('invite-preview').scrollIntoViewIfNeeded()
}
