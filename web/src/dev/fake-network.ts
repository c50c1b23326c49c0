import { EngineError, type Network, type Params, type PushNode, type PushNodeTest } from '@parley/engine/api'
import { accountOf } from './fake-ids.ts'
import type { FakeState } from './fake-state.ts'
import { nameOf, toWaiting } from './fake-views.ts'

/** What of the network is not made from the rest of the world. */
export type FakeNetwork = Omit<Network, 'addresses' | 'peers' | 'waitingMessages' | 'waiting' | 'storedBytes'>

const peerOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

/** A push node that is used, connected and holding a place unless told. */
export const fakePushNode = (address: string, isConnected = true, fields: Partial<PushNode> = {}): PushNode => ({
  address,
  peerId: peerOf(address),
  isConnected,
  source: 'added',
  relay: isConnected ? 'reserved' : 'none',
  ...fields,
})

/** A node that only this computer reaches, by its owner's choice. */
export const fakeNetwork = (fields: Partial<FakeNetwork> = {}): FakeNetwork => ({
  transport: 'direct',
  isListening: true,
  reach: 'computer',
  isReachChosen: true,
  isReachFixed: false,
  reachability: { state: 'computer', isTesting: false },
  portMapping: { state: 'off' },
  infrastructure: [],
  offeredPushNodes: [],
  ...fields,
})

/** The same with nobody around, as the API answers it. */
export const fakeNetworkAnswer = (fields: Partial<Network> = {}): Network => ({
  ...fakeNetwork(),
  addresses: [],
  peers: [],
  waitingMessages: 0,
  waiting: [],
  storedBytes: 0,
  ...fields,
})

/** What a test would prove now: push nodes pass on for whoever wants to be reached by anyone. */
const proven = ({ reach, infrastructure, reachability }: FakeNetwork, now: number): Network['reachability'] => {
  const isRelayed = infrastructure.some(({ isConnected, relay }) => isConnected && relay === 'reserved')
  if (reach === 'anyone' && reachability.state === 'public') return { ...reachability, testedAt: now, isTesting: false }
  if (isRelayed) return { state: 'relayed', testedAt: now, isTesting: false }
  return { state: reach === 'computer' ? 'computer' : 'network', testedAt: now, isTesting: false }
}

const put = (state: FakeState, fields: Partial<FakeNetwork>): void => {
  const next = { ...state.network, ...fields }
  state.network = { ...next, reachability: proven(next, state.now()) }
  state.touch()
}

/** `parley:push/…` of the pretend world has the address behind it as it is. */
const addressOf = (text: string): string => {
  const address = text.trim().replace(/^parley:push(?=\/)/u, '')
  if (!/^\/.+\/p2p\/\w+$/u.test(address)) throw new EngineError('PUSH_NODE_MALFORMED')
  return address
}

export const usePushNode = (state: FakeState, text: string, fields: Partial<PushNode> = {}): void => {
  const address = addressOf(text)
  const { infrastructure, offeredPushNodes } = state.network
  const peerId = peerOf(address)
  const isReachable = state.pushNodes.get(address)?.isReachable ?? true
  const others = infrastructure.filter((each) => each.peerId !== peerId)
  put(state, {
    infrastructure: [...others, fakePushNode(address, isReachable, fields)],
    offeredPushNodes: offeredPushNodes.filter((each) => each.peerId !== peerId),
  })
}

const answers: PushNodeTest = { isReachable: true, latencyMs: 34, offersRelay: true, offersMailbox: true }

