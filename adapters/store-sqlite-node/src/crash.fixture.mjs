// Child process of the store's tests: writes as told, then waits inside a transaction to be killed.
import { openSqliteStore } from './sqlite-store.ts'

const { path, committed, unfinished } = JSON.parse(process.argv[2] ?? '{}')
const store = openSqliteStore({ path, log: { log() {} } })
for (const statement of committed) store.run(statement)
store.transaction(() => {
  for (const statement of unfinished) store.run(statement)
  process.stdout.write('waiting\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
