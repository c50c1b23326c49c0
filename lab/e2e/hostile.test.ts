import { cpSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { lastText, messages, openComposer } from './support/talk.ts'

test('words that are too long, empty or full of control characters do no harm', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const path = `/v1/conversations/${conversation}/messages`
  expect((await bob.rest('POST', path, { text: 'x'.repeat(20_001) })).body).toMatchObject({ code: 'TEXT_TOO_LONG' })
  expect((await bob.rest('POST', path, { text: '' })).body).toMatchObject({ code: 'TEXT_EMPTY' })
  expect((await bob.rest('POST', '/v1/contacts', { link: 'parley:invite/AAAA' })).body).toMatchObject({
    code: 'INVITE_MALFORMED',
  })
  const script = '<img src=x onerror="globalThis.broken = true"> [a](javascript:globalThis.broken=true)'
  await bob.api.call('messages.send', { conversation, text: `\u0007\u202Etxt.exe ${script}` })
  await bob.api.call('messages.send', { conversation, text: 'after it' })
  const { page } = await stage.page(alice, { path: `/c/${conversation}` })
  await lastText(page, 'after it')
  const shown = await messages(page, /onerror/)
    .first()
    .textContent()
  expect(shown).not.toMatch(/[\u0007\u202E]/u)
  expect(await page.locator('[href^="javascript"]').count()).toBe(0)
  expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false)

  const field = await openComposer(page)
  await field.fill('x'.repeat(20_001))
  await page.getByText('1 letter too long').waitFor()
  expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
  await field.press('Enter')
  expect(await field.inputValue()).toHaveLength(20_001)
  await field.fill('🦊'.repeat(20_000))
  await field.press('Enter')
  await bob.api.received(conversation, '🦊'.repeat(20_000))
})

test('a port in use and a second node on the same data are refused in one sentence; the first goes on', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('first', { name: 'First' })
  const port = new URL(daemon.url).port
  const common = ['--no-open', '--json']
  const samePort = stage.process('same port', [
    'daemon',
    '--data',
    join(stage.folder, 'other'),
    '--api-port',
    port,
    ...common,
  ])
  const sameData = stage.process('same data', ['daemon', '--data', daemon.data, '--api-port', '0', ...common])
  for (const child of [samePort, sameData]) expect((await child.exited).code).toBe(1)
  expect(samePort.log.join('\n')).toContain(port)
  expect(sameData.log.join('\n')).toContain(daemon.data)
  expect((await daemon.rest('GET', '/v1/me')).status).toBe(200)
})

test('a damaged database is kept beside, reported and refused', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('damaged', { name: 'Damaged' })
  await daemon.stop()
  const database = join(daemon.data, 'node.db')
  cpSync(database, `${database}.whole`)
  truncateSync(database, 5_000)
  writeFileSync(database, Buffer.alloc(4_096, 7), { flag: 'r+' })
  const child = stage.process('damaged again', [
    'daemon',
    '--data',
    daemon.data,
    '--api-port',
    '0',
    '--no-open',
    '--json',
  ])
  expect((await child.exited).code).toBe(1)
  expect(readdirSync(daemon.data).some((name) => name.startsWith('node.db.corrupt-'))).toBe(true)
  expect(child.log.join('\n')).toMatch(/damaged/i)
})
