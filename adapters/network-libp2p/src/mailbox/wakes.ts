/** Wake-ups over gossipsub: unsigned, on numbered topics that everybody shares. Spec: MBX-5. */
import { createHash, randomBytes } from 'node:crypto'
import { StrictNoSign, TopicValidatorResult, gossipsub } from '@libp2p/gossipsub'
import type { GossipSub, GossipSubComponents, GossipsubMessage, Message } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import {
  PUSH_CONNECTIONS_MAX,
  WAKE_BYTES_MAX,
  WAKE_TOPICS,
  assert,
  isHint,
  WAKES_BURST_MAX,
  WAKES_PER_SECOND_MAX,
  WAKES_PUSH_NODE_FACTOR,
} from '@parley/core'
import type { LogPort } from '@parley/engine'
import type { Host } from '../host.ts'
import { createAllowance } from './allowance.ts'
import type { Rate } from './allowance.ts'

const TOPIC_PREFIX = '/parley/wake/1/'
/** Random bytes before the hint: the same hint twice is two messages, or the second would count as an echo. */
const NONCE_BYTES = 8
const MESSAGE_ID_BYTES = 16
/** How long the id of a message is known, so that it does not go round. */
const SEEN_MS = 60_000
/**
 * How often gossipsub looks at all its topics. Whoever joins is in at once; this repairs, and is what an idle push node
 * is busy with.
 */
const HEARTBEAT_MS = 3_000
/** What one protobuf of gossipsub may have; ours have one message, or as many as a peer asked for again. */
const RPC_BYTES_MAX = 262_144
const RPC_MESSAGES_MAX = 256
const RPC_IDS_MAX = 512
const OUTBOUND_BYTES_MAX = 1_048_576

/** What one peer may make us pass on; a push node says what others say. */
const DEVICE_RATE: Rate = { perSecond: WAKES_PER_SECOND_MAX, burst: WAKES_BURST_MAX }
const PUSH_NODE_RATE: Rate = {
  perSecond: WAKES_PUSH_NODE_FACTOR * WAKES_PER_SECOND_MAX,
  burst: WAKES_PUSH_NODE_FACTOR * WAKES_BURST_MAX,
}
/** A peer that says more is read this much slower. */
const PENALTY_MS = 50

const topicName = (topic: number): string => `${TOPIC_PREFIX}${topic}`
const TOPICS = Array.from({ length: WAKE_TOPICS }, (_, topic) => topicName(topic))

/** The service of a libp2p node. */
export interface WakeService extends GossipSub {
  /** Ids of the peers that it talks to; `undefined`: everybody. */
  readonly circle: Set<string> | undefined
}

/**
 * The service for a libp2p node. A push node passes on to everybody who subscribed, at once: it is the middle of a
 * star, and a mesh of a few of its peers would leave the others to the next heartbeat. A device talks to its push nodes
 * alone: who else has a connection to it need not know its topics.
 */
export function wakeService(role: 'device' | 'push node'): (components: GossipSubComponents) => WakeService {
  const createGossip = gossipsubOf(role)
  return (components) => {
    const circle = role === 'device' ? new Set<string>() : undefined
    const { privateKey, peerId, peerStore, connectionManager, logger } = components
    const registrar = circle === undefined ? components.registrar : within(circle, components.registrar)
    const gossip = createGossip({ privateKey, peerId, peerStore, connectionManager, logger, registrar })
    return Object.assign(gossip, { circle })
  }
}

function gossipsubOf(role: 'device' | 'push node'): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: messageId,
    allowedTopics: TOPICS,
    // a device alone with its push node has nobody else to tell
    allowPublishToZeroTopicPeers: true,
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
      maxSubscriptions: 2 * WAKE_TOPICS,
      maxMessages: RPC_MESSAGES_MAX,
      maxIhaveMessageIDs: RPC_IDS_MAX,
      maxIwantMessageIDs: RPC_IDS_MAX,
      maxIdontwantMessageIDs: RPC_IDS_MAX,
      maxControlMessages: 2 * WAKE_TOPICS,
      maxPeerInfos: 0,
    },
    ...(role === 'device' ? {} : { D: PUSH_CONNECTIONS_MAX, Dlo: PUSH_CONNECTIONS_MAX, Dhi: PUSH_CONNECTIONS_MAX }),
  })
}

