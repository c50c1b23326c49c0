export {
  assertBlock,
  blockCid,
  CID_BYTES,
  cidOfDigest,
  cidText,
  digestOfCid,
  isBlockCid,
  isBlockOf,
  parseCid,
} from './cid.ts'
export { fittingItems, itemsBytes, MAILBOX_BODY_BYTES_MAX } from './fields.ts'
export { dayOf, inboxBucketKey } from './inbox.ts'
export { openInviteBundle, sealInviteBundle } from './invite-bundle.ts'
export { chainSecret, invitePointerSecret, keyPrefix, pointerKey } from './pointer-keys.ts'
export type { PointerSecret } from './pointer-keys.ts'
export type { PointedBlock, PointerPayload } from './pointer-payload.ts'
export { openPointer, openWorked, readPointer, sealPointer, sealWorked, workOf } from './pointer.ts'
export type { PointerRecord, PointerRejection, SignedPointer, WorkedPointer } from './pointer.ts'
export { challengeDigest, receiptTranscript, verifyReceipt } from './receipt.ts'
export { CHALLENGE_NONCE_BYTES, decodeRequest, encodeRequest, isUnknownRequest } from './request.ts'
export type { MailboxRequest, NamedBlock } from './request.ts'
export { decodeResponse, encodeResponse, MAILBOX_FOUND_MAX } from './response.ts'
export type { MailboxRefusal, MailboxResponse, PointStatus, Receipt } from './response.ts'
export { decodeHint, encodeHint, HINT_KEYS_MAX, isHint, topicOfKey, wakeTopic } from './wake.ts'
export { searchWork, WORK_NONCE_BYTES } from './work.ts'
