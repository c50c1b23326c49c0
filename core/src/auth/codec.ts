import { framed, utf8 } from '../base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor, isBytes, isRecord, isUint } from '../base/cbor.ts'
import { AUTH_FLIGHT_BYTES_MAX, AUTH_NONCE_BYTES, CREDENTIAL_BYTES_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { AuthRole, AuthTranscript } from './types.ts'

const VERSION = 1
const SIGNATURE_BYTES = 64
const DOMAIN = utf8('parley/auth/1')

/** The three flights, in order: `hello` → `answer` → `proof`. */
export type Flight =
  | { readonly type: 'hello'; readonly nonce: Uint8Array; readonly certificate: Uint8Array }
  | {
      readonly type: 'answer'
      readonly nonce: Uint8Array
      readonly certificate: Uint8Array
      readonly signature: Uint8Array
    }
  | { readonly type: 'proof'; readonly signature: Uint8Array }

export const encodeFlight = (flight: Flight): Uint8Array => encodeCbor({ v: VERSION, ...flight })

/** The byte strings in the result are copies. Spec: AUTH-2. */
export function parseFlight(bytes: Uint8Array): Result<Flight, 'malformed' | 'wrong-version'> {
  if (bytes.length > AUTH_FLIGHT_BYTES_MAX) return fail('malformed')
  const value = decodeCbor(bytes)
  if (!isRecord(value) || !isUint(value['v'])) return fail('malformed')
  if (value['v'] !== VERSION) return fail('wrong-version')
  const flight = toFlight(value)
  return flight !== undefined && Object.keys(value).length === Object.keys(flight).length + 1
    ? ok(flight)
    : fail('malformed')
}

function toFlight(value: { readonly [key: string]: CborValue }): Flight | undefined {
  const { type, nonce, certificate, signature } = value
  if (type === 'proof') return isBytes(signature, SIGNATURE_BYTES) ? { type, signature } : undefined
  if (!isBytes(nonce, AUTH_NONCE_BYTES)) return undefined
  if (!isBytes(certificate) || certificate.length > CREDENTIAL_BYTES_MAX) return undefined
  if (type === 'hello') return { type, nonce, certificate }
  return type === 'answer' && isBytes(signature, SIGNATURE_BYTES) ? { type, nonce, certificate, signature } : undefined
}

/**
 * What the device in `role` signs. Both nonces make it fresh, both peer ids tie it to this link, both certificates to
 * these accounts, the role keeps a signature from coming back as the other side's. Spec: AUTH-3.
 */
export const encodeTranscript = (role: AuthRole, transcript: AuthTranscript): Uint8Array =>
  framed(
    DOMAIN,
    utf8(role),
    transcript.initiatorNonce,
    transcript.responderNonce,
    utf8(transcript.initiatorPeerId),
    utf8(transcript.responderPeerId),
    transcript.initiatorCertificate,
    transcript.responderCertificate,
  )
