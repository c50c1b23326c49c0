/** Which slot of a ring the next pointer takes. Spec: PTR-3. */
import { POINTER_BLOCKS_MAX, POINTER_LOCATIONS_MAX, POINTER_SLOTS, type PointedBlock } from '@parley/core'
import type { Deposit } from '../store/deposits.ts'
import type { Copies } from './warehouse.ts'

export interface SlotChoice {
  readonly number: number
  /** It still waits, so its blocks stay in the pointer. */
  readonly extends: Deposit | undefined
  /** Those to add, as the pointer names them. */
  readonly blocks: readonly PointedBlock[]
}

/**
 * The slot behind the last, if it is free, or if only answers wait in it, which are given again when they are missed. When
 * none is, the newest deposit with room is extended. PTR-3
 */
export function chooseSlot(
  deposits: readonly Deposit[],
  { blocks, holders }: Pick<Copies, 'blocks' | 'holders'>,
  isAnswer: (deposit: Deposit) => boolean,
): SlotChoice | undefined {
  const newest = deposits.at(-1)
  const inTurn = Array.from({ length: POINTER_SLOTS }, (_, step) => ((newest?.slot ?? -1) + 1 + step) % POINTER_SLOTS)
  const heldIn = (number: number) => deposits.find(({ slot }) => slot === number)
  const free = inTurn.find((number) => isFree(heldIn(number)))
  const number = free ?? inTurn.find((slot) => deposits.some((held) => held.slot === slot && isAnswer(held)))
  if (number !== undefined) return { number, extends: undefined, blocks }
  // A pointer says of few blocks where the own storage has each. Where push nodes have them, more can wait than that.
  const bare = blocks.map(({ cid, size }) => ({ cid, size }))
  for (const named of holders.length === 0 ? [blocks] : [blocks, bare]) {
    const roomy = deposits.findLast((deposit) => fits([...deposit.blocks, ...named]))
    if (roomy !== undefined) return { number: roomy.slot, extends: roomy, blocks: named }
  }
  return undefined
}

/** Everybody was told to forget what was in it. */
const isFree = (held: Deposit | undefined): boolean =>
  held === undefined || (held.state === 'void' && held.blocks.length === 0)

const fits = (blocks: readonly PointedBlock[]): boolean =>
  blocks.length <= POINTER_BLOCKS_MAX &&
  blocks.filter(({ location }) => location !== undefined).length <= POINTER_LOCATIONS_MAX
