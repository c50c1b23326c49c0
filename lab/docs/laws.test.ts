/** The laws and walls that ARCHITECTURE.md names this file for. */
import { describe, expect, it } from 'vitest'
import { documents, files, isTest, packages, read, tableRows } from './repository.ts'

const rooms = packages.filter(({ folder }) => folder !== '.')
const roomOf = (name: string): string | undefined => rooms.find((room) => room.name === name)?.folder
const isSource = (path: string): boolean => /\.tsx?$/.test(path) && !isTest(path)

/** `adapters/*` covers `adapters/memory`; `core` covers itself. */
const covers = (pattern: string, folder: string): boolean =>
  pattern === folder || (pattern.endsWith('/*') && folder.startsWith(pattern.slice(0, -1)))

const walls = new Map(
  tableRows(read('ARCHITECTURE.md'))
    .filter(([room = '']) => room.startsWith('`'))
    .map(([room = '', may = '']) => [room.replaceAll('`', ''), may.replaceAll('`', '').split(', ')] as const),
)

describe('rooms', () => {
  it('are all in the table, and the table names no other', () => {
    const patterns = [...walls.keys()]
    expect(patterns.length).toBeGreaterThan(5)
    expect(rooms.filter(({ folder }) => !patterns.some((pattern) => covers(pattern, folder)))).toEqual([])
    expect(patterns.filter((pattern) => !rooms.some(({ folder }) => covers(pattern, folder)))).toEqual([])
  })

  it.each(rooms)('$folder imports only what the table allows', ({ folder }) => {
    const [, allowed = []] = [...walls].find(([pattern]) => covers(pattern, folder)) ?? []
    const imported = files
      .filter((path) => path.startsWith(`${folder}/`) && isSource(path))
      .flatMap((path) =>
        [...read(path).matchAll(/(?:from|import\()\s*'(@parley\/[\w-]+)/g)].map(([, name = '']) => name),
      )
    const others = [...new Set(imported)].map(roomOf).filter((other) => other !== folder)
    const isAllowed = (other: string | undefined): boolean =>
      other !== undefined && (allowed.includes('everything') || allowed.some((pattern) => covers(pattern, other)))
    expect(others.filter((other) => !isAllowed(other))).toEqual([])
  })

  it('are listed in the README, each with a README of its own', () => {
    const readme = read('README.md')
    const unlisted = rooms.filter(({ folder }) => !readme.includes(`(${folder}/README.md)`))
    expect(unlisted.map(({ folder }) => folder)).toEqual([])
    const long = rooms.filter(({ folder }) => read(`${folder}/README.md`).trimEnd().split('\n').length > 40)
    expect(long.map(({ folder }) => folder)).toEqual([])
  })
})

describe('laws', () => {
  it.each(['core', 'engine'])('1: the compiler gives %s no platform', (folder) => {
    const { lib, types } = JSON.parse(read(`${folder}/tsconfig.json`)).compilerOptions
    expect(types).toEqual([])
    expect(lib).toContain('es2024')
    expect(lib.filter((name: string) => !/^(es2024|esnext\.disposable)$/.test(name))).toEqual([])
  })

  it('2: transactions are opened by the turns, and before there is an account to turn', () => {
    const openers = files.filter(
      (path) => path.startsWith('engine/src/') && isSource(path) && /\.transaction\(/.test(read(path)),
    )
    expect(openers.sort()).toEqual([
      'engine/src/account/self.ts',
      'engine/src/holder/schema.ts',
      'engine/src/holder/writer.ts',
      'engine/src/store/schema.ts',
      'engine/src/turn/turns.ts',
    ])
  })

  it('10: ports have at most eight methods', () => {
    const ports = ['clock', 'log', 'network', 'store'].map((name) => `engine/src/ports/${name}.ts`)
    const sizes = ports.map((path) => {
      const [, body = ''] = /export interface \w+Port \{\n([\s\S]*?)^\}/m.exec(read(path)) ?? []
      return [...body.matchAll(/^ {2}\w+(?:<[^>]*>)?\(/gm)].length
    })
    expect(
      sizes.every((size) => size >= 1 && size <= 8),
      sizes.join(', '),
    ).toBe(true)
  })

  it('are ten', () => {
    const numbers = tableRows(read('ARCHITECTURE.md')).flatMap(([first = '']) =>
      /^\d+$/.test(first) ? [Number(first)] : [],
    )
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(documents).toContain('ARCHITECTURE.md')
  })
})
