/** The README's example is a program that works. */
import { openNode } from '@parley/daemon'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fences, read, root } from './repository.ts'

it('a bot of ten lines follows an invite, says hello and hears the answer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-readme-'))
  await using person = await openNode({ data: join(folder, 'person'), name: 'Person' })
  const { link } = await person.call('invites.create', {})
  const [example = ''] = fences(read('README.md'), 'ts')
  expect(example).toContain("'./bot'")
  const program = example.replace("'./bot'", JSON.stringify(join(folder, 'bot')))
  const bot = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, link], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const asked = Promise.withResolvers<string>()
    const requests = person.live('requests.list', {})
    requests.subscribe(() => requests.peek()?.forEach(({ id }) => asked.resolve(id)))
    const { id: conversation } = await person.call('requests.accept', { id: await asked.promise })
    const heard = Promise.withResolvers<string>()
    person.on('messages.changed', ({ messages }) => {
      for (const { content } of messages)
        if (content.type === 'text' && content.text === 'Hello') heard.resolve(content.text)
    })
    await heard.promise
    await person.call('messages.send', { conversation, text: 'Good day' })
    let printed = ''
    for await (const bytes of bot.stdout) {
      printed += String(bytes)
      if (printed.includes('delivered Good day')) break
    }
    expect(printed).toContain('delivered Hello')
  } finally {
    bot.kill()
    if (bot.exitCode === null && bot.signalCode === null) await once(bot, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
})
