export { createNodeCrypto, nodeRandom } from './node-crypto.ts'
