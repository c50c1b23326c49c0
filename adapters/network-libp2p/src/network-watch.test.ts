import { NETWORK_LOOK_MS, SLEEP_GAP_MS } from '@parley/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { after } from './deadline.ts'
import { createNetworkWatch, machineAddresses } from './network-watch.ts'
import type { NetworkChange } from './network-watch.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

function setUp() {
  const machine = { addresses: ['eth0 192.168.1.10', 'eth0 2a0f::10'], sleptMs: 0 }
  const changes: NetworkChange[] = []
  const watch = createNetworkWatch({
    addresses: () => machine.addresses,
    now: () => Date.now() + machine.sleptMs,
    after,
    onChange: (change) => changes.push(change),
  })
  watch.start()
  return { machine, changes, watch, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

describe('the watch over the network', () => {
  it('[NET-31] tells once when an address came or went, and nothing about their order', async () => {
    const { machine, changes, pass } = setUp()
    await pass(10 * NETWORK_LOOK_MS)
    machine.addresses = machine.addresses.toReversed()
    await pass(10 * NETWORK_LOOK_MS)
    expect(changes).toEqual([])
    machine.addresses = ['eth0 10.0.0.7']
    await pass(NETWORK_LOOK_MS)
    expect(changes).toEqual(['addresses'])
    machine.addresses = []
    await pass(10 * NETWORK_LOOK_MS)
    expect(changes).toEqual(['addresses', 'addresses'])
  })

  it('[NET-31] knows sleep by a look that comes late, and tells it once also when the machine woke elsewhere', async () => {
    const { machine, changes, pass } = setUp()
    await pass(NETWORK_LOOK_MS)
    machine.sleptMs += SLEEP_GAP_MS
    machine.addresses = ['eth0 10.0.0.7']
    await pass(NETWORK_LOOK_MS)
    expect(changes).toEqual(['sleep'])
    machine.sleptMs += SLEEP_GAP_MS - 1
    await pass(NETWORK_LOOK_MS)
    machine.sleptMs -= 3_600_000
    await pass(10 * NETWORK_LOOK_MS)
    expect(changes).toEqual(['sleep'])
  })

  it('[NET-9] has no timer left once it is stopped', async () => {
    const { machine, changes, watch, pass } = setUp()
    await pass(3 * NETWORK_LOOK_MS)
    watch.stop()
    machine.addresses = []
    await pass(10 * NETWORK_LOOK_MS)
    expect(changes).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-31] sees no loopback and no link-local address', () => {
    for (const address of machineAddresses()) expect(address).not.toMatch(/ (127\.|::1$|fe80)/)
  })
})
