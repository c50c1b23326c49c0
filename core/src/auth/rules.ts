import { equalBytes } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import {
  type DeviceCertificate,
  parseDeviceCertificate,
  parsePeerId,
  verifyDeviceCertificate,
} from '../identity/index.ts'
import { encodeTranscript } from './codec.ts'
import type { AuthLink, AuthPorts, AuthRefusal, AuthRole, AuthState, AuthTranscript, AuthTransition } from './types.ts'

/** True when the transport has proven somebody else than ourselves, with a key that a device can have. */
export function isPossiblePeer(link: AuthLink): boolean {
  return link.remotePeerId !== link.ownPeerId && parsePeerId(link.remotePeerId) !== undefined
}

/**
 * Judges what the other side says it is. The certificate's device key must be the key that the transport has proven;
 * the account must be the one we wanted, and not blocked. Proves nothing about the link itself. Spec: AUTH-4…AUTH-6.
 */
export async function checkRemote(
  link: AuthLink,
  certificate: Uint8Array,
  now: Millis,
  ports: AuthPorts,
): Promise<Result<DeviceCertificate, AuthRefusal>> {
  const claimed = parseDeviceCertificate(certificate)
  if (!claimed.ok) return fail('bad-certificate')
  const provenKey = parsePeerId(link.remotePeerId)
  if (provenKey === undefined || !equalBytes(provenKey, claimed.value.deviceKey)) return fail('wrong-peer')
  const remote = await verifyDeviceCertificate(ports.crypto, certificate, now)
  if (!remote.ok) return fail('bad-certificate')
  const { account, deviceKey } = remote.value
  if (await ports.isBlocked(account, deviceKey)) return fail('blocked')
  if (link.expectedAccount !== undefined && link.expectedAccount !== account) return fail('unexpected-account')
  return ok(remote.value)
}

export const sign = async (ports: AuthPorts, role: AuthRole, transcript: AuthTranscript): Promise<Uint8Array> =>
  ports.crypto.ed25519Sign(ports.deviceSeed, encodeTranscript(role, transcript))

export const isSigned = async (
  ports: AuthPorts,
  signer: { readonly role: AuthRole; readonly deviceKey: Uint8Array },
  transcript: AuthTranscript,
  signature: Uint8Array,
): Promise<boolean> =>
  ports.crypto.ed25519Verify(signer.deviceKey, encodeTranscript(signer.role, transcript), signature)

export const unchanged = (state: AuthState): AuthTransition => ({ state, effects: [], events: [] })

/**
 * Ends the handshake against the other side's wish. A blocked account learns nothing: no byte, no early close, only
 * what a network failure would show. Spec: AUTH-7.
 */
export function refused(reason: AuthRefusal, deadline: Millis): AuthTransition {
  const events = [{ type: 'auth.refused', reason } as const]
  if (reason === 'blocked') return { state: { type: 'silent', deadline }, effects: [], events }
  return { state: { type: 'refused' }, effects: [{ type: 'timer.clear' }, { type: 'net.close' }], events }
}

export const authenticated = (certificate: DeviceCertificate): AuthTransition => ({
  state: { type: 'authenticated' },
  effects: [{ type: 'timer.clear' }],
  events: [
    {
      type: 'auth.authenticated',
      account: certificate.account,
      deviceKey: certificate.deviceKey,
      certificate,
    },
  ],
})
