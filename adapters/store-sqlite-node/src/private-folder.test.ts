import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makePrivateFolder } from './private-folder.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-folder-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('a data folder', () => {
  it('[NODE-7] is made with those above it, for its owner alone', () => {
    const path = join(root, 'one', 'two')
    makePrivateFolder(path)
    makePrivateFolder(path)
    expect([path, join(root, 'one')].map((folder) => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700])
  })

  it('[NODE-7] that cannot be had is one sentence', () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    expect(() => makePrivateFolder(file)).toThrow(
      `The folder ${file} cannot be used: that is not a folder. Choose another with --data.`,
    )
    expect(() => makePrivateFolder(join(file, 'x'))).toThrow('that is not a folder')
    expect(() => makePrivateFolder('/proc/parley/x')).toThrow(
      'The folder /proc/parley/x cannot be used in /proc: the system takes no folders there.',
    )
  })

  it('[NODE-7] on a read-only disk is one sentence', (context) => {
    const disk = join(root, 'disk')
    mkdirSync(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk]).status !== 0)
      return context.skip('this system does not let us mount a read-only disk')
    try {
      expect(() => makePrivateFolder(disk)).toThrow('cannot be used: the disk is read-only.')
      expect(() => makePrivateFolder(join(disk, 'x'))).toThrow(`cannot be used in ${disk}: the disk is read-only.`)
    } finally {
      spawnSync('umount', [disk])
    }
  })
})
