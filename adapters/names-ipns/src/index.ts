export { createNameService } from './name-service.ts'
export type { BlockSource, Ipfs } from './ipfs.ts'
export type { NameServiceOptions } from './name-service.ts'
