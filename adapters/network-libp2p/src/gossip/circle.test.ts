import { randomBytes } from 'node:crypto'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { macrotask } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { hostConfig, startHost } from '../host.ts'
import { Cleanup } from '../testing/networks.ts'
import { createRogue } from '../testing/rogue.ts'
import { within } from './circle.ts'

type Registrar = GossipSubComponents['registrar']

const PROTOCOL = '/test/1'
const LARGE = 40_000

describe('what gossipsub sees of our connections', () => {
  it('[PUB-2] a peer that does not read loses large messages, and keeps its stream and the small ones', async () => {
    await using cleanup = new Cleanup()
    const far = await createRogue()
    cleanup.add(far.stop)
    const config = await hostConfig({ seed: randomBytes(32), listen: [], dhtMode: 'client', connectionsMax: 10 })
    const seen = ({ registrar }: { readonly registrar: Registrar }) => ({ registrar })
    const near = await startHost({ ...config, services: { ...config.services, seen } }, [])
    cleanup.add(async () => near.stop())
    const received = { bytes: 0 }
    const slow = Promise.withResolvers<() => void>()
    await far.host.handle(PROTOCOL, (stream) => {
      stream.addEventListener('message', ({ data }) => void (received.bytes += data.byteLength))
      stream.pause()
      slow.resolve(() => stream.resume())
    })
    const opened = Promise.withResolvers<Connection>()
    await within(
      { onJoin: () => undefined, has: () => true, opens: async () => true },
      near.services.seen.registrar,
    ).register(PROTOCOL, {
      onConnect: (_peer, connection) => opened.resolve(connection),
    })
    await near.dial(multiaddr(far.host.getMultiaddrs()[0]?.toString() ?? ''))
    const connection = await opened.promise
    const stream = await connection.newStream(PROTOCOL)
    const resume = await slow.promise
    for (let count = 0; count < 500; count++) {
      stream.send(randomBytes(LARGE))
      await macrotask()
    }
    expect(stream.writeBufferLength).toBeLessThan(600_000)
    for (let count = 0; count < 20; count++) stream.send(randomBytes(100))
    expect(stream.status).toBe('open')
    resume()
    while (received.bytes % LARGE !== 20 * 100) await macrotask()
    expect(received.bytes).toBeLessThan(500 * LARGE)
    expect(received.bytes).toBeGreaterThan(LARGE)
  })
})
