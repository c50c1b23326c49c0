/** Devices and holders with everything that they heard, for the contract suite and the adapters' own tests. */
import type { MailboxServer } from '../mailbox.ts'
import type { NetworkPort } from '../network.ts'
import { never } from './network-fixture.ts'

/** A device with a mailbox port, and what it heard. */
export interface Caller {
  readonly id: string
  readonly network: NetworkPort
  /** Wake-ups, as `topic:hex`, in the order of their arrival. */
  readonly heard: readonly string[]
  /** Pushed profiles in the order of their arrival; those of one network are fresh memory each. */
  readonly profiles: readonly PushedProfile[]
  /** How often `onPushNodes` was called. */
  readonly pushNodeChanges: number
  /** The answer to `body`. */
  ask(address: string, body: Uint8Array): Promise<Uint8Array>
  /** Resolves when `condition` holds; it is looked at after everything that happens. */
  until(condition: () => boolean): Promise<void>
}

export interface PushedProfile {
  readonly topic: number
  readonly record: Uint8Array
}

/** Some devices and push nodes that can find each other. */
export interface MailboxWorld {
  /** A device that keeps these push nodes connected, not started. The suite stops it. */
  createNetwork(pushNodes: readonly string[]): Promise<NetworkPort>
  /** A push node that answers with `server`. The world stops it. */
  createHolder(server: MailboxServer): Promise<TestHolder>
  dispose(): Promise<void>
}

export interface TestHolder {
  readonly peerId: string
  readonly address: string
  stop(): Promise<void>
  /** Comes back under the same address, after {@link stop}. */
  restart(): Promise<void>
}

export type Join = (pushNodes?: readonly string[]) => Promise<Caller>
export type WithWorld = (test: (world: MailboxWorld, join: Join) => Promise<void>) => () => Promise<void>

interface Waiter {
  readonly condition: () => boolean
  readonly resolve: () => void
}

/** Starts `network` and records what its mailbox hears. */
export async function joinMailbox(network: NetworkPort): Promise<Caller> {
  const waiters = new Set<Waiter>()
  const heard: string[] = []
  const profiles: PushedProfile[] = []
  const count = { changes: 0 }
  const changed = (): void => {
    for (const waiter of waiters) {
      if (!waiter.condition()) continue
      waiters.delete(waiter)
      waiter.resolve()
    }
  }
  await network.start({
    onLink: (link) => link.close(),
    onStatus: changed,
    onNetworkChanged: () => undefined,
    onWake: (topic, hint) => {
      heard.push(wakeText(topic, hint))
      changed()
    },
    onProfile: (topic, record) => {
      profiles.push({ topic, record })
      changed()
    },
    onPushNodes: () => {
      count.changes += 1
      changed()
    },
  })
  return {
    id: network.peerId,
    network,
    heard,
    profiles,
    get pushNodeChanges() {
      return count.changes
    },
    ask: (address, body) => network.mailbox.request(address, body, never()),
    until(condition) {
      if (condition()) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      waiters.add({ condition, resolve })
      return promise
    },
  }
}

export const wakeText = (topic: number, hint: Uint8Array): string =>
  `${topic}:${[...hint].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`

/** A hint of `keys` prefixes, all of the byte `fill`. */
export const hintOf = (fill: number, keys = 1): Uint8Array => new Uint8Array(8 * keys).fill(fill)

/** `length` bytes that depend on `seed`. */
export function bodyOf(seed: number, length: number): Uint8Array {
  const body = new Uint8Array(length)
  for (let at = 0; at < length; at++) body[at] = (seed * 31 + at * 7 + (at >>> 8)) & 0xff
  return body
}

/** Answers with what it was asked. */
export const echo: MailboxServer = async (_from, request) => request.slice()

/** Answers with what it was asked, sooner or later. */
export const echoOutOfOrder: MailboxServer = async (_from, request) => {
  const body = request.slice()
  const rounds = (body[0] ?? 0) % 7
  for (let round = 0; round < rounds; round++) await macrotask()
  return body
}

/** Echoes, but keeps what begins with `0xff` waiting for ever. */
export function echoUnlessHeld(): { readonly server: MailboxServer; readonly held: Promise<void> } {
  const held = Promise.withResolvers<void>()
  return {
    held: held.promise,
    server: async (_from, request) => {
      if (request[0] !== 0xff) return request.slice()
      held.resolve()
      return new Promise<Uint8Array>(() => undefined)
    },
  }
}

declare function setTimeout(task: () => void, delayMs: number): unknown
export const macrotask = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))
