/**
 * The walk to the nearest servers of the DHT. kad-dht's own walk waits until it has looked around itself, and then asks
 * everybody in its table: a device that has just started would make forty connections for one answer.
 */
import type { Connection } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { addressesOf } from '../addresses.ts'
import { dialKnown, openConnection } from '../dialer.ts'
import type { Host } from '../host.ts'
import { DHT_PROTOCOL } from './protocol.ts'
import { FIND_NODE_ANSWER_BYTES_MAX, encodeFindNode, parseNearPeers } from './find-node.ts'
import type { NearPeer } from './find-node.ts'
import type { Candidate, Search } from './search.ts'

/** Questions at a time count twice: for the answer, and for the patience. */
const QUESTIONS_MAX = 16
/** A server that has not answered by then is not waited for while others can be asked. */
const SLOW_MS = 1_500
/** Peers that are asked in one walk, whatever they answer. */
const ASKED_MAX = 128

/**
 * Asks the nearest of what `search` has heard of until they have all answered or nobody is left to wait for, and
 * `search` hears what they say.
 * @throws the abort reason, which ends the questions.
 */
export async function walk(host: Host, key: Uint8Array, search: Search, signal: AbortSignal): Promise<void> {
  const question = encodeFindNode(key)
  const running = new Set<Promise<void>>()
  let asked = 0
  while (!search.isDone) {
    const next = running.size < QUESTIONS_MAX && asked < ASKED_MAX ? search.next() : undefined
    if (next !== undefined) {
      asked += 1
      const [patience, answer] = ask(host, next, question, search, signal)
      for (const wait of [patience, answer]) {
        running.add(wait)
        void wait.then(() => running.delete(wait))
      }
    } else if (running.size > 0) await Promise.race(running)
    else break
    signal.throwIfAborted()
  }
}

/** @returns when it counts as slow, at the latest, and when it is over. */
function ask(
  host: Host,
  candidate: Candidate,
  question: Uint8Array,
  search: Search,
  signal: AbortSignal,
): readonly [Promise<void>, Promise<void>] {
  candidate.state = 'asked'
  const patience = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    candidate.state = 'slow'
    patience.resolve()
  }, SLOW_MS)
  const answer = async (): Promise<void> => {
    try {
      const near = await nearOf(host, candidate, question, signal)
      candidate.state = near === undefined ? 'failed' : 'answered'
      for (const { id, addresses } of near ?? []) search.hear(id, addresses)
    } catch {
      // gone, or no server of our DHT: there are others. When the time is over, it may still be one.
      if (!signal.aborted) candidate.state = 'failed'
    } finally {
      clearTimeout(timer)
      patience.resolve()
    }
  }
  return [patience.promise, answer()]
}

/** `undefined`: it answers nonsense. @throws when it cannot be asked. */
async function nearOf(
  host: Host,
  { peer, addresses }: Candidate,
  question: Uint8Array,
  signal: AbortSignal,
): Promise<readonly NearPeer[] | undefined> {
  const told = addressesOf(peer, addresses)
  const connection: Connection =
    openConnection(host, peer) ??
    (told.length > 0 ? await host.dial(told, { signal }) : await dialKnown(host, peer, [], signal))
  const stream = await connection.newStream(DHT_PROTOCOL, { signal })
  try {
    const messages = lpStream(stream, { maxDataLength: FIND_NODE_ANSWER_BYTES_MAX })
    await messages.write(question, { signal })
    const near = parseNearPeers((await messages.read({ signal })).subarray())
    stream.close({ signal }).catch((error: unknown) => stream.abort(toError(error)))
    return near
  } catch (error) {
    stream.abort(toError(error))
    throw error
  }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
