/** Which epoch counts, which are kept, and which one an envelope belongs to. Spec: CNV-4…CNV-11, ENV-2. */
import {
  chooseHead,
  EPOCH_RETENTION_MS,
  EPOCHS_RETAINED_MAX,
  EPOCHS_RETAINED_MIN_DEPTH,
  fromHex,
  isTaggedBy,
  SELF_UPDATE_INTERVAL_MS,
  SELF_UPDATE_MESSAGES,
  toHex,
  type Millis,
  type RandomPort,
  type Tagged,
} from '@parley/core'
import type { ConversationState, Epoch } from './state.ts'

/** The first bytes of a group id say when the group was made: Unix milliseconds, big-endian. CNV-11 */
const MADE_AT_BYTES = 6
/** Half of what the bytes can say, so that there is always room for a group that counts more. */
const MADE_AT_MAX = 2 ** (8 * MADE_AT_BYTES - 1) - 1
const GROUP_ID_BYTES = 32

/**
 * The id of a new group of a conversation: when it is made, but later than every group known here, then random. So the
 * group that was made last counts for everybody, also for a contact who lost everything and knows no other, and of two
 * that were made at the same moment the same one. CNV-11
 */
export function newGroupId(epochs: Iterable<Epoch>, random: RandomPort, now: Millis): Uint8Array {
  const newest = newestGroup(epochs)
  const madeAt = newest === undefined ? now : Math.max(now, madeAtOf(newest) + 1)
  const id = random(GROUP_ID_BYTES)
  id.set(
    fromHex(
      Math.min(madeAt, MADE_AT_MAX)
        .toString(16)
        .padStart(2 * MADE_AT_BYTES, '0'),
    ),
  )
  return id
}

const madeAtOf = (groupIdHex: string): Millis => Number.parseInt(groupIdHex.slice(0, 2 * MADE_AT_BYTES), 16)

/**
 * False for an id that would count for ever. One that only claims a time ahead of our clock is no worse than others: the
 * next group counts more all the same, and whoever made it under a wrong clock must not be left alone with it. CNV-11
 */
export const isPlausibleGroupId = (id: Uint8Array): boolean =>
  id.length === GROUP_ID_BYTES && madeAtOf(toHex(id)) < MADE_AT_MAX

function newestGroup(epochs: Iterable<Epoch>): string | undefined {
  let newest: string | undefined
  for (const { groupId } of epochs) if (newest === undefined || groupId > newest) newest = groupId
  return newest
}

/**
 * The epoch to seal in. Of several groups the one with the greatest id counts; within a group the fork choice decides.
 * `stewards`: all member accounts, the same order on every device. CNV-11
 */
export function currentHead(epochs: readonly Epoch[], stewards: readonly string[]): Epoch | undefined {
  const newest = newestGroup(epochs)
  const ofGroup = epochs.filter((epoch) => epoch.groupId === newest)
  const head = chooseHead(
    ofGroup.map((epoch) => ({
      id: fromHex(epoch.id),
      parent: epoch.parent === undefined ? undefined : fromHex(epoch.parent),
      committer: epoch.committer,
      class: epoch.class,
    })),
    stewards,
  )
  return head === undefined ? undefined : ofGroup.find((epoch) => epoch.id === toHex(head.id))
}

/** Chooses the head anew and forgets epochs that nobody can still be writing in. */
export function settle(state: ConversationState, now: number): ConversationState {
  const head = currentHead([...state.epochs.values()], state.members)
  if (head === undefined) return { ...state, headEpoch: undefined }
  const byAge = [...state.epochs.values()].sort((a, b) => b.createdAt - a.createdAt || b.depth - a.depth)
  const kept = byAge.filter(
    (epoch, index) =>
      epoch.id === head.id ||
      (index < EPOCHS_RETAINED_MAX &&
        (now - epoch.createdAt < EPOCH_RETENTION_MS ||
          (epoch.groupId === head.groupId && head.depth - epoch.depth < EPOCHS_RETAINED_MIN_DEPTH))),
  )
  return { ...state, headEpoch: head.id, epochs: new Map(kept.map((epoch) => [epoch.id, epoch])) }
}

/**
 * Post-compromise security on a schedule: `self` refreshes its keys a day after it last did so on the branch that counts,
 * and after many messages in one epoch. Updates of the others do not put off the own one: they heal the others. CNV-9
 */
export function isUpdateDue(state: ConversationState, self: string, now: Millis): boolean {
  const head = state.headEpoch === undefined ? undefined : state.epochs.get(state.headEpoch)
  if (head === undefined) return false
  let last = head
  while (last.committer !== self) {
    const parent = last.parent === undefined ? undefined : state.epochs.get(last.parent)
    if (parent === undefined) break
    last = parent
  }
  return now - last.createdAt >= SELF_UPDATE_INTERVAL_MS || head.messages >= SELF_UPDATE_MESSAGES
}

/** The retained epoch in which an envelope was sealed. ENV-2 */
export function epochByTag(state: ConversationState, tagged: Tagged): Epoch | undefined {
  return [...state.epochs.values()].reverse().find(({ keys }) => isTaggedBy(keys.mailboxSecret, tagged))
}
