/** What every network and every mailbox must do, behind a Tor of the tests. Spec: TOR-1. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { NetworkPort } from '@parley/engine'
import { networkContract } from '@parley/engine/contract'
import { createLibp2pNetwork } from '../network.ts'
import { createTestNetwork, silentLog } from '../testing/networks.ts'
import { createRogue, framed } from '../testing/rogue.ts'
import { deriveOnionKey } from './onion-key.ts'
import { FakeTor } from './testing/fake-tor.ts'

networkContract('libp2p through Tor', async () => {
  const tasks: (() => Promise<unknown>)[] = []
  const tor = await FakeTor.start()
  const createNetwork = async (): Promise<NetworkPort> => {
    const deviceSeed = randomBytes(32)
    tor.expect(await deriveOnionKey(deviceSeed))
    const { socks, control } = tor
    return createLibp2pNetwork({ deviceSeed, listen: [], bootstrap: [], tor: { socks, control }, log: silentLog })
  }
  return {
    createNetwork,
    strangerId: async () => {
      const stranger = await createTestNetwork({ listen: [] })
      await stranger.stop()
      return stranger.peerId
    },
    silentAddress: async () => {
      const server = createServer(
        { pauseOnConnect: true },
        (socket) => void server.once('close', () => socket.destroy()),
      )
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      tasks.push(async () => server.close())
      const address = server.address()
      return `/ip4/127.0.0.1/tcp/${typeof address === 'object' && address !== null ? address.port : 0}`
    },
    createRogue: async (target) => {
      const rogue = await createRogue()
      tasks.push(() => rogue.stop())
      // The rogue has no Tor: it comes to the port to which Tor hands over.
      const [, serviceId = ''] = /^\/onion3\/([a-z2-7]{56}):/.exec(target.addresses()[0] ?? '') ?? []
      const stream = await rogue.link(`/ip4/127.0.0.1/tcp/${tor.onions.get(serviceId)}/p2p/${target.peerId}`)
      return { sendFrame: (frame) => void stream.send(framed(frame)) }
    },
    dispose: async () => {
      for (const task of tasks) await task()
      await tor[Symbol.asyncDispose]()
    },
  }
})
