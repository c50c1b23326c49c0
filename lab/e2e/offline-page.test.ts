/** What a person sees of messages that wait: who holds them, that they arrived, and from whom while nobody else was there. */
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { inState, lastText, messages, openComposer, say } from './support/talk.ts'

test('[OFF-12] a message says where it waits, the network screen who holds it, and both when it arrived', async () => {
  await using stage = new Stage()
  const push = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({ bootstrap: push.address })
  await bob.stop()
  const hers = await stage.page(alice, { path: `/c/${conversation}` })
  await say(hers.page, 'Are you there?')
  await inState(hers.page, 'Are you there?', 'stored')
  await messages(hers.page, 'Are you there?').getByText('Stored').first().waitFor()
  await (await openComposer(hers.page)).fill('And')
  await hers.page.getByText('Bob is away. Messages are stored for them.').waitFor()

  await hers.page.goto(`${alice.url}/c/${conversation}?sheet=network`)
  const card = hers.page.getByRole('dialog').getByTestId('waiting')
  await card.getByText('1 message', { exact: false }).first().waitFor()
  expect(await card.innerText()).toContain('Bob')
  await hers.page.close()

  await alice.stop()
  await bob.start()
  const his = await stage.page(bob, { path: `/c/${conversation}` })
  await lastText(his.page, 'Are you there?')
  await say(his.page, 'I was away')
  await inState(his.page, 'I was away', 'stored')
  await his.page.close()
  await bob.stop()

  await alice.start()
  const again = await stage.page(alice, { path: `/c/${conversation}` })
  await lastText(again.page, 'I was away')
  // That he read it went with what he wrote.
  await inState(again.page, 'Are you there?', 'read')
})

test('[OFF-1] without a push node it waits here, and says so', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await bob.stop()
  const { page } = await stage.page(alice, { path: `/c/${conversation}` })
  await say(page, 'Only here')
  await inState(page, 'Only here', 'queued')
  await messages(page, 'Only here').getByText('Waiting here').first().waitFor()
  await (await openComposer(page)).fill('And')
  await page.getByText('Bob is away. This waits here: no push node is set up.').waitFor()
})
