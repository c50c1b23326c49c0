/** Push nodes without Tor, asked by devices behind a Tor of the tests. Spec: TOR-1, TOR-10. */
import { randomBytes } from 'node:crypto'
import { mailboxContract, profilePushContract } from '@parley/engine/contract'
import type { MailboxWorld } from '@parley/engine/contract'
import { createTestHolder } from '../testing/holders.ts'
import type { TestPushNode } from '../testing/holders.ts'
import { createTestNetwork } from '../testing/networks.ts'
import { deriveOnionKey } from './onion-key.ts'
import { FakeTor } from './testing/fake-tor.ts'

async function createWorld(): Promise<MailboxWorld> {
  const holders: TestPushNode[] = []
  const tor = await FakeTor.start()
  const { socks, control } = tor
  return {
    createNetwork: async (pushNodes) => {
      const deviceSeed = randomBytes(32)
      tor.expect(await deriveOnionKey(deviceSeed))
      return createTestNetwork({ deviceSeed, bootstrap: pushNodes, isRelayClient: false, tor: { socks, control } })
    },
    createHolder: async (server) => {
      const holder = await createTestHolder(server)
      holders.push(holder)
      return holder
    },
    dispose: async () => {
      for (const holder of holders) await holder.stop()
      await tor[Symbol.asyncDispose]()
    },
  }
}

mailboxContract('libp2p through Tor', createWorld)
profilePushContract('libp2p through Tor', createWorld)
