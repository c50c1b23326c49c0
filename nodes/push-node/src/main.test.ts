import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PushNodeConfig } from './config.ts'
import { spawnPushNode } from './testing.ts'

let data = ''
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'parley-push-'))
})
afterEach(() => rm(data, { recursive: true }))

const run = (config: Partial<PushNodeConfig>) => spawnPushNode({ data, ...config })

describe('a push node as a process', () => {
  it('[PUSH-4] says where it is in one line, and ends cleanly on SIGTERM within two seconds', async () => {
    const { child, exited, errors } = run({})
    const [line] = await once(createInterface(child.stdout), 'line')
    expect(JSON.parse(String(line))).toEqual({
      peerId: expect.stringMatching(/^12D3KooW/),
      addresses: [expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW\w+$/)],
      link: expect.stringMatching(/^parley:push\/[\w-]+$/),
      metricsUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/),
    })
    const startedMs = performance.now()
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    expect(
      errors()
        .split('\n')
        .filter(Boolean)
        .map((text) => JSON.parse(text).message),
    ).toEqual(['push node started', 'push node stopped'])
  })

  it('[PUSH-3] says in words why it cannot start', async () => {
    const { exited, errors } = run({ metricsListen: '10.0.0.1:1' })
    expect(await exited).toEqual([1, null])
    expect(errors()).toContain('"10.0.0.1:1" is not a loopback address')
  })
})