export const networkHandlers = (state: FakeState) => {
  const { me, conversations, now } = state
  const get = (): Network => ({
    ...state.network,
    addresses: state.network.isListening ? me.current.addresses : [],
    peers: conversations
      .filter((each) => each.isConnected)
      .map((each, at) => ({
        account: each.account,
        name: nameOf(each),
        peerId: `12D3KooW${each.id.slice(0, 36)}`,
        path: at % 3 === 2 ? ('relayed' as const) : ('direct' as const),
        connectedAt: now() - 600_000,
      })),
    waitingMessages: conversations.reduce(
      (sum, each) => sum + each.messages.filter((message) => message.state === 'queued').length,
      0,
    ),
    waiting: toWaiting(state),
    storedBytes: 18_400_000,
  })
  return {
    'network.get': get,
    'network.change': ({ reach }: Params<'network.change'>) => {
      if (state.network.isReachFixed) throw new EngineError('REACH_FIXED')
      const portMapping: Network['portMapping'] =
        reach === 'anyone'
          ? { state: 'failed', reason: 'No router on this network opens ports by itself.' }
          : { state: 'off' }
      put(state, { reach, isReachChosen: true, portMapping })
      return get()
    },
    'network.test': () => {
      put(state, {})
      return state.network.reachability
    },
    'pushNodes.test': ({ address }: Params<'pushNodes.test'>) => state.pushNodes.get(addressOf(address)) ?? answers,
    'pushNodes.add': ({ address }: Params<'pushNodes.add'>) => {
      usePushNode(state, address)
      return get()
    },
    'pushNodes.remove': ({ peerId }: Params<'pushNodes.remove'>) => {
      const node = state.network.infrastructure.find((each) => each.peerId === peerId)
      if (node === undefined) throw new EngineError('PUSH_NODE_NOT_FOUND')
      if (node.source === 'config') throw new EngineError('PUSH_NODE_CONFIGURED')
      put(state, { infrastructure: state.network.infrastructure.filter((each) => each.peerId !== peerId) })
      return get()
    },
  }
}

const ours = {
  config: '/dns4/push.example/tcp/443/wss/p2p/12D3KooWPushOne7fQx2',
  added: '/ip4/192.0.2.80/tcp/4001/p2p/12D3KooWPushTwoKv9dL',
  gone: '/dns4/gone.example/tcp/443/wss/p2p/12D3KooWPushGoneB4cRt',
}

export type FakeReach =
  | 'unasked'
  | 'reach-network'
  | 'reach-public'
  | 'reach-alone'
  | 'reach-refused'
  | 'reach-fixed'
  | 'reach-tor'

/** What may be proven of a node, to look at. */
export const seedReach = (state: FakeState, how: FakeReach): void => {
  const testedAt = state.now() - 4 * 60_000
  const { storage = 'self-hosted' } = state.network
  const seeds: Record<FakeReach, Partial<FakeNetwork>> = {
    unasked: { isReachChosen: false },
    'reach-network': { reach: 'network', reachability: { state: 'network', isTesting: false } },
    'reach-public': {
      reach: 'anyone',
      reachability: { state: 'public', testedAt, isTesting: false, by: 'push-node' },
      portMapping: { state: 'mapped', address: '/ip4/198.51.100.7/tcp/4001' },
      infrastructure: [
        fakePushNode(ours.config, true, { source: 'config' }),
        fakePushNode(ours.added, true, { source: 'contact', contact: 'Ada Lindqvist' }),
      ],
    },
    'reach-alone': {
      reach: 'anyone',
      reachability: { state: 'network', isTesting: false },
      portMapping: { state: 'failed', reason: 'No router on this network opens ports by itself.' },
      offeredPushNodes: [
        { address: ours.added, peerId: peerOf(ours.added), account: accountOf('Ada Lindqvist'), name: 'Ada Lindqvist' },
      ],
    },
    'reach-refused': {
      reach: 'anyone',
      reachability: { state: 'network', testedAt, isTesting: false },
      portMapping: { state: 'failed', reason: 'The router refused: not authorized.' },
      infrastructure: [
        fakePushNode(ours.added, true, { relay: 'refused', refusal: 'All of its places are taken.' }),
        fakePushNode(ours.gone, false),
      ],
    },
    'reach-fixed': {
      reach: 'network',
      isReachFixed: true,
      reachability: { state: 'network', isTesting: false },
      infrastructure: [fakePushNode(ours.config, true, { source: 'config', relay: 'none' })],
    },
    'reach-tor': {
      transport: 'tor',
      reach: 'anyone',
      isReachFixed: true,
      reachability: { state: 'public', isTesting: false },
      infrastructure: [fakePushNode(`/onion3/${'a'.repeat(48)}bcdefghi:4001/p2p/12D3KooWOnionTor`)],
    },
  }
  state.network = fakeNetwork({ storage, ...seeds[how] })
  state.pushNodes.set(ours.gone, { isReachable: false, offersRelay: false, offersMailbox: false })
}
