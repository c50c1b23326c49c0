import { connectSocket } from '@parley/engine/client'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asText, openScene, type Scene, temporaryFolder } from './testing.ts'

/** Waits until the conversation shows a message with this text. */
async function untilSaid(scene: Scene, conversation: string, text: string): Promise<void> {
  using client = connectSocket(`${scene.ready.url.replace('http', 'ws')}/v1/socket`, { token: scene.ready.token })
  const live = client.live('messages.page', { conversation })
  const isSaid = (): boolean =>
    live.peek()?.messages.some(({ content }) => content.type === 'text' && content.text.startsWith(text)) === true
  await live.whenReady()
  if (isSaid()) return
  await new Promise<void>((resolve) => {
    live.subscribe(() => {
      if (isSaid()) resolve()
    })
  })
}

describe('Echo', () => {
  it('[NODE-4] greets, answers, is asked for once, and comes back with the node', async () => {
    using folder = temporaryFolder()
    let conversation = ''
    {
      await using scene = await openScene(folder.path)
      const first = await scene.send('POST', '/v1/practice')
      expect(first.status).toBe(200)
      conversation = asText(first.json['id'])
      await untilSaid(scene, conversation, 'Hello, I am Echo.')
      const path = `/v1/conversations/${conversation}/messages`
      await scene.send('POST', path, { text: 'Anybody here?' })
      await untilSaid(scene, conversation, 'You said: Anybody here?')
      expect((await scene.send('POST', '/v1/practice')).json['id']).toBe(conversation)
    }
    await using scene = await openScene(folder.path)
    await scene.send('POST', `/v1/conversations/${conversation}/messages`, { text: 'Again' })
    await untilSaid(scene, conversation, 'You said: Again')
  })
  it('[NODE-4] that cannot start is said to be so, and the node goes on', async () => {
    using folder = temporaryFolder()
    const program = join(folder.path, 'bot.mjs')
    for (const source of ['process.exit(1)', 'console.log("hello")', 'console.log("{}")', 'syntax error']) {
      writeFileSync(program, source)
      await using scene = await openScene(folder.path, { practiceProgram: program })
      const answer = await scene.send('POST', '/v1/practice')
      expect([answer.status, answer.json['code']]).toEqual([503, 'PRACTICE_UNAVAILABLE'])
      expect((await scene.ask('/v1/me')).status).toBe(200)
    }
  })
})
