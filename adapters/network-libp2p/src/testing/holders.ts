/** Push nodes on loopback for tests. */
import { randomBytes } from 'node:crypto'
import type { MailboxServer } from '@parley/engine'
import type { TestHolder } from '@parley/engine/contract'
import { createPushHost } from '../push-host.ts'
import type { PushHost } from '../push-host.ts'
import { LOOPBACK, silentLog } from './networks.ts'

export interface TestPushNode extends TestHolder {
  readonly host: PushHost
}

export async function createTestHolder(
  mailbox: MailboxServer,
  bootstrap: readonly string[] = [],
): Promise<TestPushNode> {
  const seed = randomBytes(32)
  const start = (listen: string): Promise<PushHost> =>
    createPushHost({ seed, listen: [listen], bootstrap, mailbox, log: silentLog })
  let host = await start(LOOPBACK)
  const { peerId } = host
  const [address = ''] = host.addresses()
  return {
    peerId,
    address,
    get host() {
      return host
    },
    stop: () => host.stop(),
    restart: async () => {
      host = await start(address.replace(/\/p2p\/.*$/, ''))
    },
  }
}
