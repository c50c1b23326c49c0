/** Reads a block over bitswap from exactly the peer that a location names. Spec: BLK-9, BLK-12. */
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ENVELOPE_BYTES_MAX, isBlockOf, parseCid } from '@parley/core'
import { PortError } from '@parley/engine'
import type { BlockReaderPort, LogPort } from '@parley/engine'
import { withDeadline } from './deadline.ts'
import { leaseIpfs } from './ipfs.ts'
import { Slots } from './slots.ts'

/** From the dial to the last byte. */
export const IPFS_READ_TIMEOUT_MS = 20_000
/** Each is a stream each way, and a peer takes 32 streams of bitswap on a connection. */
const READS_AT_ONCE_MAX = 16
/** An Ed25519, secp256k1 or RSA peer id in base58. */
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{46,53}$/

export interface IpfsReaderOptions {
  /** Started, and not stopped before this reader. Shared with a self-hosted storage, if there is one. */
  readonly libp2p: Libp2p
  readonly log: LogPort
  /** Default IPFS_READ_TIMEOUT_MS. */
  readonly timeoutMs?: number
}

/**
 * Loads Helia with the first read. A block that is in an outbox of this node is read from there.
 * `read` asks nobody but the named peer: no search, no other connected peer. Nothing that was read is kept.
 */
export function createIpfsReader({
  libp2p,
  log,
  timeoutMs = IPFS_READ_TIMEOUT_MS,
}: IpfsReaderOptions): BlockReaderPort {
  const ipfs = leaseIpfs(libp2p, log)
  const slots = new Slots(READS_AT_ONCE_MAX)
  const stopping = new AbortController()
  return {
    canRead: (location) => parseLocation(location) !== undefined,
    async read(location, cid, signal) {
      signal.throwIfAborted()
      const key = parseCid(cid)
      const address = parseLocation(location)
      if (key === undefined || address === undefined) return undefined
      await ipfs.start()
      return slots.run(signal, async () => {
        try {
          return await withDeadline([signal, stopping.signal], timeoutMs, async (deadline) => {
            const block = await ipfs.ask(await libp2p.dial(address, { signal: deadline }), cid, deadline)
            return block !== undefined && block.length <= ENVELOPE_BYTES_MAX && isBlockOf(key, block)
              ? block
              : undefined
          })
        } catch (error) {
          signal.throwIfAborted()
          const cause = { cause: error }
          throw new PortError('STORAGE_UNREACHABLE', 'the peer that holds the block does not answer', true, cause)
        }
      })
    },
    stop() {
      stopping.abort(new Error('this reader has stopped'))
      return ipfs.release()
    },
  }
}

/** `undefined` for anything else than an address that says whom it expects there. */
function parseLocation(location: string): Multiaddr | undefined {
  if (!location.startsWith('/')) return undefined
  try {
    const address = multiaddr(location)
    const last = address.getComponents().at(-1)
    return last?.name === 'p2p' && PEER_ID.test(last.value ?? '') ? address : undefined
  } catch {
    return undefined
  }
}
