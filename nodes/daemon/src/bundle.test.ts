/** Which program is run: what is built from the sources as they are, else the sources. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freshBundle, FROM_SOURCE, isNewer, sourceNames } from '../bin/bundle.mjs'
import { FROM_SOURCE as IGNORED_SETTING } from './config/load.ts'
import { temporaryFolder } from './testing.ts'

const BUILT = new Date('2026-01-02T00:00:00Z')
const BEFORE = new Date('2026-01-01T00:00:00Z')
const AFTER = new Date('2026-01-03T00:00:00Z')

/** A folder `src` with a file in a folder, all older than the build. */
function sources(): { readonly root: string; age(path: string, time: Date): void } & Disposable {
  const { path: root, [Symbol.dispose]: dispose } = temporaryFolder()
  const age = (path: string, time: Date): void => utimesSync(join(root, path), time, time)
  mkdirSync(join(root, 'src', 'inner'), { recursive: true })
  writeFileSync(join(root, 'src', 'inner', 'one.ts'), '')
  for (const path of ['src/inner/one.ts', 'src/inner', 'src']) age(path, BEFORE)
  return { root, age, [Symbol.dispose]: dispose }
}

describe('sources are newer than a bundle', () => {
  it('when a file of them changed, came or went', () => {
    using at = sources()
    const newer = (): boolean => isNewer(['src', 'not-there'], BUILT.getTime(), at.root)
    expect(newer()).toBe(false)
    at.age('src/inner/one.ts', AFTER)
    expect(newer()).toBe(true)
    rmSync(join(at.root, 'src/inner/one.ts'))
    expect(newer()).toBe(true)
    at.age('src/inner', BEFORE)
    expect(newer()).toBe(false)
  })
  it('not when a test or what was installed changed', () => {
    using at = sources()
    mkdirSync(join(at.root, 'src', 'node_modules'))
    for (const name of ['one.test.ts', 'port.suite.ts', '.hidden', 'node_modules/x.js'])
      writeFileSync(join(at.root, 'src', name), '')
    at.age('src', BEFORE)
    expect(isNewer(['src'], BUILT.getTime(), at.root)).toBe(false)
    expect(sourceNames(join(at.root, 'src'))).toEqual(['inner'])
  })
})

it('the sources are run when somebody asks for them, and no setting is made of that', () => {
  expect(freshBundle({ [FROM_SOURCE]: '1' })).toBeUndefined()
  expect(IGNORED_SETTING).toBe(FROM_SOURCE)
})