type Registrar = GossipSubComponents['registrar']

/** Lets gossipsub see no peers but those in `circle`. */
function within(circle: ReadonlySet<string>, registrar: Registrar): Registrar {
  return {
    getProtocols: () => registrar.getProtocols(),
    getHandler: (protocol) => registrar.getHandler(protocol),
    getTopologies: (protocol) => registrar.getTopologies(protocol),
    use: (protocol, middleware) => registrar.use(protocol, middleware),
    unuse: (protocol) => registrar.unuse(protocol),
    getMiddleware: (protocol) => registrar.getMiddleware(protocol),
    unhandle: (protocol, options) => registrar.unhandle(protocol, options),
    unregister: (id) => registrar.unregister(id),
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        (stream, connection) => {
          if (circle.has(connection.remotePeer.toString())) return handler(stream, connection)
          stream.abort(new Error('not one of our push nodes'))
          return undefined
        },
        options,
      ),
    register: (protocol, topology, options) =>
      registrar.register(
        protocol,
        {
          ...topology,
          onConnect: (peer, connection) => {
            if (circle.has(peer.toString())) return topology.onConnect?.(peer, connection)
          },
        },
        options,
      ),
  }
}

function messageId({ topic, data }: Message): Uint8Array {
  return createHash('sha256').update(topic).update(data).digest().subarray(0, MESSAGE_ID_BYTES)
}

export interface Wakes {
  /** From now on exactly these topics are heard. */
  listen(topics: ReadonlySet<number>): void
  wake(topic: number, hint: Uint8Array): void
}

export interface WakesOptions {
  /** Peers that pass on for others. */
  readonly pushNodes: readonly PeerId[]
  readonly log: LogPort
  onWake(topic: number, hint: Uint8Array): void
}

/** Drops what is no hint before it is passed on, and tells `onWake` of what was listened for. */
export function createWakes(host: Host, { pushNodes, log, onWake }: WakesOptions): Wakes {
  const { wakes: gossip } = host.services
  const pushNodeIds = new Set(pushNodes.map(String))
  for (const id of pushNodeIds) gossip.circle?.add(id)
  const allowance = createAllowance({ nowMs: () => performance.now() })
  host.addEventListener('peer:disconnect', ({ detail: peer }) => allowance.forget(peer.toString()))
  const validate = async (from: PeerId, { data }: Message): Promise<TopicValidatorResult> => {
    if (!isHint(data.subarray(NONCE_BYTES)) || data.length > NONCE_BYTES + WAKE_BYTES_MAX) {
      return TopicValidatorResult.Reject
    }
    const peerId = from.toString()
    if (allowance.take(peerId, pushNodeIds.has(peerId) ? PUSH_NODE_RATE : DEVICE_RATE))
      return TopicValidatorResult.Accept
    await new Promise<void>((resolve) => setTimeout(resolve, PENALTY_MS).unref())
    return TopicValidatorResult.Ignore
  }
  for (const topic of TOPICS) gossip.topicValidators.set(topic, validate)
  let heard: ReadonlySet<number> = new Set()
  gossip.addEventListener('gossipsub:message', ({ detail: { msg } }: CustomEvent<GossipsubMessage>) => {
    const topic = Number(msg.topic.slice(TOPIC_PREFIX.length))
    if (heard.has(topic)) onWake(topic, msg.data.slice(NONCE_BYTES))
  })
  return {
    listen(topics) {
      const before = heard
      heard = new Set(topics)
      for (const topic of before) if (!heard.has(topic)) gossip.unsubscribe(topicName(topic))
      for (const topic of heard) if (!before.has(topic)) gossip.subscribe(topicName(topic))
    },
    wake(topic, hint) {
      assert(Number.isInteger(topic) && topic >= 0 && topic < WAKE_TOPICS, 'a topic is a number below WAKE_TOPICS')
      assert(isHint(hint), 'a hint is whole prefixes, at most WAKE_BYTES_MAX')
      const data = Buffer.concat([randomBytes(NONCE_BYTES), hint])
      gossip.publish(topicName(topic), data).catch((error: unknown) => {
        log.log('debug', 'a wake-up was not sent', { error: String(error) })
      })
    },
  }
}

/** Every topic: what a push node passes on. */
export const ALL_TOPICS: ReadonlySet<number> = new Set(TOPICS.keys())
