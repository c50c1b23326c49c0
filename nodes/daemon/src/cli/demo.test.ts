import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROGRAM, temporaryFolder } from '../testing.ts'

describe('demo', () => {
  it(
    '[NODE-14] brings two people together, lets one of them go and come back, and leaves nothing behind',
    { timeout: 90_000 },
    async () => {
      using folder = temporaryFolder()
      const child = spawn(process.execPath, [PROGRAM, 'demo', '--no-open', '--json'], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: folder.path },
      })
      const exited = once(child, 'exit')
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const next = async () => JSON.parse(String((await lines.next()).value))
      try {
        const { alice, bob, push } = await next()
        expect(push).toMatchObject({ link: expect.stringMatching(/^parley:push\//) })
        const answers = (url: string) => fetch(`${url}/v1/status`).then(({ status }) => status > 0)
        expect([await answers(alice.url), await answers(bob.url)]).toEqual([true, true])
        child.stdin.write('b\n')
        expect(await next()).toEqual({ bob: { isRunning: false } })
        await expect(answers(bob.url)).rejects.toThrow('fetch failed')
        child.stdin.write('b\n')
        expect(await next()).toEqual({ bob: { isRunning: true } })
        expect(await answers(bob.url)).toBe(true)
        // Whoever is killed is missed, and nobody else ends for it.
        process.kill(push.pid, 'SIGKILL')
        expect(await next()).toEqual({ push: { isRunning: false } })
        expect(await answers(alice.url)).toBe(true)
        child.kill('SIGINT')
        expect(await exited).toEqual([0, null])
        await expect(answers(alice.url)).rejects.toThrow('fetch failed')
        expect(readdirSync(folder.path)).toEqual([])
      } finally {
        child.kill('SIGKILL')
      }
    },
  )
})
