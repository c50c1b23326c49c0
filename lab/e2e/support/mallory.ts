/** A peer with a real account and a real engine, whose network does to its frames whatever a test wants. */
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import { decodeFrame } from '@parley/core'
import { openEngine, type Engine, type Link, type LogPort, type NetworkPort } from '@parley/engine'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
export const silent: LogPort = { log() {} }

export interface Mallory extends AsyncDisposable {
  readonly api: Engine
  readonly deviceSeed: Uint8Array
  /** Every frame that the engine gave to its link to this peer, in order. */
  framesTo(peerId: string): readonly Uint8Array[]
  /** Puts bytes on the open link to this peer behind the engine's back. False when there is none or it is full. */
  inject(peerId: string, frame: Uint8Array): boolean
  /** Links to this peer that have ended; a new one follows at once. */
  endedLinks(peerId: string): number
  /** From here on every envelope leaves three times, and those of one tick in reverse. */
  misbehave(): void
}

export async function openMallory(folder: string): Promise<Mallory> {
  const path = join(folder, 'mallory', 'node.db')
  mkdirSync(dirname(path), { recursive: true })
  const tampering = new Tampering()
  let seed: Uint8Array = new Uint8Array(0)
  const api = await openEngine(
    {
      store: openSqliteStore({ path, log: silent }),
      clock: {
        now: () => Date.now(),
        after(delayMs, fire) {
          const timer = setTimeout(fire, Math.min(delayMs, 2 ** 31 - 1))
          return () => clearTimeout(timer)
        },
      },
      random: nodeRandom,
      crypto: await createNodeCrypto(),
      log: silent,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      async createNetwork(deviceSeed) {
        seed = deviceSeed.slice()
        return tampering.wrap(await createLibp2pNetwork({ deviceSeed, listen: [LOOPBACK], bootstrap: [], log: silent }))
      },
    },
    { name: 'Mallory' },
  )
  return {
    api,
    deviceSeed: seed,
    framesTo: (peerId) => tampering.frames.get(peerId) ?? [],
    inject: (peerId, frame) => tampering.links.get(peerId)?.send(frame) ?? false,
    endedLinks: (peerId) => tampering.ended.get(peerId) ?? 0,
    misbehave: () => tampering.misbehave(),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

/** Stands between an engine and its network. */
class Tampering {
  readonly links = new Map<string, Link>()
  readonly ended = new Map<string, number>()
  readonly frames = new Map<string, Uint8Array[]>()
  readonly #held = new Map<Link, Uint8Array[]>()
  #isMisbehaving = false

  misbehave(): void {
    this.#isMisbehaving = true
  }

  wrap(network: NetworkPort): NetworkPort {
    return {
      peerId: network.peerId,
      mailbox: network.mailbox,
      profiles: network.profiles,
      reach: network.reach,
      start: (handlers) => network.start({ ...handlers, onLink: (link) => handlers.onLink(this.#wrapLink(link)) }),
      connect: (peerId, addresses, signal) => network.connect(peerId, addresses, signal),
      permitDirect: (peerId) => network.permitDirect(peerId),
      addresses: () => network.addresses(),
      status: () => network.status(),
      check: (peerId) => network.check(peerId),
      stop: () => network.stop(),
    }
  }

  #wrapLink(link: Link): Link {
    const { peerId, direction, remoteAddress, isRelayed } = link
    this.links.set(peerId, link)
    return {
      peerId,
      direction,
      remoteAddress,
      isRelayed,
      listen: (handlers) =>
        link.listen({
          ...handlers,
          onFrame: (frame) => handlers.onFrame(frame),
          onDrain: () => handlers.onDrain(),
          onClose: (reason) => {
            if (this.links.get(peerId) === link) this.links.delete(peerId)
            this.ended.set(peerId, (this.ended.get(peerId) ?? 0) + 1)
            handlers.onClose(reason)
          },
        }),
      send: (frame) => this.#send(link, frame),
      close: () => link.close(),
    }
  }

  #send(link: Link, frame: Uint8Array): boolean {
    // The link owns what it is given, so what is kept is a copy.
    this.frames.set(link.peerId, [...(this.frames.get(link.peerId) ?? []), frame.slice()])
    if (!this.#isMisbehaving || decodeFrame(frame)?.type !== 'envelope') return link.send(frame)
    const held = this.#held.get(link)
    if (held !== undefined) held.push(frame)
    else {
      const batch = [frame]
      this.#held.set(link, batch)
      setTimeout(() => this.#release(link, batch), 30)
    }
    return true
  }

  #release(link: Link, batch: readonly Uint8Array[]): void {
    this.#held.delete(link)
    for (const frame of batch.toReversed()) for (let copy = 0; copy < 3; copy++) link.send(frame.slice())
  }
}
