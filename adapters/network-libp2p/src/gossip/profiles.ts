/** Public profiles of the moment over gossipsub. Spec: PUB-1…PUB-3. */
import {
  PROFILE_BYTES_MAX,
  PROFILE_PUSHES_BURST_MAX,
  PROFILE_PUSHES_PER_SECOND_MAX,
  WAKES_PUSH_NODE_FACTOR,
  assert,
} from '@parley/core'
import type { ProfilePushHandlers, ProfilePushPort } from '@parley/engine'
import type { Gossip } from './gossip.ts'
import { PROFILES } from './topics.ts'

/** What all peers of a node may say is what twice as many as one push node may: gossipsub keeps it for a while. */
const TOTAL_FACTOR = 2 * WAKES_PUSH_NODE_FACTOR

const times = (factor: number): { readonly perSecond: number; readonly burst: number } => ({
  perSecond: factor * PROFILE_PUSHES_PER_SECOND_MAX,
  burst: factor * PROFILE_PUSHES_BURST_MAX,
})

const isRecord = (data: Uint8Array): boolean => data.length > 0 && data.length <= PROFILE_BYTES_MAX

/** Also of a Buffer, whose `slice` shares its memory. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

export interface ProfilePushOptions {
  /** Whether to pass `record` on to those who joined `topic`; a rejection counts as no. Absent: whatever has the size of one. */
  readonly check?: ((topic: number, record: Uint8Array) => Promise<boolean>) | undefined
  /** Records on topics that were listened for; fresh memory. */
  onProfile(topic: number, record: Uint8Array): void
}

/** A record has no nonce: the same one twice within a minute is an echo, and goes no further. */
export function createProfiles(gossip: Gossip, { check, onProfile }: ProfilePushOptions): ProfilePushPort {
  const channel = gossip.open({
    topics: PROFILES,
    deviceRate: times(1),
    pushNodeRate: times(WAKES_PUSH_NODE_FACTOR),
    totalRate: times(TOTAL_FACTOR),
    isWellFormed: isRecord,
    isGood: check && ((topic, record) => check(topic, copyOf(record)).catch(() => false)),
    onMessage: (topic, data) => onProfile(topic, copyOf(data)),
  })
  return {
    listen: channel.listen,
    push(topic, record) {
      assert(isRecord(record), 'a record has 1…PROFILE_BYTES_MAX bytes')
      channel.publish(topic, copyOf(record))
    },
  }
}

export class Libp2pProfiles implements ProfilePushPort {
  readonly #gossip: Gossip
  #pushes: ProfilePushPort | undefined
  #isStopped = false

  constructor(gossip: Gossip) {
    this.#gossip = gossip
  }

  start(handlers: ProfilePushHandlers): void {
    this.#pushes = createProfiles(this.#gossip, {
      onProfile: (topic, record) => this.#isStopped || handlers.onProfile(topic, record),
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  listen(topics: ReadonlySet<number>): void {
    this.#running()?.listen(topics)
  }

  push(topic: number, record: Uint8Array): void {
    this.#running()?.push(topic, record)
  }

  /** Undefined after the stop. */
  #running(): ProfilePushPort | undefined {
    if (this.#isStopped) return undefined
    assert(this.#pushes !== undefined, 'profiles before start')
    return this.#pushes
  }
}
