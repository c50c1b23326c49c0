import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openScene, temporaryFolder } from './testing.ts'

const FILES = ['node.db.lock', 'node.db.pid', 'token', 'ports.json', 'running.json', 'practice.json']

describe('a data folder', () => {
  it('[NODE-12] opens whatever the files hold that are no data', async () => {
    using folder = temporaryFolder()
    const accounts = new Set<string | null>()
    const junk = ['no longer what it was '.repeat(500), '{"/ip4/127.0.0.1/tcp/0":-7,"url":7}', '', '[]']
    for (const text of [undefined, ...junk]) {
      if (text !== undefined) for (const name of FILES) writeFileSync(join(folder.path, name), text)
      await using scene = await openScene(folder.path)
      accounts.add(scene.ready.account)
      expect(scene.ready.token).toMatch(/^[\w-]{43}$/)
      expect((await scene.ask('/v1/me')).status).toBe(200)
      await expect(openScene(folder.path)).rejects.toMatchObject({
        code: 'STORE_IN_USE',
        message: `The folder ${folder.path} is in use by process ${process.pid}.`,
      })
    }
    expect(accounts.size).toBe(1)
  })
})
