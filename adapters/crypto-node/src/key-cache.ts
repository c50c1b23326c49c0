/** Parsing a key costs more than using it, so parsed keys are kept: a bounded number, the least recently used goes. */
import type { KeyObject } from 'node:crypto'

/** Parsed public keys kept per process, about 1 KiB each. */
export const KEY_OBJECTS_MAX = 1_024

export class PublicKeyCache {
  readonly #keys = new Map<string, KeyObject>()
  readonly #parse: (bytes: Uint8Array) => KeyObject
  readonly #limit: number

  constructor(parse: (bytes: Uint8Array) => KeyObject, limit = KEY_OBJECTS_MAX) {
    this.#parse = parse
    this.#limit = limit
  }

  get size(): number {
    return this.#keys.size
  }

  /** @throws whatever the parser throws; nothing is kept then. */
  get(bytes: Uint8Array): KeyObject {
    const id = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const key = this.#keys.get(id) ?? this.#parse(bytes)
    this.#keys.delete(id)
    this.#keys.set(id, key)
    if (this.#keys.size > this.#limit) {
      const oldest = this.#keys.keys().next()
      if (!oldest.done) this.#keys.delete(oldest.value)
    }
    return key
  }
}

/**
 * Parsed private keys, kept as long as the seed's array lives and holds the same bytes. A secret never becomes the key
 * of a map, where it would outlive its owner as a string.
 */
export class PrivateKeyCache {
  readonly #keys = new WeakMap<Uint8Array, { readonly seed: Uint8Array; readonly key: KeyObject }>()
  readonly #parse: (seed: Uint8Array) => KeyObject

  constructor(parse: (seed: Uint8Array) => KeyObject) {
    this.#parse = parse
  }

  get(seed: Uint8Array): KeyObject {
    const known = this.#keys.get(seed)
    if (known !== undefined && Buffer.compare(known.seed, seed) === 0) return known.key
    const key = this.#parse(seed)
    this.#keys.set(seed, { seed: new Uint8Array(seed), key })
    return key
  }
}
