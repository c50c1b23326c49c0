/** The names under which a profile is looked for. Spec: PRF-8, PRF-9. */
import { concat, toHex } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { parseAccount } from '../identity/did-key.ts'
import { encodeOpenBazaarPublicKey, parseOpenBazaarId } from '../openbazaar/peer.ts'

/** CIDv1, codec libp2p-key, multihash identity of the 36 bytes that libp2p writes for an Ed25519 key. */
const IPNS_HEAD = Uint8Array.of(0x01, 0x72, 0x00, 0x24)
const BASE36 = 36

/** What a record is kept under: SHA-256 (32 bytes, fresh) of libp2p's protobuf of the root key (32 bytes, borrowed). PRF-8 */
export const profileDigest = (rootKey: Uint8Array): Uint8Array => sha256(encodeOpenBazaarPublicKey(rootKey))

/** The digest (32 bytes, fresh) that a `did:key:z6Mk…` or a `Qm…` leads to; `undefined` for any other text. PRF-8 */
export function digestOfPersonId(id: string): Uint8Array | undefined {
  const rootKey = parseAccount(id)
  return rootKey === undefined ? parseOpenBazaarId(id) : profileDigest(rootKey)
}

/** The topic on which changes of this profile are pushed, 0 … PROFILE_TOPICS − 1: the first byte of its digest. PRF-8 */
export const profileTopic = (digest: Uint8Array): number => digest[0] ?? 0

/** `k51…`: the IPNS name of the root key (32 bytes, borrowed), as IPFS tools print it. PRF-9 */
export const ipnsName = (rootKey: Uint8Array): string =>
  `k${BigInt(`0x${toHex(concat(IPNS_HEAD, encodeOpenBazaarPublicKey(rootKey)))}`).toString(BASE36)}`
