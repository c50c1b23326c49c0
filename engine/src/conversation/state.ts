/**
 * What a conversation needs in memory to seal and open: plain immutable data, staged per batch, kept in one row of
 * `conversations` and the rows of `epochs`.
 */
import { compareBytes, equalBytes, HEADS_MAX, PARENTS_MAX } from '@parley/core'
import type { Group, HybridTime, MessageIdBytes, Order } from '@parley/core'

/** Keys of one epoch that the envelope layer uses; 32 bytes each. */
export interface EpochKeys {
  readonly outerKey: Uint8Array
  readonly mailboxSecret: Uint8Array
}

/** One retained epoch: the state after the commit `id`. */
export interface Epoch {
  /** Hex; derived from group id and confirmation tag, so that committer, members and joiners name it alike. */
  readonly id: string
  readonly groupId: string
  readonly parent: string | undefined
  readonly committer: string
  readonly class: number
  readonly depth: number
  readonly createdAt: number
  /** Application messages sealed or opened in this epoch. */
  readonly messages: number
  readonly keys: EpochKeys
  /** Absent until needed: older epochs stay encoded in the store. */
  readonly group: Group | undefined
}

export interface Head {
  readonly id: MessageIdBytes
  readonly order: Order
}

export interface ConversationState {
  readonly id: string
  /** The other account of a direct conversation. */
  readonly account: string
  /** All member accounts in text order: the same on every device. */
  readonly members: readonly string[]
  /** Messages that no other message here names as a parent, the newest HEADS_MAX of them. */
  readonly heads: readonly Head[]
  /** Clock of the last own message. */
  readonly lastTime: HybridTime | undefined
  /** When something was last said here, by our clock. */
  readonly updatedAt: number
  /** Retained epochs by id. */
  readonly epochs: ReadonlyMap<string, Epoch>
  /** The epoch to seal in; undefined until the group exists. */
  readonly headEpoch: string | undefined
}

const byOrder = (a: Head, b: Head) => (a.order < b.order ? -1 : a.order > b.order ? 1 : compareBytes(a.id, b.id))

/** What the next own message names as its parents. */
export const parentsOf = (state: ConversationState): readonly Head[] =>
  [...state.heads].sort(byOrder).slice(-PARENTS_MAX)

/** `isBelow`: another message that arrived earlier names this one as a parent, so it is no head. */
export function withMessage(
  state: ConversationState,
  message: Head,
  parents: readonly MessageIdBytes[],
  isBelow: boolean,
): ConversationState {
  const isParent = (id: MessageIdBytes) => parents.some((parent) => equalBytes(parent, id))
  const rest = state.heads.filter((head) => !equalBytes(head.id, message.id) && !isParent(head.id))
  const heads = isBelow ? rest : [...rest, message]
  return { ...state, heads: heads.length > HEADS_MAX ? heads.sort(byOrder).slice(-HEADS_MAX) : heads }
}

export const withEpoch = (state: ConversationState, epoch: Epoch): ConversationState => ({
  ...state,
  epochs: new Map(state.epochs).set(epoch.id, epoch),
})
