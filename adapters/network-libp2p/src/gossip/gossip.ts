/** Gossipsub as we use it: unsigned messages on numbered topics that everybody shares. Spec: MBX-5, PUB-1…PUB-3. */
import { createHash } from 'node:crypto'
import { StrictNoSign, TopicValidatorResult, gossipsub } from '@libp2p/gossipsub'
import type { GossipSub, GossipSubComponents, GossipsubMessage, Message } from '@libp2p/gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import { PUSH_CONNECTIONS_LIMIT_MAX, assert } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { openConnection } from '../dialer.ts'
import { DHT_PROTOCOL } from '../dht/protocol.ts'
import type { Host } from '../host.ts'
import { createAllowance } from './allowance.ts'
import type { Rate } from './allowance.ts'
import { within } from './circle.ts'
import type { Circle } from './circle.ts'
import { PROFILES, WAKES } from './topics.ts'
import type { Topics } from './topics.ts'

const TOPICS = [...WAKES.names, ...PROFILES.names]

const MESSAGE_ID_BYTES = 16
/** How long the id of a message is known, so that it does not go round. */
const SEEN_MS = 60_000
/**
 * How often gossipsub looks at all its topics. Whoever joins is in at once; this repairs, and is what an idle push node
 * is busy with.
 */
const HEARTBEAT_MS = 3_000
/** What one protobuf of gossipsub may have; ours have one message, or as many as a peer asked for again. */
const RPC_BYTES_MAX = 1_048_576
const RPC_MESSAGES_MAX = 256
const RPC_IDS_MAX = 512
const OUTBOUND_BYTES_MAX = 1_048_576
/** A peer that says more than it may is read this much slower. */
const PENALTY_MS = 50

/** The service of a libp2p node. */
export interface GossipService extends GossipSub {
  /** Ids of the peers that it talks to; `undefined`: everybody. */
  readonly circle: Set<string> | undefined
  /** A peer that is connected already came into the circle. */
  introduce(peer: PeerId, connection: Connection): Promise<void>
}

/**
 * The service for a libp2p node. A push node passes on to everybody who subscribed, at once: it is the middle of a
 * star, and a mesh of a few of its peers would leave the others to the next heartbeat. It speaks first to other push nodes
 * only: most devices that connect to it want something else, and need not hear of all its topics. A device talks to its push nodes
 * alone: who else has a connection to it need not know its topics.
 */
export function gossipService(role: 'device' | 'push node'): (components: GossipSubComponents) => GossipService {
  const createGossipsub = gossipsubOf(role)
  return (components) => {
    const circle = role === 'device' ? new Set<string>() : undefined
    const { privateKey, peerId, peerStore, connectionManager, logger } = components
    let introduce: GossipService['introduce'] = async () => undefined
    const peers: Circle = {
      onJoin: (found) => (introduce = found),
      has: ({ remotePeer }) => circle?.has(remotePeer.toString()) ?? true,
      opens: async (peer) => circle !== undefined || isServer(peerStore, peer),
    }
    const registrar = within(peers, components.registrar)
    const service = createGossipsub({ privateKey, peerId, peerStore, connectionManager, logger, registrar })
    return Object.assign(service, {
      circle,
      introduce: (peer: PeerId, connection: Connection) => introduce(peer, connection),
    })
  }
}

async function isServer(peerStore: GossipSubComponents['peerStore'], peer: PeerId): Promise<boolean> {
  return (await peerStore.has(peer)) && (await peerStore.get(peer)).protocols.includes(DHT_PROTOCOL)
}

function gossipsubOf(role: 'device' | 'push node'): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: messageId,
    allowedTopics: TOPICS,
    // a device alone with its push node has nobody else to tell
    allowPublishToZeroTopicPeers: true,
    // what was said a moment ago is known by now
    ignoreDuplicatePublishError: true,
    floodPublish: true,
    fallbackToFloodsub: false,
    runOnLimitedConnection: true,
    doPX: false,
    // one write to the peer store for every topic and peer
    tagMeshPeers: false,
    // many devices share one address: a home, a relay, Tor
    scoreParams: { IPColocationFactorWeight: 0 },
    seenTTL: SEEN_MS,
    heartbeatInterval: HEARTBEAT_MS,
    // a peer that says more than it may is read slower, and its bytes wait with it instead of here
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: RPC_BYTES_MAX,
    maxOutboundBufferSize: OUTBOUND_BYTES_MAX,
    decodeRpcLimits: {
      maxSubscriptions: 2 * TOPICS.length,
      maxMessages: RPC_MESSAGES_MAX,
      maxIhaveMessageIDs: RPC_IDS_MAX,
      maxIwantMessageIDs: RPC_IDS_MAX,
      maxIdontwantMessageIDs: RPC_IDS_MAX,
      maxControlMessages: 2 * TOPICS.length,
      maxPeerInfos: 0,
    },
    ...(role === 'device'
      ? {}
      : { D: PUSH_CONNECTIONS_LIMIT_MAX, Dlo: PUSH_CONNECTIONS_LIMIT_MAX, Dhi: PUSH_CONNECTIONS_LIMIT_MAX }),
  })
}

