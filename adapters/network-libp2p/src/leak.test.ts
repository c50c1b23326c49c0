/** What a thousand links leave behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Link, NetworkPort } from '@parley/engine'
import { never } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { Cleanup, createTestNetwork } from './testing/networks.ts'
import { createRogue } from './testing/rogue.ts'

setFlagsFromString('--expose_gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes in use once nothing more can be collected. */
/** Of 200 connections each. */
const WINDOWS_MAX = 6

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Remembers the newest link only: a recorder of everything would be the leak. */
async function startForgetful(
  cleanup: Cleanup,
): Promise<{ network: NetworkPort; opened(): Promise<Link>; closed(): Promise<void> }> {
  const network = await createTestNetwork()
  cleanup.add(() => network.stop())
  let opened = Promise.withResolvers<Link>()
  let closed = Promise.withResolvers<void>()
  await network.start({
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
    onLink: (link) => {
      link.listen({
        onFrame: () => undefined,
        onDrain: () => undefined,
        onClose: () => {
          opened = Promise.withResolvers()
          closed.resolve()
        },
      })
      closed = Promise.withResolvers()
      opened.resolve(link)
    },
  })
  return { network, opened: () => opened.promise, closed: () => closed.promise }
}

describe('memory', () => {
  it('[LINK-8] stays flat over 1,000 links made and closed', { timeout: 60_000 }, async () => {
    await using cleanup = new Cleanup()
    const [alice, bob] = [await startForgetful(cleanup), await startForgetful(cleanup)]
    const cycle = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await alice.network.connect(bob.network.peerId, bob.network.addresses(), never())
        const [near, far] = await Promise.all([alice.opened(), bob.opened()])
        near.send(new Uint8Array(1_000))
        const closed = Promise.all([alice.closed(), bob.closed()])
        if (round % 2 === 0) near.close()
        else far.close()
        await closed
      }
    }
    await cycle(300)
    const before = await usedBytes()
    await cycle(1_000)
    const grownBytes = (await usedBytes()) - before
    expect(grownBytes).toBeLessThan(1_500_000)
  })

  it('[LINK-8] stays flat over 200 connections made and dropped', { timeout: 120_000 }, async () => {
    await using cleanup = new Cleanup()
    const bob = await startForgetful(cleanup)
    const rogue = await createRogue()
    cleanup.add(() => rogue.stop())
    const address = bob.network.addresses()[0] ?? ''
    const cycle = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await rogue.link(address)
        await bob.opened()
        const closed = bob.closed()
        for (const connection of rogue.host.getConnections()) connection.abort(new Error('dropped'))
        await closed
      }
    }
    await cycle(50)
    // libp2p's timers hold what a connection was for some seconds: that fills up once. A leak grows in every window.
    const grownBytes: number[] = []
    do {
      const before = await usedBytes()
      await cycle(200)
      grownBytes.push((await usedBytes()) - before)
    } while (grownBytes.length < WINDOWS_MAX && (grownBytes.at(-1) ?? 0) >= 3_000_000)
    expect(Math.min(...grownBytes)).toBeLessThan(3_000_000)
    expect(bob.network.status().connections).toBe(0)
  })
})
