/** A file system of a few megabytes that a test can fill to its last byte. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Leaves no more than `bytes` free. */
  fillUpTo(bytes: number): void
  /** Gives back what {@link fillUpTo} took. */
  free(): void
}

/** @returns `undefined` where this process may not mount one: only root on Linux may. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true })
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  if (status !== 0) return undefined
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fillUpTo(bytes) {
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)))
    },
    free: () => rmSync(ballast, { force: true }),
    // Lazily: a process that a failed test left may still have its files open.
    [Symbol.dispose]: () => void spawnSync('umount', ['--lazy', folder]),
  }
}
