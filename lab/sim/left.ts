/** What devices leave with nodes, seen from outside: who left what for whom, and how often. */
import { decodeRequest, toHex } from '@parley/core'
import { blocksIn } from './exchange.ts'
import type { Person } from './person.ts'
import type { SimNode } from './push-node.ts'
import type { Tally } from './tally.ts'

const ENVELOPE_ID_BYTES = 16
/** Copies of one deposit are left within this time; a later one replaces a copy that was lost. */
const SAME_DEPOSIT_MS = 15_000

interface LeftBlock {
  readonly kind: string
  readonly firstMs: number
  readonly nodes: Set<string>
}

export interface SeenBlock {
  readonly block: Uint8Array
  /** Peer id of its reader; empty when it is for nobody in particular. */
  readonly to: string
}

export class Left {
  readonly #tally: Tally
  /** By digest in hex. */
  readonly #blocks = new Map<string, LeftBlock>()
  /** Records by key in hex, as they were put last. */
  readonly #records = new Map<string, string>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** What this block was when it was left: a kind of outbox row, or `invite`. */
  kindOf(digest: Uint8Array): string {
    return this.#blocks.get(toHex(digest))?.kind ?? 'unknown'
  }

  /** Looks at a request. @returns the blocks in it. */
  asked(person: Person, node: SimNode, request: Uint8Array, nowMs: number): readonly SeenBlock[] {
    this.#notePointers(request)
    return blocksIn(request).map(({ digest, bytes }) => {
      const [row] = person.disk.all('SELECT kind, peer_id FROM outbox WHERE envelope = ? AND bytes = ? LIMIT 1', [
        bytes.slice(-ENVELOPE_ID_BYTES),
        bytes,
      ])
      const kind = row === undefined ? 'invite' : String(row['kind'])
      this.#noteBlock(digest, kind, node, nowMs)
      return { block: bytes, to: row === undefined ? '' : String(row['peer_id']) }
    })
  }

  #noteBlock(digest: string, kind: string, node: SimNode, nowMs: number): void {
    const known = this.#blocks.get(digest)
    if (known === undefined) {
      this.#blocks.set(digest, { kind, firstMs: nowMs, nodes: new Set([node.peerId]) })
      this.#tally.count(`left: ${kind}`)
      return
    }
    if (!known.nodes.has(node.peerId) && nowMs - known.firstMs > SAME_DEPOSIT_MS) this.#tally.count('left elsewhere')
    known.nodes.add(node.peerId)
  }

  #notePointers(request: Uint8Array): void {
    const asked = decodeRequest(request)
    if (asked?.type !== 'point') return
    for (const record of asked.records) {
      // CBOR [1, public key (32), …]: enough to tell one key from another.
      const key = toHex(record.subarray(0, 40))
      const text = toHex(record.subarray(-64))
      const before = this.#records.get(key)
      if (before !== undefined && before !== text) this.#tally.count('pointer renewed')
      this.#records.set(key, text)
    }
  }
}

/** Digests of the blocks that a node has on its disk. */
export const blocksHeld = (node: SimNode): readonly Uint8Array[] =>
  (node.disk?.all('SELECT digest FROM held_blocks') ?? []).flatMap(({ digest }) =>
    digest instanceof Uint8Array ? [digest] : [],
  )
