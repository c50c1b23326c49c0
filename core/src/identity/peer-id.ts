/**
 * libp2p's name of a device: base58btc of the identity multihash of the protobuf `PublicKey{Ed25519, key}`.
 * A device's transport key is its signing key, so that the transport already proves half of a handshake.
 */
import { base58 } from '@scure/base'
import { concat, equalBytes } from '../base/bytes.ts'
import { decodeBase58 } from './did-key.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'
import { KEY_BYTES } from './signed-record.ts'

/** Multihash `identity`, 36 bytes; protobuf field 1 (type) = 1 (Ed25519), field 2 (data), 32 bytes. */
const HEAD = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const LENGTH = 52

/** `12D3Koo…` of a device key (32 bytes). The bytes are borrowed. Spec: IDN-3. */
export const peerIdOfKey = (deviceKey: Uint8Array): string => base58.encode(concat(HEAD, deviceKey))

/** The device key (32 bytes) inside a peer id; `undefined` for other key types, bases and spellings. Spec: IDN-3. */
export function parsePeerId(peerId: string): Uint8Array | undefined {
  if (peerId.length !== LENGTH) return undefined
  const bytes = decodeBase58(peerId)
  if (bytes?.length !== HEAD.length + KEY_BYTES || !equalBytes(bytes.subarray(0, HEAD.length), HEAD)) return undefined
  const key = bytes.slice(HEAD.length)
  return isUsableEd25519Key(key) ? key : undefined
}
