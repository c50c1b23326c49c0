import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasInMemory } from './support/memory.ts'
import { Stage } from './support/stage.ts'
import { lastText, openComposer, say } from './support/talk.ts'
import { until } from './support/until.ts'

const PASSPHRASE = 'a calm and private word'
/** Nobody can dial this, so whoever announces it is reached through a push node alone. */
const NOWHERE = '/ip4/127.0.0.1/tcp/9'

const marker = (): string => `PLAINTEXT-${randomBytes(8).toString('hex')}`

/** Files of a folder, and of those in it, that hold these bytes. */
function filesWith(folder: string, text: string): readonly string[] {
  const wanted = Buffer.from(text)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(wanted))
}

test('a passphrase set in the settings locks the node at its next start; only the right one opens it', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const secret = marker()
  await bob.api.send(conversation, secret)
  const { page } = await stage.page(alice, { path: '/settings' })
  await page.getByRole('button', { name: 'Set a passphrase' }).click()
  await page.getByLabel('New passphrase').fill(PASSPHRASE)
  await page.getByLabel('Again').fill(`${PASSPHRASE}!`)
  const save = page
    .locator('form')
    .filter({ has: page.getByLabel('Again') })
    .getByRole('button', { name: 'Save' })
  await save.click()
  await page.getByText('The two are not the same.').waitFor()
  await page.getByLabel('Again').fill(PASSPHRASE)
  await save.click()
  await page.getByText('Passphrase saved').waitFor()
  await page.close()
  await bob.stop()
  await alice.restart()

  expect(alice.ready).toMatchObject({ state: 'locked', account: null, peerId: null, addresses: [] })
  expect((await alice.rest('GET', '/v1/status')).body).toMatchObject({ state: 'locked' })
  expect(await alice.rest('GET', '/v1/conversations')).toMatchObject({ status: 423, body: { code: 'LOCKED' } })
  const tab = await stage.page(alice)
  tab.expectError(/403/)
  const unlock = tab.page.getByTestId('unlock')
  await unlock.getByLabel('Passphrase').fill('another word entirely')
  await unlock.getByRole('button', { name: 'Unlock' }).click()
  await unlock.getByText('The passphrase is wrong.').waitFor()
  await unlock.getByLabel('Passphrase').fill(PASSPHRASE)
  await unlock.getByRole('button', { name: 'Unlock' }).click()
  await tab.page.getByTestId('conversation').click()
  await openComposer(tab.page)
  await lastText(tab.page, secret)
  await say(tab.page, 'open again')
  await bob.start()
  await bob.api.received(conversation, 'open again')
  // Neither the words nor what seals them are anywhere in the folder.
  for (const text of [secret, 'open again', PASSPHRASE]) expect(filesWith(alice.data, text)).toEqual([])
  await tab.page.close()
  await alice.stop()
  for (const text of [secret, 'open again', PASSPHRASE]) expect(filesWith(alice.data, text)).toEqual([])
})

test('[KEY-1] no word lies readable on a disk, and the push node that relays it never holds it', async () => {
  await using stage = new Stage()
  const pushNode = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({
    bootstrap: pushNode.address,
    others: ['--announce', NOWHERE],
  })
  await until('they are connected through the push node', async () => {
    const { peers } = await alice.api.call('network.get', {})
    return peers[0]?.path === 'relayed'
  })
  const { page } = await stage.page(bob, { path: `/c/${conversation}` })
  const secrets = [marker(), marker(), marker()]
  const [first = '', second = '', draft = ''] = secrets
  const { id } = await alice.api.send(conversation, first)
  await lastText(page, first)
  await alice.api.call('messages.edit', { conversation, message: id, text: second })
  await lastText(page, second)
  await alice.api.call('conversations.setDraft', { conversation, text: draft })
  await say(page, 'Understood')
  await alice.api.received(conversation, 'Understood')

  const folders = [alice.data, bob.data, pushNode.data]
  for (const secret of secrets) for (const folder of folders) expect(filesWith(folder, secret)).toEqual([])
  const isFoundWhereItIs = hasInMemory(bob.child.pid, second)
  if (isFoundWhereItIs === undefined) process.stdout.write('The memory of other processes cannot be read here.\n')
  else {
    expect(isFoundWhereItIs, 'looking works').toBe(true)
    for (const secret of secrets) expect(hasInMemory(pushNode.child.pid, secret)).toBe(false)
  }
  for (const { child } of [alice, bob]) {
    for (const secret of [...secrets, 'Understood']) expect(child.log.join('\n')).not.toContain(secret)
  }
})
