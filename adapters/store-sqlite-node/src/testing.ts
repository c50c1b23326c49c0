/** Helpers of this adapter's tests. */
import type { PortError, StorePort } from '@parley/engine'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSqliteStore } from './sqlite-store.ts'

export const quietLog = { log(): void {} }

export interface StoreFolder extends Disposable {
  readonly folder: string
  readonly path: string
  open(onDamaged?: (error: PortError) => void): StorePort
}

/** A temporary folder for one database; removed when the test ends. */
export function storeFolder(): StoreFolder {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'))
  const path = join(folder, 'node.db')
  return {
    folder,
    path,
    open: (onDamaged) => openSqliteStore({ path, log: quietLog, ...(onDamaged === undefined ? {} : { onDamaged }) }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Starts a process that commits and then waits inside a transaction; resolves when it waits. */
export async function startWriter(
  path: string,
  committed: readonly string[],
  unfinished: readonly string[],
): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('crash.fixture.mjs', import.meta.url))
  const job = JSON.stringify({ path, committed, unfinished })
  const child = spawn(process.execPath, [script, job], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

export async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
