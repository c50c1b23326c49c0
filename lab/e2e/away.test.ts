import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { inState, lastText, messages, say } from './support/talk.ts'
import { until } from './support/until.ts'

test('what is written to somebody who is away waits, and goes out when they are back somewhere else', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const before = bob.addresses
  await bob.stop()
  const { page } = await stage.page(alice, { path: `/c/${conversation}` })
  await page
    .getByText('Not connected')
    .or(page.getByText(/^Last heard/))
    .first()
    .waitFor()
  for (const text of ['First', 'Second', 'Third']) await say(page, text)
  for (const text of ['First', 'Second', 'Third']) await inState(page, text, 'queued')
  await messages(page, 'Third').getByText('Waiting').waitFor()
  await page.getByTestId('composer').fill('A draft')
  await page.getByText('Bob is away. This waits here: no push node is set up.').waitFor()

  bob.moveAway()
  await bob.start()
  expect(bob.addresses).not.toEqual(before)
  for (const text of ['First', 'Second', 'Third']) await inState(page, text, 'delivered')
  expect(await bob.api.texts(conversation)).toEqual(['First', 'Second', 'Third'])
  await page.getByText('Connected directly').waitFor()

  await bob.api.send(conversation, 'I am back')
  await lastText(page, 'I am back')
})

test('two who both moved while the other was away find each other through a push node', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({ bootstrap: address })
  await Promise.all([alice.stop(), bob.stop()])
  for (const daemon of [alice, bob]) daemon.moveAway()
  await alice.start()
  const { id } = await alice.api.send(conversation, 'Where are you?')
  await bob.start()
  await bob.api.received(conversation, 'Where are you?', 30_000)
  await until('it is delivered', async () => {
    const message = (await alice.api.history(conversation)).find((each) => each.id === id)
    return message?.state === 'delivered'
  })
})
