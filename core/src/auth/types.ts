/**
 * Mutual authentication of a fresh link: both devices show whose they are and prove it before anything else passes.
 * One machine for each link and side; it forgets everything when the link ends.
 */
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import type { Awaitable } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import type { AccountId, DeviceCertificate } from '../identity/index.ts'

/** `initiator` made the link, `responder` accepted it. */
export type AuthRole = 'initiator' | 'responder'

export interface AuthPorts {
  readonly crypto: CryptoPort
  readonly random: RandomPort
  /** Ed25519 seed of the own device, 32 bytes; borrowed, never kept in the state. */
  readonly deviceSeed: Uint8Array
  /** True when we do not want to be seen by this account or device: blocked accounts, revoked devices. */
  readonly isBlocked: (account: AccountId, deviceKey: Uint8Array) => Awaitable<boolean>
}

/** The facts of one link. */
export interface AuthLink {
  readonly role: AuthRole
  readonly ownPeerId: string
  /** Own device certificate, encoded. */
  readonly ownCertificate: Uint8Array
  /** Peer id that the transport has proven. */
  readonly remotePeerId: string
  /** When we dialled somebody: whoever else answers is refused. */
  readonly expectedAccount?: AccountId
}

/** `deadline`: when this side gives up. `hello` and `answer` are the exact flights that were exchanged so far. */
export type AuthState =
  | { readonly type: 'fresh'; readonly link: AuthLink }
  | { readonly type: 'awaiting-hello'; readonly link: AuthLink; readonly deadline: Millis }
  | { readonly type: 'awaiting-answer'; readonly link: AuthLink; readonly deadline: Millis; readonly nonce: Uint8Array }
  | {
      readonly type: 'awaiting-proof'
      readonly link: AuthLink
      readonly deadline: Millis
      readonly transcript: AuthTranscript
      readonly remote: DeviceCertificate
    }
  /** Refused without a sign: nothing is sent, and the link is closed at the deadline as if the network had failed. */
  | { readonly type: 'silent'; readonly deadline: Millis }
  | { readonly type: 'authenticated' }
  | { readonly type: 'refused' }

/** What both signatures cover. */
export interface AuthTranscript {
  readonly initiatorNonce: Uint8Array
  readonly responderNonce: Uint8Array
  readonly initiatorPeerId: string
  readonly responderPeerId: string
  readonly initiatorCertificate: Uint8Array
  readonly responderCertificate: Uint8Array
}

export type AuthInput =
  | { readonly type: 'link.opened'; readonly now: Millis }
  | { readonly type: 'net.received'; readonly now: Millis; readonly bytes: Uint8Array }
  | { readonly type: 'timer.fired'; readonly now: Millis }
  | { readonly type: 'link.closed'; readonly now: Millis }

export type AuthEffect =
  | { readonly type: 'net.send'; readonly bytes: Uint8Array }
  /** Ask for `timer.fired` at `at`; there is one timer, a new `at` replaces the old. */
  | { readonly type: 'timer.set'; readonly at: Millis }
  | { readonly type: 'timer.clear' }
  | { readonly type: 'net.close' }

export type AuthEvent =
  | {
      readonly type: 'auth.authenticated'
      readonly account: AccountId
      readonly deviceKey: Uint8Array
      readonly certificate: DeviceCertificate
    }
  | { readonly type: 'auth.refused'; readonly reason: AuthRefusal }

export type AuthRefusal =
  | 'malformed'
  | 'wrong-version'
  | 'wrong-peer'
  | 'bad-certificate'
  | 'bad-signature'
  | 'unexpected-account'
  | 'blocked'
  | 'timeout'
  | 'out-of-order'
  | 'closed'

export interface AuthTransition {
  readonly state: AuthState
  /** In order; a `net.send` before a `net.close` must leave first. */
  readonly effects: readonly AuthEffect[]
  /** Exactly one over the life of a link that was opened. */
  readonly events: readonly AuthEvent[]
}
