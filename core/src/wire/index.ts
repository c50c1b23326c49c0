export {
  decodeDialBackAnswer,
  decodeDialBackRequest,
  encodeDialBackAnswer,
  encodeDialBackRequest,
} from './dial-back.ts'
export type { DialBackAnswer, DialBackPort, DialBackRefusal } from './dial-back.ts'
export { contactTag, inviteTag, localPeriodOf } from './local-tag.ts'
export { decodeFrame, encodeFrame, envelopeId } from './frame.ts'
export type { Frame, PresenceStatus } from './frame.ts'
