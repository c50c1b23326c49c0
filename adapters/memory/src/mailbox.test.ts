import { MAILBOX_TIMEOUT_MS, POINTER_REPLICAS_MAX, sha256 } from '@parley/core'
import { echo, hintOf, never } from '@parley/engine/contract'
import type { NetworkPort } from '@parley/engine'
import { describe, expect, it } from 'vitest'
import { createTestClock } from './clock.ts'
import { createMemoryNetworkHub } from './network.ts'

const LATENCY_MS = 20

function createScene() {
  const clock = createTestClock(0)
  const hub = createMemoryNetworkHub({ clock, latencyMs: LATENCY_MS })
  const seen: string[] = []
  const start = async (network: NetworkPort): Promise<NetworkPort> => {
    const note = (text: string): void => void seen.push(`${clock.now()} ${network.peerId} ${text}`)
    await network.start({
      onLink: (link) => link.close(),
      onStatus: () => undefined,
      onNetworkChanged: () => undefined,
      onWake: (topic) => note(`woken on ${topic}`),
      onProfile: (topic) => note(`told on ${topic}`),
      onPushNodes: () => note(`has ${network.mailbox.pushNodes().length} push nodes`),
    })
    return network
  }
  return { clock, hub, seen, start }
}

describe('the mailbox of the memory network', () => {
  it('[MBX-2] fails a request that is not answered in time', async () => {
    const { clock, hub, start } = createScene()
    const address = hub.serveMailbox('push', () => new Promise(() => undefined))
    const alice = await start(hub.createNetwork('alice'))
    const outcome = alice.mailbox.request(address, Uint8Array.of(1), never()).catch((error: unknown) => error)
    let isOver = false
    void outcome.then(() => (isOver = true))
    await clock.run(MAILBOX_TIMEOUT_MS - 1)
    expect(isOver).toBe(false)
    await clock.run(1)
    expect(await outcome).toMatchObject({ code: 'UNREACHABLE', isRetryable: true })
  })

  it('[MBX-1] takes one latency each way, and two for a wake-up', async () => {
    const { clock, hub, seen, start } = createScene()
    const address = hub.serveMailbox('push', echo)
    const [alice, bob] = [
      await start(hub.createNetwork('alice', { pushNodes: [address] })),
      await start(hub.createNetwork('bob', { pushNodes: [address] })),
    ]
    bob.mailbox.listen(new Set([4]))
    await clock.run(100)
    const asked = alice.mailbox
      .request(address, Uint8Array.of(1), never())
      .then(() => seen.push(`${clock.now()} answered`))
    alice.mailbox.wake(4, hintOf(1))
    await clock.run(100)
    await asked
    hub.endMailbox('push')
    await clock.run(100)
    expect(seen.toSorted()).toEqual([
      '140 answered',
      '140 bob woken on 4',
      '20 alice has 1 push nodes',
      '20 bob has 1 push nodes',
      '220 alice has 0 push nodes',
      '220 bob has 0 push nodes',
    ])
    expect(alice.status().infrastructure).toMatchObject([{ address, isConnected: false }])
  })

  it('[MBX-3] names the servers nearest by the distance of their hashed ids, never itself', async () => {
    const { clock, hub, start } = createScene()
    const ids = Array.from({ length: 20 }, (_, number) => `push-${number}`)
    for (const id of ids) hub.serveMailbox(id, echo)
    const own = await start(hub.createNetwork('push-3'))
    const key = sha256(Uint8Array.of(1))
    const finding = own.mailbox.closest(key, never())
    await clock.run(100)
    const distance = (id: string): string =>
      Buffer.from(sha256(new TextEncoder().encode(id)).map((byte, at) => byte ^ (key[at] ?? 0))).toString('hex')
    const others = ids.filter((id) => id !== 'push-3').toSorted((a, b) => (distance(a) < distance(b) ? -1 : 1))
    expect(await finding).toEqual(others.slice(0, POINTER_REPLICAS_MAX).map((id) => `/memory/${id}/p2p/${id}`))
  })
})
