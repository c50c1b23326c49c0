export { blockCid, CID_BYTES, cidText, isBlockCid, isBlockOf, parseCid } from './cid.ts'
