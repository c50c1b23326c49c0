/** How the pretend node reaches others, and its push nodes. */
import { EngineError, type Network, type PushNode, type PushNodeTest } from '@parley/engine/api'
import type { Handlers } from './fake-handlers.ts'
import type { FakeState } from './fake-state.ts'

/** What a pretend node says about its network, without what its conversations say. */
export type FakeNetwork = Omit<
  Network,
  'addresses' | 'peers' | 'waitingMessages' | 'waiting' | 'storedBytes' | 'storage'
> & { readonly storage?: NonNullable<Network['storage']> }

/** A network that listens for this computer alone; `fields` differ. */
export const fakeNetwork = (fields: Partial<FakeNetwork> = {}): FakeNetwork => ({
  transport: 'direct',
  reach: 'computer',
  isReachChosen: true,
  isReachFixed: false,
  reachability: { state: 'computer', isTesting: false },
  portMapping: { state: 'off' },
  isListening: true,
  infrastructure: [],
  offeredPushNodes: [],
  ...fields,
})

export const fakePushNode = (address: string, isConnected = true, fields: Partial<PushNode> = {}): PushNode => ({
  address,
  peerId: address.slice(address.lastIndexOf('/') + 1),
  isConnected,
  source: 'added',
  relay: isConnected ? 'reserved' : 'none',
  ...fields,
})

const reachabilityOf = (state: FakeState): Network['reachability'] => {
  const { reach, infrastructure } = state.network
  if (infrastructure.some(({ relay }) => relay === 'reserved')) {
    const isPublic = reach === 'anyone'
    return {
      state: isPublic ? 'public' : 'relayed',
      testedAt: state.now(),
      isTesting: false,
      ...(isPublic ? { by: 'push-node' as const } : {}),
    }
  }
  return { state: reach === 'computer' ? 'computer' : 'network', isTesting: false }
}

const test = (address: string): PushNodeTest =>
  address.includes('unreachable')
    ? { isReachable: false, offersRelay: false, offersMailbox: false, problem: 'Nobody answers there.' }
    : { isReachable: true, latencyMs: 42, offersRelay: true, offersMailbox: true }

const peerOf = (address: string): string => {
  const peerId = /(?:\/p2p\/|^parley:push\/)([A-Za-z0-9_-]+)$/u.exec(address.trim())?.[1]
  if (peerId === undefined) throw new EngineError('PUSH_NODE_MALFORMED')
  return peerId
}

export const networkHandlers = (
  state: FakeState,
  read: Handlers['network.get'],
): Pick<
  Handlers,
  'network.change' | 'network.test' | 'pushNodes.add' | 'pushNodes.test' | 'pushNodes.remove' | 'invites.preview'
> => {
  const set = (fields: Partial<FakeNetwork>): Network => {
    state.network = { ...state.network, ...fields }
    state.network = { ...state.network, reachability: reachabilityOf(state) }
    state.touch()
    return read({})
  }
  return {
    'network.change': ({ reach }) => {
      if (state.network.isReachFixed) throw new EngineError('REACH_FIXED')
      return set({ reach, isReachChosen: true })
    },
    'network.test': () => set({}).reachability,
    'pushNodes.add': ({ address }) => {
      const peerId = peerOf(address)
      const { infrastructure, offeredPushNodes } = state.network
      return set({
        infrastructure: [
          ...infrastructure.filter((each) => each.peerId !== peerId),
          fakePushNode(address, true, { peerId }),
        ],
        offeredPushNodes: offeredPushNodes.filter((each) => each.peerId !== peerId),
      })
    },
    'pushNodes.test': ({ address }) => {
      peerOf(address)
      return test(address)
    },
    'pushNodes.remove': ({ peerId }) => {
      const node = state.network.infrastructure.find((each) => each.peerId === peerId)
      if (node === undefined) throw new EngineError('PUSH_NODE_NOT_FOUND')
      if (node.source === 'config') throw new EngineError('PUSH_NODE_CONFIGURED')
      return set({ infrastructure: state.network.infrastructure.filter((each) => each !== node) })
    },
    'invites.preview': ({ link }) => {
      if (!link.includes('#')) throw new EngineError('INVITE_MALFORMED')
      const own = state.invites.some((invite) => invite.link === link)
      return {
        account: own ? state.account : 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH',
        name: own ? state.me.current.name : 'Noor',
        expiresAt: state.now() + 20 * 86_400_000,
        worksOn: 'anywhere',
        pushNodes: ['/dns4/push.example/tcp/443/wss/p2p/12D3KooWNoor'],
        ...(own ? { problem: 'own' as const } : {}),
      }
    },
  }
}
