import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { networkContract } from '@parley/engine/contract'
import { createTestNetwork } from './testing/networks.ts'
import { createRogue, framed } from './testing/rogue.ts'

networkContract('libp2p', async () => {
  const tasks: (() => Promise<unknown>)[] = []
  return {
    createNetwork: () => createTestNetwork(),
    strangerId: async () => {
      const stranger = await createTestNetwork({ listen: [] })
      await stranger.stop()
      return stranger.peerId
    },
    silentAddress: async () => {
      const server = await listenSilently()
      tasks.push(async () => server.close())
      const { port }: AddressInfo = addressOf(server)
      return `/ip4/127.0.0.1/tcp/${port}`
    },
    createRogue: async (target) => {
      const rogue = await createRogue()
      tasks.push(() => rogue.stop())
      const stream = await rogue.link(target.addresses()[0] ?? '')
      return { sendFrame: (frame) => void stream.send(framed(frame)) }
    },
    dispose: async () => {
      for (const task of tasks) await task()
    },
  }
})

/** Accepts connections and never says a word. */
function listenSilently(): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, (socket) => void server.once('close', () => socket.destroy()))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on a port')
  return address
}
