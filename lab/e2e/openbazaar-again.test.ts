/** What a client hears after its node was restarted: what is new, and nothing that was there before. */
import { expect, test } from 'vitest'
import { OldClient, OPENBAZAAR_FLAGS } from './support/openbazaar.ts'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

test('[OBG-16] reactions and states of old messages are no new messages, what was missed is', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends({ others: OPENBAZAAR_FLAGS })
  using a = await OldClient.open(alice)
  using b = await OldClient.open(bob)
  const old = await b.chat(a.peerId, 'An old message')
  await a.heard('message', ({ messageId }) => messageId === old)
  await a.post(`/ob/markchatasread/${b.peerId}`)
  await a.chat(b.peerId, 'An old answer')
  await b.heard('message', ({ message }) => message === 'An old answer')
  const page = await bob.api.call('messages.page', { conversation })
  const first = page.messages[0]?.id ?? ''
  await bob.api.call('messages.react', { conversation, message: first, emoji: '👍', isOn: true })

  await alice.restart()
  using again = await OldClient.open(alice)
  await bob.api.call('messages.react', { conversation, message: first, emoji: '👍', isOn: false })
  await b.post(`/ob/markchatasread/${a.peerId}`)
  await again.heard('messageRead', ({ peerId }) => peerId === b.peerId)
  await b.chat(a.peerId, 'A new message')
  await again.heard('message', ({ message }) => message === 'A new message')
  await until('the reaction is gone', async () => {
    const now = await alice.api.call('messages.page', { conversation })
    return now.messages[0]?.reactions.length === 0
  })
  await b.chat(a.peerId, 'The last message')
  await again.heard('message', ({ message }) => message === 'The last message')
  const heard = again.frames.flatMap(({ message }) =>
    typeof message === 'object' && message !== null && 'message' in message ? [message.message] : [],
  )
  expect(heard).toEqual(['A new message', 'The last message'])
})
