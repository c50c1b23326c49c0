/** Records of `@helia/ipns`: made with a key that is forgotten at once, and read by the stock resolver. Spec: PUB-4. */
import {
  IPNSEntry,
  createIPNSRecord,
  ipnsResolver,
  ipnsSelector,
  multihashFromIPNSRoutingKey,
  multihashToIPNSRoutingKey,
} from '@helia/ipns'
import { NAME_RECORD_LIFETIME_MS, parseCid, toHex } from '@parley/core'
import { MemoryDatastore } from 'datastore-core'
import { CID } from 'multiformats/cid'
import type { Ipfs } from './ipfs.ts'

type Helia = Awaited<ReturnType<Ipfs['start']>>

const ED25519 = 'Ed25519'
/** A protobuf of libp2p: type 1, and 32 bytes of a key. */
const KEY_PREFIX = Uint8Array.of(0x08, 0x01, 0x12, 0x20)
const IPFS_PATH = /^\/ipfs\/([^/]+)\/?$/

const keyMessage = (bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([KEY_PREFIX, bytes]))

export interface SignedName {
  /** Where in the DHT. */
  readonly key: Uint8Array
  readonly record: Uint8Array
  /** The same for the same key. */
  readonly name: string
}

export class Records {
  readonly #helia: Helia

  constructor(helia: Helia) {
    this.#helia = helia
  }

  /** Good for NAME_RECORD_LIFETIME_MS. */
  async create(seed: Uint8Array, cid: string, sequence: number): Promise<SignedName> {
    const crypto = await this.#helia.getCrypto(ED25519)
    const signer = await crypto.privateKeyFromProtobuf(keyMessage(seed))
    const entry = await createIPNSRecord(signer, `/ipfs/${cid}`, sequence, NAME_RECORD_LIFETIME_MS)
    const key = multihashToIPNSRoutingKey(signer.publicKey.toMultihash())
    return { key, record: IPNSEntry.encode(entry), name: toHex(key) }
  }

  /** Where in the DHT the name of this Ed25519 key (32 bytes) is. */
  async key(publicKey: Uint8Array): Promise<Uint8Array> {
    const crypto = await this.#helia.getCrypto(ED25519)
    return multihashToIPNSRoutingKey((await crypto.publicKeyFromProtobuf(keyMessage(publicKey))).toMultihash())
  }

  /**
   * The CID that the newest of `found` points at; `undefined` when there is none, or it is not valid, or points at
   * something else than a block. Nothing of it is remembered. @throws the abort reason.
   */
  async pointsAt(key: Uint8Array, found: readonly Uint8Array[], signal: AbortSignal): Promise<CID | undefined> {
    const { routing, keychain, logger } = this.#helia
    try {
      const newest =
        found[
          ipnsSelector(
            key,
            found.map((record) => IPNSEntry.decode(record)),
          )
        ]
      if (newest === undefined) return undefined
      const routers = [{ put: async () => undefined, get: async () => newest }]
      const resolver = ipnsResolver({ routing, keychain, logger, datastore: new MemoryDatastore() }, { routers })
      // one step: a name that points at a name is no profile
      for await (const { value } of resolver.resolve(multihashFromIPNSRoutingKey(key), { nocache: true, signal })) {
        return blockOf(value)
      }
    } catch {
      // whatever is wrong with it, it is no record of this name
      signal.throwIfAborted()
    }
    return undefined
  }

  cid(text: string): CID {
    return CID.parse(text)
  }
}

/** The block that a path of IPFS names, when it names a block alone. */
function blockOf(path: string): CID | undefined {
  const text = IPFS_PATH.exec(path)?.[1]
  return text === undefined || parseCid(text) === undefined ? undefined : CID.parse(text)
}
