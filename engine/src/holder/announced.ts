/** Blocks that peers said they would send: no other block is taken. Bounded, the oldest are forgotten first. Spec: HLD-2. */
import {
  HOLDER_ANNOUNCED_LIFETIME_MS,
  HOLDER_ANNOUNCED_MAX,
  HOLDER_ANNOUNCED_PER_PEER_MAX,
  type Millis,
} from '@parley/core'
import { keyText } from './key-text.ts'

interface Announcement {
  readonly size: number
  readonly until: Millis
}

export class Announced {
  /** Peers by their latest announcement, oldest first; within each, digests likewise. */
  readonly #byPeer = new Map<string, Map<string, Announcement>>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Expects blocks (digest, size) of `peer`. */
  expect(peer: string, blocks: readonly { readonly digest: Uint8Array; readonly size: number }[], now: Millis): void {
    const own = this.#byPeer.get(peer) ?? new Map<string, Announcement>()
    this.#byPeer.delete(peer)
    this.#byPeer.set(peer, own)
    for (const { digest, size } of blocks) {
      this.#forget(own, keyText(digest))
      own.set(keyText(digest), { size, until: now + HOLDER_ANNOUNCED_LIFETIME_MS })
      this.#count += 1
    }
    this.#shrink(peer, own, HOLDER_ANNOUNCED_PER_PEER_MAX)
    for (const [other, theirs] of this.#byPeer) {
      if (this.#count <= HOLDER_ANNOUNCED_MAX) break
      this.#shrink(other, theirs, Math.max(0, theirs.size - (this.#count - HOLDER_ANNOUNCED_MAX)))
    }
  }

  isExpected(peer: string, digest: Uint8Array, size: number, now: Millis): boolean {
    const found = this.#byPeer.get(peer)?.get(keyText(digest))
    return found !== undefined && found.size === size && now < found.until
  }

  /** It came. */
  settle(peer: string, digest: Uint8Array): void {
    const own = this.#byPeer.get(peer)
    if (own === undefined) return
    this.#forget(own, keyText(digest))
    if (own.size === 0) this.#byPeer.delete(peer)
  }

  #forget(own: Map<string, Announcement>, key: string): void {
    if (own.delete(key)) this.#count -= 1
  }

  #shrink(peer: string, own: Map<string, Announcement>, sizeMax: number): void {
    for (const key of own.keys()) {
      if (own.size <= sizeMax) break
      this.#forget(own, key)
    }
    if (own.size === 0) this.#byPeer.delete(peer)
  }
}
