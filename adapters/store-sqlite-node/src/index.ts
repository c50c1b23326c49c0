export { openSqliteStore } from './sqlite-store.ts'
export type { SqliteStoreOptions } from './sqlite-store.ts'
export { makePrivateFolder } from './private-folder.ts'
