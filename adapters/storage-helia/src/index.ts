export { IPFS_READ_TIMEOUT_MS, createIpfsReader } from './ipfs-reader.ts'
export type { IpfsReaderOptions } from './ipfs-reader.ts'
export { createSelfHostedStorage } from './self-hosted.ts'
export type { SelfHostedStorageOptions } from './self-hosted.ts'
