/** The repository as its documents describe it: files, packages, tests, rules. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')
export const isThere = (path: string): boolean => existsSync(join(root, path))

/** Files that are or would be committed, relative to the root. */
export const files: readonly string[] = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\0')
  .filter((path) => path !== '' && isThere(path))

export const documents: readonly string[] = files.filter((path) => path.endsWith('.md'))

const TEST = /\.(test|suite)\.tsx?$/
export const isTest = (path: string): boolean => TEST.test(path) || /\/testing(\/|\.ts$)/.test(path)

/** The text of every test, in which quoted titles are looked for. */
export const testsText = (): string =>
  files
    .filter((path) => TEST.test(path))
    .map(read)
    .join('\n')

export interface Package {
  /** Folder, `.` for the root. */
  readonly folder: string
  readonly name: string
  /** Versions by name: dependencies of every kind. */
  readonly dependencies: ReadonlyMap<string, string>
  readonly scripts: readonly string[]
}

export const packages: readonly Package[] = files
  .filter((path) => path === 'package.json' || path.endsWith('/package.json'))
  .map((path) => {
    const content = JSON.parse(read(path))
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
    const dependencies = kinds.flatMap((kind) => Object.entries<string>(content[kind] ?? {}))
    return {
      folder: dirname(path),
      name: content.name,
      dependencies: new Map(dependencies),
      scripts: Object.keys(content.scripts ?? {}),
    }
  })

/** What is installed under a name; `undefined` for a package that npm left out on this system. */
export function installed(
  name: string,
  folder: string,
): { readonly version: string; readonly license: string } | undefined {
  const paths = [join(folder, 'node_modules', name, 'package.json'), join('node_modules', name, 'package.json')]
  const path = paths.find(isThere)
  if (path === undefined) return undefined
  const { version, license } = JSON.parse(read(path))
  return { version, license: String(license).replace(/[()]/g, '') }
}

/** Cells of every table row of a document, without its heading and its rule line. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.flatMap((line, index) => {
    const isHeading = /^\|[\s:|-]+\|$/.test(lines[index + 1] ?? '')
    if (!line.startsWith('|') || isHeading || /^\|[\s:|-]+\|$/.test(line)) return []
    return [
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    ]
  })
}

/** Text without its fenced code. */
export const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '')

/** Contents of the fenced blocks of one language. */
export const fences = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = '']) => (name === language ? [code] : []))

/** Code spans of the prose, across line ends. */
export const codeSpans = (text: string): readonly string[] =>
  [...prose(text).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replace(/\s+/g, ' '))
