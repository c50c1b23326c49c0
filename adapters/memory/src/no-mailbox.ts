import { PortError } from '@parley/engine'
import type { MailboxPort, ProfilePushPort } from '@parley/engine'

/** The mailbox port of a device that knows no push node and no DHT: everything is out of reach. */
export const noMailbox: MailboxPort = {
  async request(address, _request, signal) {
    signal.throwIfAborted()
    throw new PortError('UNREACHABLE', `Nobody is at ${address}.`, true)
  },
  pushNodes: () => [],
  async closest(_key, signal) {
    signal.throwIfAborted()
    return []
  },
  listen: () => undefined,
  wake: () => undefined,
}

/** Profiles of a device that knows no push node: nobody hears them. */
export const noProfiles: ProfilePushPort = { listen: () => undefined, push: () => undefined }
