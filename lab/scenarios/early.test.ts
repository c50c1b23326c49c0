/** An account that can be read before its network is there. */
import {
  createMemoryLog,
  createMemoryNetworkHub,
  createMemoryStore,
  createTestClock,
  seededRandom,
} from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { peerIdOfKey } from '@parley/core'
import { type Engine, openEngine, PortError } from '@parley/engine'
import { describe, expect, it } from 'vitest'

/** An engine whose network is made when `made` is resolved, and whether the network was ended. */
async function openEarly() {
  const crypto = await createNodeCrypto()
  const clock = createTestClock()
  const hub = createMemoryNetworkHub({ clock })
  const made = Promise.withResolvers<void>()
  const seen = { isStopped: false }
  const engine = await openEngine(
    {
      store: createMemoryStore(),
      clock,
      random: seededRandom(41),
      crypto,
      log: createMemoryLog(),
      networkAtStart: { transport: 'tor' },
      createNetwork: async (deviceSeed) => {
        await made.promise
        const network = hub.createNetwork(peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed)))
        const stop = network.stop.bind(network)
        network.stop = () => {
          seen.isStopped = true
          return stop()
        }
        return network
      },
    },
    { name: 'Alice', isEarly: true },
  )
  return { engine, made, seen }
}

/** What came of it so far, once everything that can go on without the network did. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'waits'
  promise.then(
    () => (state = 'done'),
    () => (state = 'failed'),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return state
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code,
  )

const firstOf = (engine: Engine) => engine.live('conversations.list', {}).whenReady()

describe('an engine whose network is still being made', () => {
  it('[NODE-15] answers queries, and has commands wait', async () => {
    const { engine, made } = await openEarly()
    expect(await engine.call('conversations.list', {})).toEqual([])
    expect(await engine.call('me.get', {})).toMatchObject({ name: 'Alice' })
    const before = await engine.call('network.get', {})
    expect(before).toMatchObject({ isListening: false, transport: 'tor', reach: 'computer', addresses: [] })
    const invite = engine.call('invites.create', {})
    expect(await stateOf(invite)).toBe('waits')
    made.resolve()
    await engine.connected
    expect((await invite).link).toMatch(/^parley:/)
    expect(await engine.call('network.get', {})).toMatchObject({ isListening: true })
    await engine[Symbol.asyncDispose]()
  })
  it('[NODE-15] says to whoever waits what the network failed with, and goes on answering queries', async () => {
    const { engine, made } = await openEarly()
    const invite = codeOf(engine.call('invites.create', {}))
    made.reject(new PortError('ADDRESS_IN_USE', 'Another program has the port.', false))
    await expect(engine.connected).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    expect(await invite).toBe('CLOSED')
    expect(await engine.call('conversations.list', {})).toEqual([])
    await engine[Symbol.asyncDispose]()
  })
  it('law 9: ends the network that comes after it was stopped, and tells whoever waits', async () => {
    const { engine, made, seen } = await openEarly()
    const invite = codeOf(engine.call('invites.create', {}))
    const ended = engine[Symbol.asyncDispose]()
    made.resolve()
    await ended
    expect(seen.isStopped).toBe(true)
    expect(await invite).toBe('CLOSED')
    await expect(firstOf(engine)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
