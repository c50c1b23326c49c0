/**
 * The sealed envelope of first contact: only the recipient's device learns who sent it.
 *
 * `0x02 ‖ enc (1120) ‖ wrapped key (48) ‖ AES-256-GCM(key, padded inner)`, of one of the bucket sizes. HPKE (X-Wing,
 * HKDF-SHA512, AES-256-GCM) wraps a fresh content key, so that the inner signature can cover `enc`, which exists only
 * after the encapsulation. The content key encrypts one thing once, hence the nonce of zeros. Spec: FST-11…FST-14.
 */
import { assert } from '../base/assert.ts'
import { concat, equalBytes, framed, utf8, zero } from '../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import { sha256 } from '../base/hash.ts'
import {
  CLOCK_SKEW_MAX_MS,
  ENVELOPE_BYTES_MAX,
  INBOX_KEYS_MAX,
  SEALED_LIFETIME_MS,
  SEALED_TYPE_LENGTH_MAX,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { isBucketSize, pad, unpad } from '../envelope/padding.ts'
import { type AccountId, type DeviceCertificate, parseAccount, verifyDeviceCertificate } from '../identity/index.ts'
import type { InboxKey } from './inbox-key.ts'
import { encodeInner, encodeSealedTranscript, parseInner, type SealedInner, type SignedInner } from './inner.ts'

export const SEALED_VERSION = 0x02
const HEADER = Uint8Array.of(SEALED_VERSION)
const INFO = utf8('parley/sealed/1')
const ENC_BYTES = 1_120
const CONTENT_KEY_BYTES = 32
const AEAD_TAG_BYTES = 16
const WRAPPED_BYTES = CONTENT_KEY_BYTES + AEAD_TAG_BYTES
const SEAL_BYTES = HEADER.length + ENC_BYTES + WRAPPED_BYTES
const NONCE = new Uint8Array(12)

/** The device that an envelope is for: facts out of its verified bundle, which can be passed as it is. */
export interface SealedRecipient {
  readonly account: AccountId
  readonly deviceKey: Uint8Array
  readonly inboxKeyId: Uint8Array
  readonly inboxPublicKey: Uint8Array
}

export interface SealedSender {
  /** Ed25519 seed of the device, 32 bytes; borrowed. */
  readonly deviceSeed: Uint8Array
  /** Its certificate, encoded. */
  readonly certificate: Uint8Array
}

/** The device that opens envelopes. */
export interface SealedOwner {
  readonly account: AccountId
  readonly deviceKey: Uint8Array
  /** Newest first. The first INBOX_KEYS_MAX are tried; rotation and retention leave no more. */
  readonly inboxKeys: readonly InboxKey[]
}

export interface SealedMessage {
  /** What `body` is, e.g. `contact.request`; at most SEALED_TYPE_LENGTH_MAX letters. */
  readonly type: string
  readonly body: Uint8Array
  readonly now: Millis
  /** At most SEALED_LIFETIME_MS after `now`. */
  readonly expiresAt: Millis
}

export interface SealPorts {
  readonly crypto: CryptoPort
  readonly random: RandomPort
}

export type SealFailure = 'too-large' | 'bad-recipient'

export interface OpenedSealed {
  readonly type: string
  readonly body: Uint8Array
  /** Proven: the certificate's device signed this for us. */
  readonly sender: { readonly account: AccountId; readonly certificate: DeviceCertificate }
  readonly sentAt: Millis
  readonly expiresAt: Millis
  /** SHA-256 of the encapsulation. Keep it until `expiresAt` and refuse envelopes that repeat it. Spec: FST-14. */
  readonly encHash: Uint8Array
}

export type SealedRejection =
  | 'too-large'
  | 'wrong-size'
  | 'wrong-version'
  | 'not-for-us'
  | 'tampered'
  | 'malformed'
  | 'unsupported-version'
  | 'wrong-recipient'
  | 'expired'
  | 'from-future'
  | 'bad-lifetime'
  | 'bad-certificate'
  | 'bad-signature'

/**
 * Seals one message for one device. Fails as `bad-recipient` when its account or inbox key is not a valid key, as
 * `too-large` when no bucket holds the message. The result is fresh on every call: it never repeats for equal input.
 * @throws AssertionError when the lifetime or the type is beyond its limit.
 */
export async function sealTo(
  ports: SealPorts,
  recipient: SealedRecipient,
  sender: SealedSender,
  message: SealedMessage,
): Promise<Result<Uint8Array, SealFailure>> {
  const lifetime = message.expiresAt - message.now
  assert(lifetime > 0 && lifetime <= SEALED_LIFETIME_MS, 'a sealed message lives for at most SEALED_LIFETIME_MS')
  assert(message.type.length <= SEALED_TYPE_LENGTH_MAX, 'the types of sealed messages are ours and short')
  const rootKey = parseAccount(recipient.account)
  if (rootKey === undefined) return fail('bad-recipient')
  const contentKey = ports.random(CONTENT_KEY_BYTES)
  const wrapped = await wrap(ports.crypto, recipient, contentKey)
  if (wrapped === undefined) return fail('bad-recipient')
  const inner: SealedInner = {
    to: { rootKey, deviceKey: recipient.deviceKey, inboxKeyId: recipient.inboxKeyId },
    type: message.type,
    certificate: sender.certificate,
    body: message.body,
    sentAt: message.now,
    expiresAt: message.expiresAt,
  }
  const transcript = encodeSealedTranscript(inner, { enc: wrapped.enc, inboxPublicKey: recipient.inboxPublicKey })
  const signature = await ports.crypto.ed25519Sign(sender.deviceSeed, transcript)
  const padded = pad(SEAL_BYTES + AEAD_TAG_BYTES, encodeInner(inner, signature))
  if (padded === undefined) return fail('too-large')
  const head = concat(HEADER, wrapped.enc, wrapped.ct)
  const sealed = await ports.crypto.mlsSuite.hpke.encryptAead(contentKey, NONCE, head, padded)
  zero(contentKey)
  return ok(concat(head, sealed))
}

const infoOf = (inboxKeyId: Uint8Array): Uint8Array => framed(INFO, inboxKeyId)

async function wrap(
  crypto: CryptoPort,
  recipient: SealedRecipient,
  contentKey: Uint8Array,
): Promise<{ readonly enc: Uint8Array; readonly ct: Uint8Array } | undefined> {
  const { hpke } = crypto.mlsSuite
  try {
    const publicKey = await hpke.importPublicKey(recipient.inboxPublicKey)
    return await hpke.seal(publicKey, contentKey, infoOf(recipient.inboxKeyId), HEADER)
  } catch {
    // FIPS 203 §7.2: the encapsulation key failed its check. It came from the recipient's bundle.
    return undefined
  }
}

/**
 * Opens an envelope and proves its sender. Total: every byte string has an outcome, at most INBOX_KEYS_MAX
 * decapsulations. The result owns its bytes. Replays are the caller's to refuse, by `encHash`. Spec: FST-11…FST-14.
 */
export async function openSealed(
  ports: Pick<SealPorts, 'crypto'>,
  own: SealedOwner,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<OpenedSealed, SealedRejection>> {
  if (bytes.length > ENVELOPE_BYTES_MAX) return fail('too-large')
  if (!isBucketSize(bytes.length) || bytes.length <= SEAL_BYTES + AEAD_TAG_BYTES) return fail('wrong-size')
  if (bytes[0] !== SEALED_VERSION) return fail('wrong-version')
  const enc = bytes.slice(HEADER.length, HEADER.length + ENC_BYTES)
  const unwrapped = await unwrap(ports.crypto, own, enc, bytes.slice(HEADER.length + ENC_BYTES, SEAL_BYTES))
  if (unwrapped === undefined) return fail('not-for-us')
  const padded = await decrypt(ports.crypto, unwrapped.contentKey, bytes)
  zero(unwrapped.contentKey)
  if (padded === undefined) return fail('tampered')
  const payload = unpad(padded)
  if (payload === undefined) return fail('malformed')
  const inner = parseInner(payload)
  if (!inner.ok) return inner
  return judge(ports.crypto, own, { inner: inner.value, enc, inboxKey: unwrapped.inboxKey }, now)
}

async function unwrap(
  crypto: CryptoPort,
  own: SealedOwner,
  enc: Uint8Array,
  wrapped: Uint8Array,
): Promise<{ readonly contentKey: Uint8Array; readonly inboxKey: InboxKey } | undefined> {
  const { hpke } = crypto.mlsSuite
  for (const inboxKey of own.inboxKeys.slice(0, INBOX_KEYS_MAX)) {
    const privateKey = await hpke.importPrivateKey(inboxKey.privateKey)
    try {
      const contentKey = await hpke.open(privateKey, enc, wrapped, infoOf(inboxKey.id), HEADER)
      if (contentKey.length === CONTENT_KEY_BYTES) return { contentKey, inboxKey }
    } catch {
      // Sealed to another key: X-Wing rejects implicitly, so the AEAD tag is what fails. Try the next one.
    }
  }
  return undefined
}

async function decrypt(crypto: CryptoPort, contentKey: Uint8Array, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await crypto.mlsSuite.hpke.decryptAead(
      contentKey,
      NONCE,
      bytes.slice(0, SEAL_BYTES),
      bytes.slice(SEAL_BYTES),
    )
  } catch {
    // Wrong authentication tag: the bytes were changed after sealing.
    return undefined
  }
}

async function judge(
  crypto: CryptoPort,
  own: SealedOwner,
  opened: { readonly inner: SignedInner; readonly enc: Uint8Array; readonly inboxKey: InboxKey },
  now: Millis,
): Promise<Result<OpenedSealed, SealedRejection>> {
  const { inner, enc, inboxKey } = opened
  const rootKey = parseAccount(own.account)
  const isOurs =
    rootKey !== undefined &&
    equalBytes(inner.to.rootKey, rootKey) &&
    equalBytes(inner.to.deviceKey, own.deviceKey) &&
    equalBytes(inner.to.inboxKeyId, inboxKey.id)
  if (!isOurs) return fail('wrong-recipient')
  const lifetime = inner.expiresAt - inner.sentAt
  if (lifetime <= 0 || lifetime > SEALED_LIFETIME_MS) return fail('bad-lifetime')
  if (inner.sentAt > now + CLOCK_SKEW_MAX_MS) return fail('from-future')
  if (now >= inner.expiresAt) return fail('expired')
  // It may have waited for longer than the certificate still lived; how long, FST-13 bounds.
  const certificate = await verifyDeviceCertificate(crypto, inner.certificate, inner.sentAt)
  if (!certificate.ok) return fail('bad-certificate')
  const transcript = encodeSealedTranscript(inner, { enc, inboxPublicKey: inboxKey.publicKey })
  const isSigned = await crypto.ed25519Verify(certificate.value.deviceKey, transcript, inner.signature)
  if (!isSigned) return fail('bad-signature')
  return ok({
    type: inner.type,
    body: inner.body,
    sender: { account: certificate.value.account, certificate: certificate.value },
    sentAt: inner.sentAt,
    expiresAt: inner.expiresAt,
    encHash: sha256(enc),
  })
}
