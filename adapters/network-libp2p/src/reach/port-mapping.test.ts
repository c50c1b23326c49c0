import { createTestClock } from '@parley/adapter-memory'
import { PORT_MAPPING_AGAIN_MS } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../testing/networks.ts'
import { NoAnswer, PortMapping } from './port-mapping.ts'
import type { MappedPort, Router } from './port-mapping.ts'

type Behaviour = () => MappedPort | Error

function scene(...behaviours: Behaviour[]) {
  const clock = createTestClock()
  const calls: string[] = []
  const routers = behaviours.map((behaviour, index): Router => ({
    map: async (port) => {
      calls.push(`map ${index} ${port}`)
      const result = behaviour()
      if (result instanceof Error) throw result
      return result
    },
    unmap: async () => void calls.push(`unmap ${index}`),
  }))
  const mapping = new PortMapping({
    routers: {
      async *find() {
        yield* routers
      },
    },
    log: silentLog,
    onChange: () => undefined,
    after: (delayMs, fire) => clock.after(delayMs, fire),
  })
  const settle = async (ms = 0) => {
    await clock.run(ms)
  }
  return { mapping, calls, settle }
}

const mapped = (host: string, port = 4_100): MappedPort => ({ host, port, lifetimeMs: 3_600_000 })

describe('a port of the router', () => {
  it('[NET-14] is renewed before it ends, and given back', async () => {
    const { mapping, calls, settle } = scene(() => mapped('203.0.113.9'))
    mapping.start(4_100)
    expect(mapping.status).toEqual({ state: 'searching' })
    await settle()
    expect(mapping.status).toEqual({ state: 'mapped', address: '/ip4/203.0.113.9/tcp/4100' })
    await settle(PORT_MAPPING_AGAIN_MS)
    await mapping.stop()
    expect(mapping.status).toEqual({ state: 'off' })
    expect(calls).toEqual(['map 0 4100', 'map 0 4100', 'unmap 0'])
    await settle(10 * PORT_MAPPING_AGAIN_MS)
    expect(calls).toHaveLength(3)
  })

  it('[NET-14] a router behind another one is of no use, which is said', async () => {
    const { mapping, calls, settle } = scene(() => mapped('100.64.0.9'))
    mapping.start(4_100)
    await settle()
    expect(mapping.status).toEqual({
      state: 'failed',
      reason: 'The router is behind another one: its own address is 100.64.0.9.',
    })
    expect(calls).toEqual(['map 0 4100', 'unmap 0'])
    await mapping.stop()
  })

  it('[NET-14] the next router is asked when one is silent or refuses; with none it is tried again later', async () => {
    let isThere = false
    const { mapping, settle } = scene(
      () => new NoAnswer('silence'),
      () => (isThere ? mapped('203.0.113.9') : new Error('no')),
    )
    mapping.start(4_100)
    await settle()
    expect(mapping.status).toEqual({ state: 'failed', reason: 'The router refused: no' })
    isThere = true
    await settle(PORT_MAPPING_AGAIN_MS)
    expect(mapping.status.state).toBe('mapped')
    await mapping.stop()
    const alone = scene(() => new NoAnswer('silence'))
    alone.mapping.start(1)
    await alone.settle()
    expect(alone.mapping.status).toEqual({
      state: 'failed',
      reason: 'No router on this network opens ports by itself.',
    })
    await alone.mapping.stop()
  })
})
