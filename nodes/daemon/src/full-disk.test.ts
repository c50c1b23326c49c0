import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openScene, temporaryFolder } from './testing.ts'

/** Takes every byte that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const size of [65_536, 4_096, 1]) {
      const block = Buffer.alloc(size)
      try {
        while (writeSync(file, block) > 0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      }
    }
  } finally {
    closeSync(file)
  }
}

it.runIf(process.getuid?.() === 0)('[STO-5] a full disk is said to be full, and nothing is lost', async (context) => {
  using folder = temporaryFolder()
  const disk = join(folder.path, 'disk')
  mkdirSync(disk)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk])
  if (status !== 0) return context.skip('this system does not let us mount a small disk')
  try {
    await using scene = await openScene(disk)
    const invites = async () => Object.keys((await scene.ask('/v1/invites')).json).length
    expect((await scene.send('POST', '/v1/invites')).status).toBe(200)
    fill(join(disk, 'filler'))
    let refused = await scene.send('POST', '/v1/invites')
    // What is left of the write-ahead log's last page may still take one or two.
    for (let count = 0; refused.status === 200 && count < 100; count++)
      refused = await scene.send('POST', '/v1/invites')
    expect([refused.status, refused.json['code']]).toEqual([507, 'STORE_FULL'])
    const before = await invites()
    expect((await scene.ask('/v1/me')).json['account']).toBe(scene.ready.account)
    rmSync(join(disk, 'filler'))
    expect((await scene.send('POST', '/v1/invites')).status).toBe(200)
    expect(await invites()).toBe(before + 1)
  } finally {
    spawnSync('umount', [disk])
  }
})
