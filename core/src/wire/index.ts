export { decodeFrame, encodeFrame, ENVELOPE_ID_BYTES, envelopeId } from './frame.ts'
export type { Frame } from './frame.ts'
