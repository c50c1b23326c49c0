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
  /** Encoded private init and leaf keys and the signing seed; store sealed, zero when used up. */
  readonly secrets: Uint8Array
}

/** A leaf of the tree. Its byte arrays are borrowed from the group: read only. */
export interface Member {
  readonly leaf: number
  readonly credential: Uint8Array
  readonly signaturePublicKey: Uint8Array
}

export interface KeyPackageOptions {
  /** Whole seconds are kept: both ends are rounded down. */
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
  /** The init key is also the leaf key, or one of them is not a usable X-Wing key. */
  | 'reused-key'
  | 'bad-key'

export interface VerifiedKeyPackage {
  readonly bytes: Uint8Array
  readonly credential: Uint8Array
  readonly signaturePublicKey: Uint8Array
  /** SHA-256 of the encoded key package. */
  readonly hash: Uint8Array
  /** May be used more than once: whoever joined with it updates its leaf soon (RFC 9420 §16.8). */
  readonly isLastResort: boolean
  readonly notAfter: Millis
}

export interface CommitChange {
  readonly add: readonly VerifiedKeyPackage[]
  /** Leaf indices. */
  readonly remove: readonly number[]
}

export type CommitRejection =
  /** A leaf to remove is blank. */
  | 'no-such-member'
  /** A device cannot remove itself: another member has to. */
  | 'self-removal'
  /** A signature or encryption key to add is already in the group, or twice in the change. */
  | 'already-member'
  | 'group-full'
  /** This device is no longer a member. */
  | 'not-a-member'
  /** A key package is not one that `verifyKeyPackage` accepted. */
  | 'bad-key-package'

export interface Committed {
  readonly group: Group
  /** Encoded MLSMessage (PublicMessage): only ever sent inside the outer envelope. */
  readonly commit: Uint8Array
  /** Encoded MLSMessage (Welcome) with the ratchet tree inside, when somebody was added. */
  readonly welcome?: Uint8Array
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
}

export type JoinRejection =
  | 'malformed'
  | 'too-large'
  | 'wrong-suite'
  /** The welcome holds no secret for this key package. */
  | 'not-addressed'
  | 'undecryptable'
  /** Too many leaves, a key that cannot be used, or a tree that RFC 9420 §12.4.3.1 forbids. */
  | 'bad-tree'
  | 'bad-signature'
  | 'bad-credential'
  /** Group context extensions or external keys that this protocol does not have. */
  | 'unsupported'

export interface Encrypted {
  readonly group: Group
  /** Encoded MLSMessage (PrivateMessage). */
  readonly message: Uint8Array
  /** Secrets that only the previous group state holds: zero them once `group` is durable and the old one dropped. */
  readonly erase: readonly Uint8Array[]
}

export type OpenRejection =
  | 'malformed'
  | 'too-large'
  | 'wrong-group'
  | 'wrong-epoch'
  /** Made by this very leaf: what it sent it already knows. */
  | 'own-message'
  /** The key of this generation was used, or fell out of the window of retained generations. */
  | 'replayed'
  | 'too-far-ahead'
  | 'unknown-sender'
  /** A signature, membership tag or confirmation tag does not verify. */
  | 'bad-signature'
  | 'bad-credential'
  | 'standalone-proposal'
  /** A commit carries something else than inline Add and Remove. */
  | 'forbidden-proposal'
  | 'invalid-commit'
  | 'undecryptable'

export type Opened =
  | {
      readonly type: 'application'
      readonly group: Group
      readonly plaintext: Uint8Array
      readonly sender: Member
      readonly authenticatedData: Uint8Array
      /** Secrets that only the previous state holds: zero them once `group` is durable and the old one dropped. */
      readonly erase: readonly Uint8Array[]
    }
  | {
      readonly type: 'commit'
      readonly group: Group
      /** The committer's leaf before the commit: who asked. */
      readonly committer: Member
      /** The same leaf after it. The caller refuses a commit that moves a leaf to another account. */
      readonly committerAfter: Member
      readonly authenticatedData: Uint8Array
      readonly added: readonly Member[]
      readonly removed: readonly Member[]
      /** True when this device is no longer a member: `group` is then the state before. */
      readonly isSelfRemoved: boolean
    }

/** What a message says about itself before any cryptography; all of it may be a lie. */
export interface MessageHeader {
  readonly groupId: Uint8Array
  readonly epoch: number
  readonly type: 'application' | 'commit'
}

export interface GroupInfo {
  readonly groupId: Uint8Array
  readonly epoch: number
  readonly ownLeaf: number
  /** In leaf order. */
  readonly members: readonly Member[]
  /** Equal for two members exactly when they agree on the whole history of the group. */
  readonly confirmationTag: Uint8Array
}
