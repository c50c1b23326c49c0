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

/** Conversations whose pointers are looked for each time, the latest ones; the keys of all would be too many to ask for. */
const LATEST_MAX = 240
/** … and of the others, in turn: of those the whole rings, since it is a while until their next turn. */
const SELDOM_MAX = 16
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
  /** Looked for now and then. */
  isSeldom: boolean
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
  /** Of those that are not among the latest, who is next. */
  #turn = 0

  constructor(context: () => Context) {
    this.#context = context
  }

  /** All chains as they are now; those of epochs that are not retained any more are forgotten. */
  current(): readonly Chain[] {
    const { conversations } = this.#context()
    const byEpoch = new Map<string, readonly Chain[]>()
    for (const { id, isSeldom } of this.#due()) {
      const state = conversations.get(id)
      if (state === undefined) continue
      const epochs = [...state.epochs.values()].sort((a, b) => b.createdAt - a.createdAt || b.depth - a.depth)
      epochs.slice(0, EPOCHS_MAX).forEach((epoch, index) => {
        const isWhole = index < WHOLE_EPOCHS || epoch.id === state.headEpoch
        const known = this.#byEpoch.get(epoch.id) ?? this.#chainsOf(state.id, epoch)
        for (const chain of known) Object.assign(chain, { isWhole, isSeldom })
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

  /** Conversations whose turn it is. */
  #due(): readonly { readonly id: string; readonly isSeldom: boolean }[] {
    const rows = this.#context().store.all(
      `SELECT conversations.id AS id FROM conversations JOIN contacts ON contacts.conversation = conversations.id
       WHERE contacts.status = 'active' AND contacts.account NOT IN (SELECT account FROM blocks)
       ORDER BY conversations.updated_at DESC, conversations.id`,
    )
    const ids = rows.map((row) => textOf(row, 'id'))
    const others = ids.slice(LATEST_MAX)
    const start = this.#turn < others.length ? this.#turn : 0
    const seldom = others.slice(start, start + SELDOM_MAX)
    this.#turn = start + seldom.length
    return [
      ...ids.slice(0, LATEST_MAX).map((id) => ({ id, isSeldom: false })),
      ...seldom.map((id) => ({ id, isSeldom: true })),
    ]
  }

  /** As {@link current} found them last. */
  known(): readonly Chain[] {
    return [...this.#byEpoch.values()].flat()
  }

  /** The slots of a chain to look at: all of its ring, or those that come next. */
  async slotsOf(chain: Chain, scope: 'near' | 'full'): Promise<readonly Slot[]> {
    const isAll = (scope === 'full' || chain.isSeldom) && chain.isWhole
    const count = isAll ? POINTER_SLOTS : NEAR_SLOTS
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
      const where = { conversation, origin, mailboxSecret, leaf: member.leaf }
      return [{ ...where, isWhole: true, isSeldom: false, slots: new Map(), lastRead: -1 }]
    })
  }
}
