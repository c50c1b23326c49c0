/** Records and providers in the DHT of the node that we were given, and in no other place. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { assert } from '@parley/core'
import type { CID } from 'multiformats/cid'

/** What of kad-dht's events is looked at. */
interface DhtEvent {
  readonly name: string
  readonly messageName?: string
  readonly record?: { readonly value: Uint8Array }
  readonly value?: Uint8Array
  readonly providers?: readonly Provider[]
}

export interface Provider {
  readonly id: PeerId
  readonly multiaddrs: Multiaddr[]
}

interface Options {
  readonly signal: AbortSignal
}

interface KadDht {
  put(key: Uint8Array, value: Uint8Array, options: Options): AsyncIterable<DhtEvent>
  get(key: Uint8Array, options: Options): AsyncIterable<DhtEvent>
  provide(cid: CID, options: Options): AsyncIterable<DhtEvent>
  cancelReprovide(cid: CID): Promise<void>
  findProviders(cid: CID, options: Options): AsyncIterable<DhtEvent>
}

export class Dht {
  readonly #dht: KadDht

  /** @throws AssertionError for a node without kad-dht as its service `dht`. */
  constructor({ services }: Libp2p) {
    assert(hasDht(services), 'names need a node with a DHT')
    this.#dht = services.dht
  }

  /** How many peers took the record. */
  async put(key: Uint8Array, record: Uint8Array, signal: AbortSignal): Promise<number> {
    let taken = 0
    for await (const { name, messageName } of this.#dht.put(key, record, { signal })) {
      if (name === 'PEER_RESPONSE' && messageName === 'PUT_VALUE') taken += 1
    }
    return taken
  }

  /**
   * Records of `key` that peers gave, valid by the rules of the DHT, at most `quorum`. What is known when a peer refuses
   * to be corrected counts: one that holds on to an old record must not hide the new one.
   */
  async get(key: Uint8Array, quorum: number, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const records: Uint8Array[] = []
    try {
      for await (const { name, record, value } of this.#dht.get(key, { signal })) {
        const found = name === 'PEER_RESPONSE' ? record?.value : name === 'VALUE' ? value : undefined
        if (found !== undefined) records.push(found)
        if (records.length >= quorum) break
      }
    } catch (error) {
      signal.throwIfAborted()
      if (records.length === 0) throw error
    }
    return records
  }

  /** Tells the DHT that we have the block, from now on. */
  async provide(cid: CID, signal: AbortSignal): Promise<void> {
    for await (const event of this.#dht.provide(cid, { signal })) void event
  }

  /** No longer renews what {@link provide} told. */
  cancelProvide(cid: CID): Promise<void> {
    return this.#dht.cancelReprovide(cid)
  }

  /** Peers that say that they have the block; each as soon as it is known, some more than once. */
  async *providers(cid: CID, signal: AbortSignal): AsyncGenerator<Provider> {
    for await (const { name, providers } of this.#dht.findProviders(cid, { signal })) {
      if (name === 'PROVIDER') yield* providers ?? []
    }
  }
}

const METHODS = ['put', 'get', 'provide', 'cancelReprovide', 'findProviders']

function hasDht(services: object): services is { readonly dht: KadDht } {
  const dht: unknown = Reflect.get(services, 'dht')
  return (
    typeof dht === 'object' && dht !== null && METHODS.every((name) => typeof Reflect.get(dht, name) === 'function')
  )
}
