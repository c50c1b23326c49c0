export { createDropboxStorage } from './dropbox-storage.ts'
export type { DropboxStorageOptions } from './dropbox-storage.ts'
