/** NameServicePort with stock IPNS records, over the DHT and the connections of our own node. Spec: PUB-4…PUB-6. */
import type { Libp2p } from '@libp2p/interface'
import { PROFILE_BYTES_MAX, PROFILE_LOOKUP_TIMEOUT_MS, assert, blockCid, cidText } from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort, NameServicePort } from '@parley/engine'
import { withDeadline } from './deadline.ts'
import { Dht } from './dht.ts'
import { fetchBlock } from './fetch-block.ts'
import { HeldBlocks } from './held-blocks.ts'
import type { Ipfs } from './ipfs.ts'
import { Records } from './records.ts'

/** Records of one name that a lookup waits for; fewer when no more peers have one. */
const QUORUM = 8
/** From the first question to the last answer of twenty peers, some of which are gone. */
const PUBLISH_TIMEOUT_MS = 60_000
const KEY_BYTES = 32

export interface NameServiceOptions {
  /** Started, with our DHT as its service `dht`, and not stopped before this service. */
  readonly libp2p: Libp2p
  /** The service's own part in the Helia over `libp2p`; released with it. */
  readonly ipfs: Ipfs
  readonly log: LogPort
}

/** Loads Helia at once: a third of a second the first time, less when a storage of this node has it already. */
export async function createNameService({ libp2p, ipfs, log }: NameServiceOptions): Promise<NameServicePort> {
  const dht = new Dht(libp2p)
  try {
    return new IpnsNameService({ libp2p, log, dht, ipfs, records: new Records(await ipfs.start()) })
  } catch (error) {
    await ipfs.release()
    throw error
  }
}

interface Parts extends NameServiceOptions {
  readonly dht: Dht
  readonly records: Records
}

class IpnsNameService implements NameServicePort {
  readonly #parts: Parts
  readonly #held = new HeldBlocks()
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #stopped: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    parts.ipfs.serve(this.#held)
  }

  publish(seed: Uint8Array, block: Uint8Array, sequence: number, signal: AbortSignal): Promise<void> {
    assert(seed.length === KEY_BYTES, 'a seed has 32 bytes')
    assert(block.length > 0 && block.length <= PROFILE_BYTES_MAX, 'a block has 1…PROFILE_BYTES_MAX bytes')
    assert(Number.isSafeInteger(sequence) && sequence >= 0, 'a sequence is a whole number')
    const cid = cidText(blockCid(block))
    const copy = new Uint8Array(block)
    return this.#run(signal, PUBLISH_TIMEOUT_MS, async (deadline) => {
      try {
        await this.#publish(seed, { cid, block: copy, sequence }, deadline)
      } catch (error) {
        signal.throwIfAborted()
        throw error instanceof PortError ? error : unreachable(error)
      }
    })
  }

  resolve(publicKey: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
    assert(publicKey.length === KEY_BYTES, 'a public key has 32 bytes')
    const { libp2p, log, dht, ipfs, records } = this.#parts
    return this.#run(signal, PROFILE_LOOKUP_TIMEOUT_MS, async (deadline) => {
      try {
        const key = await records.key(publicKey)
        const cid = await records.pointsAt(key, await dht.get(key, QUORUM, deadline), deadline)
        if (cid === undefined) return undefined
        return (
          (await this.#held.read(cid.toString())) ?? (await fetchBlock(cid, { libp2p, dht, ipfs, signal: deadline }))
        )
      } catch (error) {
        signal.throwIfAborted()
        // the time is over, or a part of the network failed: nobody has it for us now
        log.log('debug', 'names: a name was not found', { error: String(error) })
        return undefined
      }
    })
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #publish(
    seed: Uint8Array,
    { cid, block, sequence }: { readonly cid: string; readonly block: Uint8Array; readonly sequence: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { dht, records, log } = this.#parts
    const { key, record, name } = await records.create(seed, cid, sequence)
    signal.throwIfAborted()
    const before = this.#held.hold(name, cid, block)
    if (before !== undefined && before !== cid) await dht.cancelProvide(records.cid(before))
    const providing = dht.provide(records.cid(cid), signal).catch((error: unknown) => {
      log.log('debug', 'names: the block was not announced', { error: String(error) })
    })
    const taken = await dht.put(key, record, signal)
    await providing
    if (taken === 0) throw new PortError('UNREACHABLE', 'Nobody in the network took the name.', true)
  }

  /** @throws PortError `UNREACHABLE` after the stop. */
  #run<T>(signal: AbortSignal, timeoutMs: number, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const result = withDeadline([signal, this.#stopping.signal], timeoutMs, work)
    const settled = result.then(
      () => undefined,
      () => undefined,
    )
    this.#running.add(settled)
    void settled.then(() => this.#running.delete(settled))
    return result
  }

  async #stop(): Promise<void> {
    const { dht, ipfs, records } = this.#parts
    this.#stopping.abort(new PortError('UNREACHABLE', 'The names have stopped.', false))
    await Promise.all(this.#running)
    for (const cid of this.#held.cids()) await dht.cancelProvide(records.cid(cid))
    this.#held.clear()
    await ipfs.release()
  }
}

const unreachable = (cause: unknown): PortError =>
  new PortError('UNREACHABLE', 'The name could not be published now.', true, { cause })
