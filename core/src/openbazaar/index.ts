export { decodeOpenBazaarChat, encodeOpenBazaarChat, openBazaarChatId } from './chat.ts'
export type { OpenBazaarChatRejection, OpenBazaarChat, OpenBazaarTime } from './chat.ts'
export { openOpenBazaarEnvelope, sealOpenBazaarEnvelope } from './envelope.ts'
export type { OpenBazaarEnvelopeRejection, OpenedOpenBazaarEnvelope } from './envelope.ts'
export {
  decodeOpenBazaarMessage,
  encodeOpenBazaarFrame,
  encodeOpenBazaarMessage,
  OPENBAZAAR_MESSAGE_TYPES,
  openBazaarMessage,
  openBazaarPayload,
  readOpenBazaarFrame,
} from './message.ts'
export type { OpenBazaarFrame, OpenBazaarMessage, OpenBazaarPayload } from './message.ts'
export {
  encodeOpenBazaarPrivateKey,
  encodeOpenBazaarPublicKey,
  multihashText,
  openBazaarPeerId,
  parseOpenBazaarId,
  parseOpenBazaarPrivateKey,
  parseOpenBazaarPublicKey,
} from './peer.ts'
export {
  isOpenBazaarPointerId,
  openBazaarAck,
  openBazaarBlock,
  openBazaarBlockCid,
  openBazaarPointerId,
  openBazaarPointerKey,
  readOpenBazaarAck,
} from './pointer.ts'
export { decodeOpenBazaarBlock, decodeOpenBazaarStore, encodeOpenBazaarBlock, encodeOpenBazaarStore } from './store.ts'
export type { OpenBazaarBlock } from './store.ts'
export { deriveOpenBazaarIdentity } from './word-list.ts'
export type { OpenBazaarIdentity } from './word-list.ts'
