/**
 * Whose pointers are looked for, and under which keys: one chain for each other device in each retained epoch of each
 * active conversation. Keys are computed once. Spec: PTR-3, OFF-5.
 */
import {
  chainSecret,
  groupInfo,
  keyPrefix,
  peerIdOfKey,
  pointerKey,
  POINTER_SLOTS,
  toHex,
  type PointerSecret,
} from '@parley/core'
import type { Context } from '../context.ts'
import { certificateOf } from '../conversation/group.ts'
import type { Origin } from '../conversation/receive.ts'
import type { Epoch } from '../conversation/state.ts'
import { textOf } from '../store/rows.ts'

/** Conversations whose pointers are looked for: the latest ones. */
const CONVERSATIONS_MAX = 256
/** Epochs of a conversation whose whole rings are looked at: its sender is in one of them unless there was a fork. */
const WHOLE_EPOCHS = 3
/** Older epochs of which only the next slots are looked at. */
const EPOCHS_MAX = 16
/** Slots behind the last that was read. */
const NEAR_SLOTS = 8

export interface Slot {
  readonly chain: Chain
  readonly number: number
  readonly key: Uint8Array
  readonly secret: PointerSecret
}

export interface Chain {
  readonly conversation: string
  /** The device that leaves pointers in it. */
  readonly origin: Origin
  readonly mailboxSecret: Uint8Array
  readonly leaf: number
  /** Its epoch is new enough that its whole ring is looked at. */
  isWhole: boolean
  /** Computed so far, by number. */
  readonly slots: Map<number, Slot>
  /** The slot that was read last. */
  lastRead: number
}

export class Chains {
  readonly #context: () => Context
  /** By epoch id. */
  #byEpoch = new Map<string, readonly Chain[]>()
  #slotsByPrefix = new Map<string, Slot>()

  constructor(context: () => Context) {
    this.#context = context
  }

  /** All chains as they are now; those of epochs that are not retained any more are forgotten. */
  current(): readonly Chain[] {
    const { store, conversations } = this.#context()
    const rows = store.all(
      `SELECT conversations.id AS id FROM conversations JOIN contacts ON contacts.conversation = conversations.id
       WHERE contacts.status = 'active' AND contacts.account NOT IN (SELECT account FROM blocks)
       ORDER BY conversations.updated_at DESC LIMIT ?`,
      [CONVERSATIONS_MAX],
    )
    const byEpoch = new Map<string, readonly Chain[]>()
    for (const row of rows) {
      const state = conversations.get(textOf(row, 'id'))
      if (state === undefined) continue
      const epochs = [...state.epochs.values()].sort((a, b) => b.createdAt - a.createdAt || b.depth - a.depth)
      epochs.slice(0, EPOCHS_MAX).forEach((epoch, index) => {
        const isWhole = index < WHOLE_EPOCHS || epoch.id === state.headEpoch
        const known = this.#byEpoch.get(epoch.id) ?? this.#chainsOf(state.id, epoch)
        for (const chain of known) chain.isWhole = isWhole
        byEpoch.set(epoch.id, known)
      })
    }
    this.#byEpoch = byEpoch
    const chains = [...byEpoch.values()].flat()
    this.#slotsByPrefix = new Map(
      chains.flatMap(({ slots }) => [...slots.values()].map((slot) => [toHex(keyPrefix(slot.key)), slot] as const)),
    )
    return chains
  }

  /** As {@link current} found them last. */
  known(): readonly Chain[] {
    return [...this.#byEpoch.values()].flat()
  }

  /** The slots of a chain to look at: all of its ring, or those that come next. */
  async slotsOf(chain: Chain, scope: 'near' | 'full'): Promise<readonly Slot[]> {
    const count = scope === 'full' && chain.isWhole ? POINTER_SLOTS : NEAR_SLOTS
    const slots: Slot[] = []
    for (let step = 1; step <= count; step++)
      slots.push(await this.#slot(chain, (chain.lastRead + step) % POINTER_SLOTS))
    return slots
  }

  /** The slot that a hint names, among those that were computed. */
  byPrefix(prefix: Uint8Array): Slot | undefined {
    return this.#slotsByPrefix.get(toHex(prefix))
  }

  async #slot(chain: Chain, number: number): Promise<Slot> {
    const known = chain.slots.get(number)
    if (known !== undefined) return known
    const secret = chainSecret(chain.mailboxSecret, chain.leaf, number)
    const key = pointerKey(await this.#context().crypto.ed25519PublicKey(secret.seed))
    const slot = { chain, number, key, secret }
    chain.slots.set(number, slot)
    this.#slotsByPrefix.set(toHex(keyPrefix(key)), slot)
    return slot
  }

  #chainsOf(conversation: string, epoch: Epoch): readonly Chain[] {
    const { members, ownLeaf } = groupInfo(this.#context().conversations.groupOf(epoch))
    return members.flatMap((member): readonly Chain[] => {
      const certificate = member.leaf === ownLeaf ? undefined : certificateOf(member)
      if (certificate === undefined) return []
      const origin = { account: certificate.account, peerId: peerIdOfKey(certificate.deviceKey) }
      const { mailboxSecret } = epoch.keys
      return [{ conversation, origin, mailboxSecret, leaf: member.leaf, isWhole: true, slots: new Map(), lastRead: -1 }]
    })
  }
}
