/** The link of a push node, as it prints it and as people pass it on: `parley:push/` and base64url. Spec: PUSH-6. */
import { parseBase64url, toBase64url } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isList, isUint } from '../base/cbor.ts'
import { PUSH_LINK_ADDRESSES_MAX, PUSH_LINK_LENGTH_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { addressScope } from './address-scope.ts'
import { isAddress, isAddressList } from './addresses.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'
import { parsePeerId, peerIdOfKey } from './peer-id.ts'

const PREFIX = 'parley:push/'
const VERSION = 1

export interface PushLink {
  readonly peerId: string
  /** One to PUSH_LINK_ADDRESSES_MAX multiaddrs that end in `/p2p/` and `peerId`; those that carry furthest first. */
  readonly addresses: readonly string[]
}

export type PushLinkRejection = 'malformed' | 'too-long' | 'unsupported-version'

/** True for what looks like the link of a push node, whole or not. */
export const isPushLink = (text: string): boolean => text.trim().startsWith(PREFIX)

/**
 * The link of the push node at these addresses, each with `/p2p/` and its peer id at the end. Those that carry furthest go
 * first, this machine's own only when there are no others; what finds no room in PUSH_LINK_LENGTH_MAX letters is left out
 * from the end. `malformed` when no address is left, or one does not belong to the peer.
 */
export function encodePushLink({ peerId, addresses }: PushLink): Result<string, PushLinkRejection> {
  const key = parsePeerId(peerId)
  const suffix = `/p2p/${peerId}`
  if (key === undefined || !addresses.every((address) => isAddress(address) && address.endsWith(suffix)))
    return fail('malformed')
  const sorted = [...new Set(addresses)].toSorted((a, b) => RANK[addressScope(a)] - RANK[addressScope(b)])
  const outside = sorted.filter((address) => addressScope(address) !== 'computer')
  const heads = (outside.length > 0 ? outside : sorted)
    .slice(0, PUSH_LINK_ADDRESSES_MAX)
    .map((address) => address.slice(0, -suffix.length))
  for (; heads.length > 0; heads.pop()) {
    const link = PREFIX + toBase64url(encodeCbor([VERSION, key, heads]))
    if (link.length <= PUSH_LINK_LENGTH_MAX) return parsePushLink(link).ok ? ok(link) : fail('malformed')
  }
  return fail('malformed')
}

const RANK = { anywhere: 0, network: 1, computer: 2 } as const

/** Reads a link; white space around it is forgiven. Never throws. */
export function parsePushLink(text: string): Result<PushLink, PushLinkRejection> {
  if (text.length > 2 * PUSH_LINK_LENGTH_MAX) return fail('too-long')
  const link = text.trim()
  if (link.length > PUSH_LINK_LENGTH_MAX) return fail('too-long')
  const bytes = link.startsWith(PREFIX) ? parseBase64url(link.slice(PREFIX.length)) : undefined
  const value = bytes === undefined ? undefined : decodeCbor(bytes)
  if (!isList(value)) return fail('malformed')
  const [version, key, heads] = value
  if (!isUint(version)) return fail('malformed')
  if (version !== VERSION) return fail('unsupported-version')
  if (value.length !== 3 || !isBytes(key) || !isUsableEd25519Key(key) || !isAddressList(heads)) return fail('malformed')
  if (heads.length === 0 || heads.length > PUSH_LINK_ADDRESSES_MAX) return fail('malformed')
  const peerId = peerIdOfKey(key)
  const addresses = heads.map((head) => `${head}/p2p/${peerId}`)
  return addresses.every(isAddress) ? ok({ peerId, addresses }) : fail('malformed')
}
