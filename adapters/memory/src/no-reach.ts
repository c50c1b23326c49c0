import { PortError } from '@parley/engine'
import type { ReachPort } from '@parley/engine'

/** The reach of a network that is where it is: nothing of it can be changed or asked. */
export const noReach: ReachPort = {
  change: () => Promise.reject(new Error('this network is where it is')),
  usePushNodes: () => undefined,
  tryPushNode: async () => ({
    isReachable: false,
    offersRelay: false,
    offersMailbox: false,
    problem: 'Nobody is there.',
  }),
  async askDialBack(_peerId, signal) {
    signal.throwIfAborted()
    throw new PortError('UNREACHABLE', 'Nobody here dials back.', true)
  },
  confirm: () => undefined,
  seek: () => undefined,
}
