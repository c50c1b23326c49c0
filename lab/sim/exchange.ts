/** The network of those who hold for others: who is there, who is closest to a key, and who hears a hint. */
import { decodeRequest, digestOfCid, blockCid, POINTER_REPLICAS_MAX, sha256, toHex, utf8 } from '@parley/core'
import type { Dice } from './dice.ts'
import type { MailboxFaults } from './mailbox-faults.ts'
import type { SimMailbox } from './mailbox-port.ts'
import type { SimNode } from './push-node.ts'
import type { Tally } from './tally.ts'
import type { Timeline } from './timeline.ts'

/** How long a connection to a node that cannot be heard any more counts as one. */
const LIVENESS_MS_MIN = 1_000
const LIVENESS_MS_MAX = 20_000

export interface ExchangeHost {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly tally: Tally
  faults(): MailboxFaults
  isPartitioned(a: string, b: string): boolean
  /** Every request that a device hands over, before any fault. */
  onAsked(from: string, node: SimNode, request: Uint8Array): void
  onAnswered(from: string, node: SimNode, request: Uint8Array, answer: Uint8Array): void
  /** One more thing happened at which a process may die. */
  step(who: string, what: string): void
}

interface Placed {
  readonly node: SimNode
  /** First 32 bits of its place among the keys. */
  readonly place: number
}

export class Exchange {
  readonly host: ExchangeHost
  readonly #byPeer = new Map<string, Placed>()
  readonly #mailboxes = new Set<SimMailbox>()

  constructor(host: ExchangeHost) {
    this.host = host
  }

  get nodes(): readonly SimNode[] {
    return [...this.#byPeer.values()].map(({ node }) => node)
  }

  get pushNodes(): readonly SimNode[] {
    return this.nodes.filter(({ isPushNode }) => isPushNode)
  }

  add(node: SimNode): void {
    const place = prefixOf(sha256(utf8(node.peerId)))
    this.#byPeer.set(node.peerId, { node, place })
    if (node.isPushNode) this.changed()
  }

  /** The node leaves for good, with what it holds. */
  remove(node: SimNode): void {
    if (node.isUp) node.stop()
    this.#byPeer.delete(node.peerId)
  }

  find(address: string): SimNode | undefined {
    return this.#byPeer.get(address.slice(address.lastIndexOf('/') + 1))?.node
  }

  /** Live nodes, the nearest to `key` first. */
  closest(key: Uint8Array): readonly SimNode[] {
    const place = prefixOf(key)
    const nearest: { readonly node: SimNode; readonly distance: number }[] = []
    for (const { node, place: other } of this.#byPeer.values()) {
      if (!node.isUp) continue
      const distance = (place ^ other) >>> 0
      if (nearest.length === POINTER_REPLICAS_MAX && distance >= (nearest.at(-1)?.distance ?? 0)) continue
      nearest.push({ node, distance })
      nearest.sort((a, b) => a.distance - b.distance)
      if (nearest.length > POINTER_REPLICAS_MAX) nearest.pop()
    }
    return nearest.map(({ node }) => node)
  }

  join(mailbox: SimMailbox): void {
    this.#mailboxes.add(mailbox)
  }

  leave(mailbox: SimMailbox): void {
    this.#mailboxes.delete(mailbox)
  }

  /** A hint passes the push nodes to everybody who listens. */
  publish(from: SimMailbox, topic: number, hint: Uint8Array): void {
    const { timeline, dice, tally, faults } = this.host
    for (const mailbox of this.#mailboxes) {
      if (mailbox === from) continue
      const { latencyMsMin, latencyMsMax, wakeLoss } = faults()
      if (dice.chance(wakeLoss)) tally.count('wake-up lost')
      else timeline.after(2 * dice.between(latencyMsMin, latencyMsMax), () => mailbox.hear(topic, hint.slice()))
    }
  }

  /** Nodes came or went, or can be heard again, or not any more. */
  changed(): void {
    const { timeline, dice } = this.host
    for (const mailbox of this.#mailboxes) {
      timeline.after(dice.between(LIVENESS_MS_MIN, LIVENESS_MS_MAX), () => mailbox.refresh())
    }
  }
}

const prefixOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)

/** Digests (hex) of the blocks in a request that leaves some. */
export function blocksIn(request: Uint8Array): readonly { readonly digest: string; readonly bytes: Uint8Array }[] {
  const asked = decodeRequest(request)
  if (asked?.type !== 'blocks') return []
  return asked.blocks.map((bytes) => ({ digest: toHex(digestOfCid(blockCid(bytes))), bytes }))
}
