export { createNodeCrypto, nodeRandom } from './node-crypto.ts'
export { createSeededCrypto, createSeededRandom } from './seeded-crypto.ts'
