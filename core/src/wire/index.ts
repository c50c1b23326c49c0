export { decodeFrame, encodeFrame, envelopeId } from './frame.ts'
export type { Frame, PresenceStatus } from './frame.ts'
