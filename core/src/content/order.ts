/**
 * The order of a conversation, the same on every device: `order(m) = max(clock(m), order(parent) + 1 …)`, ties by id.
 *
 * It extends the causal order (a message sorts after all that its author had seen) and needs no receiver's clock and
 * no arrival order, so a wrong or lying clock can only misplace a message against those that its author had *not*
 * seen. An order is 16 lower-case hex digits: 48 bits of Unix milliseconds, 16 bits of counter. Spec: ORD-1…ORD-4.
 */
import type { HybridTime } from './types.ts'

export type Order = string

const COUNTER_BITS = 16n
const ORDER_MAX = 2n ** 64n - 1n

export function orderOf(time: HybridTime, parentOrders: readonly Order[]): Order {
  let order = (BigInt(time.ms) << COUNTER_BITS) | BigInt(time.counter)
  for (const parent of parentOrders) {
    const after = BigInt(`0x${parent}`) + 1n
    if (after > order) order = after
  }
  return (order > ORDER_MAX ? ORDER_MAX : order).toString(16).padStart(16, '0')
}

/** The clock for the next own message: never behind the last one, never ahead of the wall for another's sake. */
export function nextTime(now: number, last: HybridTime | undefined): HybridTime {
  if (last === undefined || now > last.ms) return { ms: now, counter: 0 }
  return last.counter < 0xffff ? { ms: last.ms, counter: last.counter + 1 } : { ms: last.ms + 1, counter: 0 }
}
