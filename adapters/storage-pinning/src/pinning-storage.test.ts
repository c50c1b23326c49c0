import { namedBlock, never } from '@parley/engine/contract'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { PIN_TIMEOUT_MS } from './pinning-storage.ts'
import { pinningWorld } from './testing/world.ts'
import type { PinningWorld } from './testing/world.ts'

async function withWorld(test: (world: PinningWorld) => Promise<void>): Promise<void> {
  const world = await pinningWorld()
  try {
    await test(world)
  } finally {
    await world.dispose()
  }
}

const { cid, block } = namedBlock(1, 2_048)
const unreachable = { name: 'PortError', code: 'STORAGE_UNREACHABLE', isRetryable: true }

describe('a pinning service', () => {
  it('[BLK-15] fetches the block from us and serves it without us; nothing stays here', () =>
    withWorld(async ({ service, keep, reader, own, open }) => {
      const locations = await open().store(cid, block, never())
      expect(locations).toEqual(service.peers)
      expect(await keep.has(cid, never())).toBe(false)
      await own.stop()
      expect(await reader.read(locations[0] ?? '', cid, never())).toEqual(block)
      const [pin] = service.pins.values()
      // what the service learns: the name and where to fetch it
      expect(Object.keys(pin?.pin ?? {}).toSorted()).toEqual(['cid', 'origins'])
    }))
  it('[BLK-15] is asked once for one block, also after an abort or by two at once', () =>
    withWorld(async ({ service, open, keep }) => {
      const storage = open()
      service.door = 'slow'
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const aborted = storage.store(cid, block, controller.signal)
      while (service.pins.size === 0) await new Promise((resolve) => void setImmediate(resolve))
      controller.abort(reason)
      await expect(aborted).rejects.toBe(reason)
      expect(await keep.has(cid, never())).toBe(true)
      expect(await storage.has(cid, never())).toBe(false)
      service.door = 'open'
      await Promise.all([storage.store(cid, block, never()), storage.store(cid, block, never())])
      expect(service.requests.filter((request) => request === 'POST /pins')).toHaveLength(1)
    }))
  it('[BLK-15] that could not fetch the block has failed for now, and is asked anew', () =>
    withWorld(async ({ service, open, own }) => {
      const nowhere = `/ip4/127.0.0.1/tcp/1/p2p/${own.peerId.toString()}`
      await expect(open({ origins: () => [nowhere] }).store(cid, block, never())).rejects.toMatchObject(unreachable)
      expect(service.pins.size).toBe(0)
      expect(await open().store(cid, block, never())).toEqual(service.peers)
    }))
  it('[BLK-15] that takes too long is left at it', () =>
    withWorld(async ({ service, open }) => {
      service.door = 'slow'
      // Ten minutes of looking, of which every pause is over at once.
      const pausesMs: number[] = []
      const after = (delayMs: number, fire: () => void) => {
        pausesMs.push(delayMs)
        const soon = setImmediate(fire)
        return () => clearImmediate(soon)
      }
      const patient = open({ timeoutMs: PIN_TIMEOUT_MS, pollMs: 250, after })
      await expect(patient.store(cid, block, never())).rejects.toMatchObject(unreachable)
      const waitedMs = pausesMs.reduce((sum, each) => sum + each, 0)
      expect(waitedMs).toBeGreaterThan(PIN_TIMEOUT_MS - 10_001)
      expect(waitedMs).toBeLessThanOrEqual(PIN_TIMEOUT_MS)
      expect([...service.pins.values()].map(({ status }) => status)).toEqual(['queued'])
    }))
  it('[BLK-15] that names no peers needs them in the configuration', () =>
    withWorld(async ({ service, open }) => {
      service.namesPeers = false
      await expect(open().store(cid, block, never())).rejects.toMatchObject({
        code: 'STORAGE_REFUSED',
        isRetryable: false,
      })
      expect(await open({ peers: service.peers }).store(cid, block, never())).toEqual(service.peers)
    }))
  it('[BLK-7] [BLK-15] whose answers make no sense is unreachable; a redirect gets no token', () =>
    withWorld(async ({ open }) => {
      const bodies = [
        '',
        'null',
        '{}',
        '{"results":[]}',
        '{"count":1,"results":[{}]}',
        '{"count":1,"results":[null]}',
        '<html>',
      ]
      for (const body of bodies) {
        const server = createServer((_request, response) => void response.end(body))
        const endpoint = await new Promise<string>((resolve) => {
          server.listen(0, '127.0.0.1', () =>
            resolve(`http://127.0.0.1:${Reflect.get(Object(server.address()), 'port')}`),
          )
        })
        await expect(open({ endpoint }).store(cid, block, never())).rejects.toMatchObject(unreachable)
        server.closeAllConnections()
        server.close()
      }
      let tokens = 0
      const server = createServer((request, response) => {
        if (request.url === '/stolen') tokens += 1
        response.writeHead(302, { location: '/stolen' }).end()
      })
      const endpoint = await new Promise<string>((resolve) => {
        server.listen(0, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${Reflect.get(Object(server.address()), 'port')}`),
        )
      })
      await expect(open({ endpoint }).has(cid, never())).rejects.toMatchObject(unreachable)
      expect(tokens).toBe(0)
      server.closeAllConnections()
      server.close()
    }))
})
