import { createMemoryLog } from '@parley/adapter-memory'
import { namedBlock, never } from '@parley/engine/contract'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Outbox } from './outbox.ts'
import { createSelfHostedStorage } from './self-hosted.ts'
import { loopbackHost, quietLog, temporaryFolder } from './testing.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder()
  try {
    await test(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the outbox', () => {
  it('[BLK-11] is one file for each block, named by its SHA-256, for the owner alone', () =>
    withFolder(async (base) => {
      const folder = join(base, 'made', 'outbox')
      const outbox = new Outbox(folder)
      await outbox.open(quietLog)
      const { cid, block } = namedBlock(1, 2_048)
      await outbox.write(cid, block)
      await outbox.write(cid, block)
      expect(readdirSync(folder)).toEqual([sha256(block)])
      expect(Uint8Array.from(readFileSync(join(folder, sha256(block))))).toEqual(block)
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      expect(statSync(join(folder, sha256(block))).mode & 0o777).toBe(0o600)
      await outbox.remove(cid)
      expect(readdirSync(folder)).toEqual([])
    }))
  it('[BLK-11] puts damaged files aside at the start, removes unfinished ones, says so, and leaves others alone', () =>
    withFolder(async (folder) => {
      const [good, flipped, cut] = [namedBlock(1, 500), namedBlock(2, 500), namedBlock(3, 500)]
      const names = [good, flipped, cut].map(({ block }) => sha256(block))
      writeFileSync(join(folder, names[0] ?? ''), good.block)
      writeFileSync(
        join(folder, names[1] ?? ''),
        flipped.block.map((byte, at) => (at === 7 ? byte ^ 1 : byte)),
      )
      writeFileSync(join(folder, names[2] ?? ''), cut.block.subarray(0, 100))
      // larger than any block, under the name of nothing: never read at all
      writeFileSync(join(folder, sha256(new Uint8Array())), new Uint8Array(1_048_576))
      writeFileSync(join(folder, `${names[0]}.0b6ac1f2-0000-4000-8000-000000000000.tmp`), good.block)
      writeFileSync(join(folder, 'notes.txt'), 'mine')
      const log = createMemoryLog()
      expect(await new Outbox(folder).open(log)).toEqual({ blocks: 1, unfinished: 1, damaged: 3 })
      const damaged = [names[1], names[2], sha256(new Uint8Array())].map((name) => `${name}.damaged`)
      expect(new Set(readdirSync(folder))).toEqual(new Set([names[0], ...damaged, 'notes.txt']))
      expect(log.entries.map(({ level, fields }) => [level, fields])).toEqual([
        ['info', { count: 1 }],
        ['warn', { count: 3 }],
      ])
    }))
  it('[BLK-11] does not hand out what was damaged later, and heals it when it is stored again', () =>
    withFolder(async (folder) => {
      const outbox = new Outbox(folder)
      const { cid, block } = namedBlock(4, 500)
      await outbox.write(cid, block)
      writeFileSync(join(folder, sha256(block)), new Uint8Array(500))
      expect(await outbox.has(cid)).toBe(false)
      expect(await outbox.read(cid)).toBeUndefined()
      await outbox.write(cid, block)
      expect(await outbox.read(cid)).toEqual(Buffer.from(block))
    }))
  it('[BLK-11] holds whole blocks only, whenever the process is killed', () =>
    withFolder(async (folder) => {
      for (const blocks of [1, 20, 60]) {
        const before = readdirSync(folder).filter((name) => name.length === 64)
        const script = fileURLToPath(new URL('writer.fixture.ts', import.meta.url))
        const child = spawn(process.execPath, [script, folder, String(before.length)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const said: string[] = []
        for await (const chunk of child.stdout) {
          said.push(...String(chunk).split('\n').filter(Boolean))
          if (said.length >= blocks && child.exitCode === null && !child.killed) child.kill('SIGKILL')
        }
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        for (const name of readdirSync(folder).filter((one) => one.length === 64)) {
          expect(sha256(readFileSync(join(folder, name)))).toBe(name)
        }
        const outbox = new Outbox(folder)
        expect((await outbox.open(quietLog)).damaged).toBe(0)
        for (const cid of said) expect(await outbox.has(cid)).toBe(true)
        expect(readdirSync(folder).some((name) => name.endsWith('.tmp'))).toBe(false)
      }
    }))
})

describe('a machine that nobody reaches', () => {
  it('[BLK-12] keeps the block, and says that no reader can come', () =>
    withFolder(async (folder) => {
      mkdirSync(folder, { recursive: true })
      const libp2p = await loopbackHost([])
      const storage = await createSelfHostedStorage({ folder, libp2p, log: quietLog })
      const { cid, block } = namedBlock(5, 500)
      await expect(storage.store(cid, block, never())).rejects.toMatchObject({
        code: 'STORAGE_UNREACHABLE',
        isRetryable: true,
      })
      expect(await storage.has(cid, never())).toBe(true)
      await storage.stop()
      await libp2p.stop()
    }))
})
