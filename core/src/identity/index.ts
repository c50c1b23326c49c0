export {
  compareBundles,
  createDeviceBundle,
  INBOX_PUBLIC_KEY_BYTES,
  inboxKeyId,
  newestBundle,
  verifyDeviceBundle,
} from './device-bundle.ts'
export type { BundleOrder, BundleRejection, DeviceBundle, DeviceBundleFacts } from './device-bundle.ts'
export {
  authenticateDeviceCertificate,
  issueDeviceCertificate,
  parseDeviceCertificate,
  verifyDeviceCertificate,
} from './device-certificate.ts'
export type {
  Capability,
  CertificateRejection,
  DeviceCertificate,
  DeviceCertificateFacts,
} from './device-certificate.ts'
export { addressScope, widestScope } from './address-scope.ts'
export type { AddressScope } from './address-scope.ts'
export { accountOfKey, parseAccount } from './did-key.ts'
export type { AccountId } from './did-key.ts'
export { sanitizeName, sanitizeText } from './display-name.ts'
export { isUsableEd25519Key } from './ed25519-key.ts'
export {
  activeDevices,
  addDevice,
  applyLogEvent,
  consentToDevice,
  findDevice,
  logHead,
  logInception,
  mergeIdentityLog,
  readIdentityLog,
  revokeDevice,
  startIdentityLog,
} from './identity-log.ts'
export type { IdentityLog, LogDevice, LogRejection } from './identity-log.ts'
export {
  encodeInvite,
  inviteId,
  inviteProof,
  inviteTranscript,
  isInviteProof,
  parseInvite,
  readInvite,
} from './invite.ts'
export type { EncodedInvite, Invite, InviteDevice, InviteRejection } from './invite.ts'
export { parsePeerId, peerIdOfKey } from './peer-id.ts'
export { encodePushLink, isPushLink, parsePushLink } from './push-link.ts'
export type { PushLink, PushLinkRejection } from './push-link.ts'
export { createRecoveryPhrase, deriveAccountSecrets, parseRecoveryPhrase } from './recovery-phrase.ts'
export type { AccountSecrets, PhraseRejection } from './recovery-phrase.ts'
export { safetyNumber, safetyNumberSide } from './safety-number.ts'
export type { SafetyNumberSide } from './safety-number.ts'
