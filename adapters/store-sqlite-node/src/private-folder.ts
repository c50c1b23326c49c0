/** A folder that belongs to its owner alone, or one sentence why there is none. Spec: NODE-7. */
import { PortError } from '@parley/engine'
import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'that is not a folder',
  ENOENT: 'the system takes no folders there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENAMETOOLONG: 'the name is too long',
}

/**
 * Makes the folder and those above it that are missing, for the owner alone, and sees that it can be written to.
 *
 * @throws PortError `STORE_FAILED`, or `STORE_FULL` when there is no space; the message is a sentence for people that
 * names the folder and the place where it went wrong.
 */
export function makePrivateFolder(path: string): void {
  // One step at a time: a recursive mkdir says "no such file" of a read-only disk, and never ends under /proc.
  for (const folder of missingFolders(path)) {
    attempt(path, dirname(folder), () => {
      try {
        mkdirSync(folder, { mode: 0o700 })
      } catch (error) {
        // Another process made it meanwhile.
        if (codeOf(error) !== 'EEXIST') throw error
      }
    })
  }
  attempt(path, path, () => {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  })
}

/** The folders on the way to `path` that are not there, the outermost first. */
function missingFolders(path: string): readonly string[] {
  const missing: string[] = []
  for (let folder = path; statSync(folder, { throwIfNoEntry: false }) === undefined; folder = dirname(folder)) {
    if (folder === dirname(folder)) break
    missing.unshift(folder)
  }
  return missing
}

function attempt(path: string, place: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    const code = codeOf(error)
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
    const where = place === path ? '' : ` in ${place}`
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    const message = `The folder ${path} cannot be used${where}: ${reason}. Choose another with --data.`
    throw new PortError(isFull ? 'STORE_FULL' : 'STORE_FAILED', message, isFull, { cause: error })
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
