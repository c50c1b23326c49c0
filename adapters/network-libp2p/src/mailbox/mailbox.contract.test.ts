import { mailboxContract, profilePushContract } from '@parley/engine/contract'
import type { MailboxWorld } from '@parley/engine/contract'
import { createTestHolder } from '../testing/holders.ts'
import type { TestPushNode } from '../testing/holders.ts'
import { createTestNetwork } from '../testing/networks.ts'

async function createWorld(): Promise<MailboxWorld> {
  const holders: TestPushNode[] = []
  return {
    createNetwork: (pushNodes) => createTestNetwork({ bootstrap: pushNodes, isRelayClient: false }),
    createHolder: async (server) => {
      const holder = await createTestHolder(server)
      holders.push(holder)
      return holder
    },
    dispose: async () => {
      for (const holder of holders) await holder.stop()
    },
  }
}

mailboxContract('libp2p', createWorld)
profilePushContract('libp2p', createWorld)
