/** Small files in the data folder that belong to its owner alone. */
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** The database of a data folder. */
export const databasePath = (data: string): string => join(data, 'node.db')
/** Where other programs of this machine find a running daemon: its URL and process id; removed at its end. */
export const runningPath = (data: string): string => join(data, 'running.json')

/** Replaces the file in one step: a reader, or a crash, sees the old or the new content. */
export function writePrivateFile(path: string, content: string): void {
  const next = `${path}.next`
  const file = openSync(next, 'w', 0o600)
  try {
    chmodSync(next, 0o600)
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
}

/** @returns `undefined` when there is no such file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The JSON object in a file that we wrote; `undefined` when it is missing or was damaged. */
export function readJsonIfThere(path: string): Readonly<Record<string, unknown>> | undefined {
  const text = readIfThere(path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
