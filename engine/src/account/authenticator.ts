/** Whom a leaf of an MLS tree belongs to. Spec: MLS-6. */
import {
  authenticateDeviceCertificate,
  equalBytes,
  sha256,
  toHex,
  type CryptoPort,
  type MlsContext,
} from '@parley/core'

/** Certificates whose signature was checked, by hash; they never change, so the answer does not either. */
const CERTIFICATES_CHECKED_MAX = 4_096

/** Leaves carry device certificates: signed by their account, for exactly the key of the leaf. MLS-6 */
export function createAuthenticator(crypto: CryptoPort): MlsContext['authenticate'] {
  const checked = new Map<string, Uint8Array>()
  return async (credential, signaturePublicKey) => {
    const key = toHex(sha256(credential))
    let deviceKey = checked.get(key)
    if (deviceKey === undefined) {
      const certificate = await authenticateDeviceCertificate(crypto, credential)
      if (!certificate.ok) return false
      deviceKey = certificate.value.deviceKey
      if (checked.size >= CERTIFICATES_CHECKED_MAX) checked.clear()
      checked.set(key, deviceKey)
    }
    return equalBytes(deviceKey, signaturePublicKey)
  }
}
