import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { lastText, openComposer, say } from './support/talk.ts'

const PASSPHRASE = 'a calm and private word'
const MARKER = 'PLAINTEXT-9f2c1e'

/** Files of a folder, and of those in it, that hold these bytes. */
function filesWith(folder: string, text: string): readonly string[] {
  const wanted = Buffer.from(text)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(wanted))
}

test('a passphrase locks the node at its next start; only the right one opens it', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await bob.api.call('messages.send', { conversation, text: `before ${MARKER}` })
  const { page } = await stage.page(alice, { path: `/c/${conversation}` })
  await lastText(page, `before ${MARKER}`)
  await alice.api.call('me.setPassphrase', { passphrase: PASSPHRASE })
  await page.close()
  await alice.restart()

  expect((await alice.rest('GET', '/v1/status')).body).toMatchObject({ state: 'locked' })
  expect((await alice.rest('GET', '/v1/conversations')).body).toMatchObject({ code: 'LOCKED' })
  const tab = await stage.page(alice)
  tab.expectError(/403|423/)
  const unlock = tab.page.getByTestId('unlock')
  await unlock.getByLabel('Passphrase').fill('another word entirely')
  await unlock.getByRole('button').click()
  await unlock.getByText('The passphrase is wrong').waitFor()
  await unlock.getByLabel('Passphrase').fill(PASSPHRASE)
  await unlock.getByRole('button').click()
  await tab.page.getByTestId('conversation').first().click()
  await openComposer(tab.page)
  await lastText(tab.page, `before ${MARKER}`)
  await say(tab.page, 'open again')
  await lastText(tab.page, 'open again')
})

test('[KEY-1] no word lies readable on a disk: not with either person, not with the push node between them', async () => {
  await using stage = new Stage()
  const pushNode = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({ bootstrap: pushNode.address })
  const tab = await stage.page(bob, { path: `/c/${conversation}` })
  await alice.api.call('messages.send', { conversation, text: MARKER })
  await lastText(tab.page, MARKER)
  await alice.api.call('conversations.setDraft', { conversation, text: `draft ${MARKER}` })
  for (const folder of [alice.data, bob.data, pushNode.data]) expect(filesWith(folder, MARKER)).toEqual([])
})
