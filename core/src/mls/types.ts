/**
 * Our own face of MLS (RFC 9420). Nothing outside this folder imports `ts-mls`, so the library can be replaced.
 *
 * State in, state out: no function changes its arguments. A {@link Group} is plain data behind an opaque type;
 * `encodeGroup` gives the bytes to store, and the caller stores them before any message made with it leaves.
 */
import type { ClientState } from 'ts-mls'
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import type { Awaitable } from '../base/result.ts'
import type { Millis } from '../base/time.ts'

/** One device's view of one group in one epoch. */
export interface Group {
  /** Opaque: only `core/src/mls` looks inside. */
  readonly state: ClientState
}

/** A device's signing key and the credential (device certificate bytes) that MLS leaves carry. */
export interface DeviceSigner {
  /** Ed25519 seed, 32 bytes. Borrowed, never copied into a result other than a group's or key package's secrets. */
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  /** Becomes the MLS BasicCredential identity. */
  readonly credential: Uint8Array
}

/** Says whether a leaf's credential belongs to its signature key. Called for every leaf of every tree. */
export type Authenticate = (credential: Uint8Array, signaturePublicKey: Uint8Array) => Awaitable<boolean>

export interface MlsContext {
  readonly crypto: CryptoPort
  readonly random: RandomPort
  readonly authenticate: Authenticate
}

export interface GeneratedKeyPackage {
  /** Encoded MLS KeyPackage, public. */
  readonly keyPackage: Uint8Array
  /** Encoded private init and leaf keys; store sealed, zero when used up. */
  readonly secrets: Uint8Array
}

export interface Member {
  readonly leaf: number
  readonly credential: Uint8Array
  readonly signaturePublicKey: Uint8Array
}

export interface KeyPackageOptions {
  readonly notBefore: Millis
  readonly notAfter: Millis
  readonly isLastResort: boolean
}

export type KeyPackageRejection =
  | 'malformed'
  | 'too-large'
  | 'wrong-suite'
  | 'lifetime'
  | 'bad-signature'
  | 'bad-credential'
  | 'reused-key'

export interface VerifiedKeyPackage {
  readonly bytes: Uint8Array
  readonly credential: Uint8Array
  readonly signaturePublicKey: Uint8Array
  /** SHA-256 of the encoded key package. */
  readonly hash: Uint8Array
}

export interface CommitChange {
  readonly add: readonly VerifiedKeyPackage[]
  /** Leaf indices. */
  readonly remove: readonly number[]
}

export interface Committed {
  readonly group: Group
  /** Encoded MLSMessage (PublicMessage): only ever sent inside the outer envelope. */
  readonly commit: Uint8Array
  /** Encoded MLSMessage (Welcome) with the ratchet tree inside, when somebody was added. */
  readonly welcome?: Uint8Array
}

export type OpenRejection =
  | 'malformed'
  | 'too-large'
  | 'wrong-group'
  | 'wrong-epoch'
  | 'replayed'
  | 'too-far-ahead'
  | 'bad-signature'
  | 'bad-credential'
  | 'standalone-proposal'
  | 'undecryptable'

export type Opened =
  | {
      readonly type: 'application'
      readonly group: Group
      readonly plaintext: Uint8Array
      readonly sender: Member
      readonly authenticatedData: Uint8Array
    }
  | {
      readonly type: 'commit'
      readonly group: Group
      readonly committer: Member
      readonly authenticatedData: Uint8Array
      readonly added: readonly Member[]
      readonly removed: readonly Member[]
      /** True when this device is no longer a member: `group` is then the state before. */
      readonly isSelfRemoved: boolean
    }
