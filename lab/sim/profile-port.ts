/** Pushed profiles in the simulated network: they pass push nodes, and some of them are lost on the way. */
import { assert, PROFILE_BYTES_MAX, PROFILE_TOPICS } from '@parley/core'
import type { ProfilePushHandlers, ProfilePushPort } from '@parley/engine'
import type { ExchangeHost } from './exchange.ts'

/** Everybody who listens. */
export class ProfileExchange {
  readonly host: ExchangeHost
  readonly #listeners = new Set<SimProfiles>()

  constructor(host: ExchangeHost) {
    this.host = host
  }

  join(profiles: SimProfiles): void {
    this.#listeners.add(profiles)
  }

  leave(profiles: SimProfiles): void {
    this.#listeners.delete(profiles)
  }

  publish(from: SimProfiles, topic: number, record: Uint8Array): void {
    const { timeline, dice, tally, faults } = this.host
    for (const profiles of this.#listeners) {
      if (profiles === from) continue
      const { latencyMsMin, latencyMsMax, wakeLoss } = faults()
      if (dice.chance(wakeLoss)) tally.count('profile lost')
      else timeline.after(2 * dice.between(latencyMsMin, latencyMsMax), () => profiles.hear(topic, record.slice()))
    }
  }
}

export class SimProfiles implements ProfilePushPort {
  readonly #exchange: ProfileExchange
  readonly #peerId: string
  readonly #isConnected: () => boolean
  #handlers: ProfilePushHandlers | undefined
  #topics: ReadonlySet<number> = new Set()

  /** @param isConnected to a push node, now. */
  constructor(exchange: ProfileExchange, peerId: string, isConnected: () => boolean) {
    this.#exchange = exchange
    this.#peerId = peerId
    this.#isConnected = isConnected
  }

  start(handlers: ProfilePushHandlers): void {
    this.#handlers = handlers
    this.#exchange.join(this)
  }

  /** The network stopped, or its process is gone: nothing is told to it any more. */
  end(): void {
    this.#handlers = undefined
    this.#exchange.leave(this)
  }

  listen(topics: ReadonlySet<number>): void {
    this.#topics = new Set(topics)
  }

  push(topic: number, record: Uint8Array): void {
    assert(Number.isInteger(topic) && topic >= 0 && topic < PROFILE_TOPICS, 'a topic is a number below PROFILE_TOPICS')
    assert(record.length > 0 && record.length <= PROFILE_BYTES_MAX, 'a record has 1…PROFILE_BYTES_MAX bytes')
    if (this.#handlers === undefined || !this.#isConnected()) return
    this.#exchange.host.tally.count('profile pushed')
    this.#exchange.host.step(this.#peerId, 'pushes a profile')
    this.#exchange.publish(this, topic, record.slice())
  }

  hear(topic: number, record: Uint8Array): void {
    if (this.#isConnected() && this.#topics.has(topic)) this.#handlers?.onProfile(topic, record)
  }
}
