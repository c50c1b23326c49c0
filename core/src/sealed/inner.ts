/** What is inside a sealed envelope: the sender's certificate, the message, and a signature that names its recipient. */
import { framed, utf8 } from '../base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isRecord, isText, isUint } from '../base/cbor.ts'
import { sha256 } from '../base/hash.ts'
import { CREDENTIAL_BYTES_MAX, SEALED_TYPE_LENGTH_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'

const VERSION = 1
const DOMAIN = utf8('parley/sealed/1')
/** The one suite; a second one gets a name and an envelope version of its own. */
const SUITE = utf8('X-Wing, HKDF-SHA512, AES-256-GCM, Ed25519')
const KEYS = ['v', 'to', 'type', 'certificate', 'body', 'sentAt', 'expiresAt', 'signature']

/** Whom a message is for, in raw bytes: root key, device key (32 each), inbox key id (16). */
export interface SealedAddress {
  readonly rootKey: Uint8Array
  readonly deviceKey: Uint8Array
  readonly inboxKeyId: Uint8Array
}

export interface SealedInner {
  readonly to: SealedAddress
  readonly type: string
  readonly certificate: Uint8Array
  readonly body: Uint8Array
  readonly sentAt: Millis
  readonly expiresAt: Millis
}

/**
 * What the sender's device signs. The recipient and the key encapsulation are in it, so that an envelope cannot be
 * opened and sealed again for somebody else, nor its parts be put into another one. Spec: FST-12.
 */
export const encodeSealedTranscript = (
  inner: SealedInner,
  seal: { readonly inboxPublicKey: Uint8Array; readonly enc: Uint8Array },
): Uint8Array =>
  framed(
    DOMAIN,
    SUITE,
    inner.to.rootKey,
    inner.to.deviceKey,
    sha256(seal.inboxPublicKey),
    seal.enc,
    utf8(inner.type),
    sha256(inner.body),
    inner.certificate,
    encodeCbor([inner.sentAt, inner.expiresAt]),
  )

export const encodeInner = (inner: SealedInner, signature: Uint8Array): Uint8Array =>
  encodeCbor({
    v: VERSION,
    to: [inner.to.rootKey, inner.to.deviceKey, inner.to.inboxKeyId],
    type: inner.type,
    certificate: inner.certificate,
    body: inner.body,
    sentAt: inner.sentAt,
    expiresAt: inner.expiresAt,
    signature,
  })

export interface SignedInner extends SealedInner {
  readonly signature: Uint8Array
}

export function parseInner(bytes: Uint8Array): Result<SignedInner, 'malformed' | 'unsupported-version'> {
  const value = decodeCbor(bytes)
  if (!isRecord(value) || !isUint(value['v'])) return fail('malformed')
  if (value['v'] !== VERSION) return fail('unsupported-version')
  const { type, certificate, body, sentAt, expiresAt, signature } = value
  const to = parseAddress(value['to'])
  if (Object.keys(value).length !== KEYS.length || to === undefined || !isBytes(body)) return fail('malformed')
  if (!isText(type, SEALED_TYPE_LENGTH_MAX) || !isBytes(signature, 64)) return fail('malformed')
  if (!isBytes(certificate) || certificate.length > CREDENTIAL_BYTES_MAX) return fail('malformed')
  if (!isUint(sentAt) || !isUint(expiresAt)) return fail('malformed')
  return ok({ to, type, certificate, body, sentAt, expiresAt, signature })
}

function parseAddress(value: CborValue | undefined): SealedAddress | undefined {
  if (!isList(value) || value.length !== 3) return undefined
  const [rootKey, deviceKey, inboxKeyId] = value
  if (!isBytes(rootKey, 32) || !isBytes(deviceKey, 32) || !isBytes(inboxKeyId, 16)) return undefined
  return { rootKey, deviceKey, inboxKeyId }
}
