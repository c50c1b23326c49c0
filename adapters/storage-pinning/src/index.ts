export { PIN_TIMEOUT_MS, createPinningStorage } from './pinning-storage.ts'
export type { PinningStorageOptions } from './pinning-storage.ts'