function messageId({ topic, data }: Message): Uint8Array {
  return createHash('sha256').update(topic).update(data).digest().subarray(0, MESSAGE_ID_BYTES)
}

/** One family of topics of one node. */
export interface Channel {
  /** From now on exactly these topics are heard. */
  listen(topics: ReadonlySet<number>): void
  /** Takes the bytes. Lost without a sign when nobody is connected. */
  publish(topic: number, data: Uint8Array): void
}

export interface ChannelOptions {
  readonly topics: Topics
  /** What one peer may make us pass on; a push node says what others say. */
  readonly deviceRate: Rate
  readonly pushNodeRate: Rate
  /** What all peers together may make us pass on. */
  readonly totalRate?: Rate
  /** False: nobody gets it from us. Looked at before the allowance of its sender is. */
  isWellFormed(data: Uint8Array): boolean
  /** False: the same; looked at after the allowance, for what costs time. Never rejects. */
  isGood?: ((topic: number, data: Uint8Array) => Promise<boolean>) | undefined
  /** A message on a topic that was listened for; the bytes belong to gossipsub. */
  onMessage(topic: number, data: Uint8Array): void
}

export interface Gossip {
  /** These are the push nodes from now on. */
  setPushNodes(peers: readonly PeerId[]): void
  /** Once for each family. */
  open(options: ChannelOptions): Channel
}

export interface GossipOptions {
  /** Peers that pass on for others. */
  readonly pushNodes: readonly PeerId[]
  readonly log: LogPort
}

/** Who is everybody, of one allowance. */
const EVERYBODY = 'everybody'

/** Drops what is not well-formed, not good or too much before it is passed on. */
export function createGossip(host: Host, { pushNodes, log }: GossipOptions): Gossip {
  const { gossip: service } = host.services
  let pushNodeIds: ReadonlySet<string> = new Set(pushNodes.map(String))
  for (const id of pushNodeIds) service.circle?.add(id)
  const setPushNodes = (peers: readonly PeerId[]): void => {
    const former = pushNodeIds
    pushNodeIds = new Set(peers.map(String))
    for (const id of former) if (!pushNodeIds.has(id)) service.circle?.delete(id)
    for (const peer of peers) {
      if (former.has(peer.toString())) continue
      service.circle?.add(peer.toString())
      const connection = openConnection(host, peer)
      if (connection === undefined) continue
      service.introduce(peer, connection).catch((error: unknown) => {
        log.log('debug', 'a push node was not listened to', { error: String(error) })
      })
    }
  }

  const open = (options: ChannelOptions): Channel => {
    const { topics, deviceRate, pushNodeRate, totalRate, isWellFormed, isGood, onMessage } = options
    const allowance = createAllowance({ nowMs: () => performance.now() })
    const total = createAllowance({ nowMs: () => performance.now() })
    host.addEventListener('peer:disconnect', ({ detail: peer }) => allowance.forget(peer.toString()))
    const validate = async (from: PeerId, { topic: name, data }: Message): Promise<TopicValidatorResult> => {
      const topic = topics.numberOf(name)
      if (topic === undefined || !isWellFormed(data)) return TopicValidatorResult.Reject
      const peerId = from.toString()
      if (!allowance.take(peerId, pushNodeIds.has(peerId) ? pushNodeRate : deviceRate)) {
        await new Promise<void>((resolve) => setTimeout(resolve, PENALTY_MS).unref())
        return TopicValidatorResult.Ignore
      }
      if (totalRate !== undefined && !total.take(EVERYBODY, totalRate)) return TopicValidatorResult.Ignore
      return isGood === undefined || (await isGood(topic, data))
        ? TopicValidatorResult.Accept
        : TopicValidatorResult.Reject
    }
    for (const name of topics.names) service.topicValidators.set(name, validate)
    let heard: ReadonlySet<number> = new Set()
    service.addEventListener('gossipsub:message', ({ detail: { msg } }: CustomEvent<GossipsubMessage>) => {
      const topic = topics.numberOf(msg.topic)
      if (topic !== undefined && heard.has(topic)) onMessage(topic, msg.data)
    })
    return {
      listen(wanted) {
        const before = heard
        heard = new Set(wanted)
        for (const topic of before) if (!heard.has(topic)) service.unsubscribe(topics.name(topic))
        for (const topic of heard) if (!before.has(topic)) service.subscribe(topics.name(topic))
      },
      publish(topic, data) {
        assert(topics.all.has(topic), 'a topic is a number below their count')
        service.publish(topics.name(topic), data).catch((error: unknown) => {
          log.log('debug', 'a message was not sent to those who listen', { error: String(error) })
        })
      },
    }
  }
  return { open, setPushNodes }
}
