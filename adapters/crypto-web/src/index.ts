export { createWebCrypto, webRandom } from './web-crypto.ts'
