import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { toEngineError } from './http/problems.ts'
import { blockCid, cidText } from '@parley/core'
import { PortError } from '@parley/engine'
import { offlineStorage } from './offline-storage.ts'
import { runProgram, temporaryFolder } from './testing.ts'

/** A port of this machine on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a daemon behind Tor', () => {
  it('[TOR-8] that is not there ends at once, with one sentence and no node', async () => {
    using folder = temporaryFolder()
    const place = `127.0.0.1:${await freePort()}`
    const flags = ['daemon', '--data', folder.path, '--api-port', '0', '--tor', '--tor-socks', place]
    await using program = runProgram(flags)
    expect(await program.exited).toBe(1)
    expect(program.output).toEqual({ stdout: '', stderr: `Tor is not running at ${place}.\n` })
  })
  it('[TOR-14] asks for its storage, and blocks by HTTPS, at the SOCKS port and nowhere else', async () => {
    using folder = temporaryFolder()
    const asked: number[][] = []
    const proxy = createServer(
      (socket) => void socket.once('data', (bytes) => (asked.push([...bytes]), socket.destroy())),
    )
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const address = proxy.address()
    const socks = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    const bucket = {
      endpoint: 'https://s3.example',
      region: 'auto',
      bucket: 'b',
      accessKeyId: 'k',
      secretAccessKey: 's',
    }
    for (const storage of [
      { kind: 's3', bucket },
      { kind: 'dropbox', credentials: { accessToken: 'token' } },
    ] as const) {
      const given = offlineStorage({
        data: folder.path,
        storage,
        fetchFrom: [],
        tor: { socks, control: socks },
        network: () => {
          throw new Error('nobody asks for the network')
        },
        log: { log() {} },
      })
      const opened = await given.storage?.open()
      const found = opened?.has(cidText(blockCid(new Uint8Array(512))), AbortSignal.timeout(10_000))
      await expect(found).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' })
      await opened?.stop()
    }
    expect(asked).toEqual([
      [5, 1, 2],
      [5, 1, 2],
    ])
    proxy.close()
  })
  it('[TOR-8] that goes while the node is locked is named when it is unlocked', () => {
    const error = toEngineError(new PortError('UNREACHABLE', 'Tor is not running at 127.0.0.1:9050.', true))
    expect([error?.code, error?.isRetryable, error?.message]).toEqual([
      'TOR_UNAVAILABLE',
      true,
      'Tor is not running at 127.0.0.1:9050.',
    ])
  })
})
