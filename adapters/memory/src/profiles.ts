/** Pushed profiles in memory: one hub, everything on its clock. Spec: PUB-1. */
import { PROFILE_BYTES_MAX, PROFILE_TOPICS, assert } from '@parley/core'
import type { ClockPort, ProfilePushHandlers, ProfilePushPort } from '@parley/engine'

/** Everybody who listens, in one hub. */
export class ProfileExchange {
  readonly #clock: ClockPort
  readonly #latencyMs: number
  readonly #listeners = new Set<MemoryProfiles>()

  constructor(clock: ClockPort, latencyMs: number) {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  add(profiles: MemoryProfiles): void {
    this.#listeners.add(profiles)
  }

  delete(profiles: MemoryProfiles): void {
    this.#listeners.delete(profiles)
  }

  /** Tells everybody but `from`. A record passes a push node: two ways. */
  publish(from: MemoryProfiles, topic: number, record: Uint8Array): void {
    this.#clock.after(2 * this.#latencyMs, () => {
      for (const listener of this.#listeners) if (listener !== from) listener.hear(topic, record)
    })
  }
}

export class MemoryProfiles implements ProfilePushPort {
  readonly #exchange: ProfileExchange
  readonly #isConnected: () => boolean
  #handlers: ProfilePushHandlers | undefined
  #topics: ReadonlySet<number> = new Set()

  /** @param isConnected to a push node, now. */
  constructor(exchange: ProfileExchange, isConnected: () => boolean) {
    this.#exchange = exchange
    this.#isConnected = isConnected
  }

  start(handlers: ProfilePushHandlers): void {
    this.#handlers = handlers
    this.#exchange.add(this)
  }

  stop(): void {
    this.#handlers = undefined
    this.#exchange.delete(this)
  }

  listen(topics: ReadonlySet<number>): void {
    this.#topics = new Set(topics)
  }

  push(topic: number, record: Uint8Array): void {
    assertPush(topic, record)
    if (this.#handlers !== undefined && this.#isConnected()) this.#exchange.publish(this, topic, record.slice())
  }

  hear(topic: number, record: Uint8Array): void {
    if (this.#isConnected() && this.#topics.has(topic)) this.#handlers?.onProfile(topic, record.slice())
  }
}

/** Asserts what PUB-1 and PUB-2 ask of a record that is sent. */
function assertPush(topic: number, record: Uint8Array): void {
  assert(Number.isInteger(topic) && topic >= 0 && topic < PROFILE_TOPICS, 'a topic is a number below PROFILE_TOPICS')
  assert(record.length > 0 && record.length <= PROFILE_BYTES_MAX, 'a record has 1…PROFILE_BYTES_MAX bytes')
}
