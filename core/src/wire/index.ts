export { decodeFrame, encodeFrame, envelopeId } from './frame.ts'
export type { Frame } from './frame.ts'
