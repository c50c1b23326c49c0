export { storeContract } from './store.suite.ts'
export type { StoreFixture } from './store.suite.ts'
