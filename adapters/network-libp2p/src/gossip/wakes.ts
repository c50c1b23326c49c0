/** Wake-ups over gossipsub. Spec: MBX-5. */
import { randomBytes } from 'node:crypto'
import {
  WAKES_BURST_MAX,
  WAKES_PER_SECOND_MAX,
  WAKES_PUSH_NODE_FACTOR,
  WAKE_BYTES_MAX,
  assert,
  isHint,
} from '@parley/core'
import type { Gossip } from './gossip.ts'
import { WAKES } from './topics.ts'

/** Random bytes before the hint: the same hint twice is two messages, or the second would count as an echo. */
const NONCE_BYTES = 8

export interface Wakes {
  /** From now on exactly these topics are heard. */
  listen(topics: ReadonlySet<number>): void
  wake(topic: number, hint: Uint8Array): void
}

/** Passes on hints and nothing else, and tells `onWake` of what was listened for. */
export function createWakes(gossip: Gossip, onWake: (topic: number, hint: Uint8Array) => void): Wakes {
  const channel = gossip.open({
    topics: WAKES,
    deviceRate: { perSecond: WAKES_PER_SECOND_MAX, burst: WAKES_BURST_MAX },
    pushNodeRate: {
      perSecond: WAKES_PUSH_NODE_FACTOR * WAKES_PER_SECOND_MAX,
      burst: WAKES_PUSH_NODE_FACTOR * WAKES_BURST_MAX,
    },
    isWellFormed: (data) => data.length <= NONCE_BYTES + WAKE_BYTES_MAX && isHint(data.subarray(NONCE_BYTES)),
    onMessage: (topic, data) => onWake(topic, new Uint8Array(data.subarray(NONCE_BYTES))),
  })
  return {
    listen: channel.listen,
    wake(topic, hint) {
      assert(isHint(hint), 'a hint is whole prefixes, at most WAKE_BYTES_MAX')
      channel.publish(topic, Buffer.concat([randomBytes(NONCE_BYTES), hint]))
    },
  }
}
