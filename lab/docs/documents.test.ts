/** What the documents say of the repository is so. */
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  codeSpans,
  documents,
  fences,
  files,
  installed,
  isThere,
  packages,
  read,
  tableRows,
  testsText,
} from './repository.ts'

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

describe('links', () => {
  it.each(documents)('of %s lead to something', (path) => {
    const targets = [
      ...[...read(path).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target),
      ...[...read(path).matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, target = '']) => target),
    ]
    const broken = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : normalize(join(dirname(path), file))
      if (!isThere(found)) return true
      if (anchor === undefined) return false
      return ![...read(found).matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor)
    })
    expect(broken).toEqual([])
  })
})

describe('code spans', () => {
  it.each(documents)('of %s name files that exist', (path) => {
    const named = codeSpans(read(path)).filter((span) =>
      /^[\w.-]+(\/[\w.+-]+)+\.(ts|tsx|mjs|md|json|patch|css)$/.test(span),
    )
    const missing = named.filter((span) => !isThere(span) && !files.some((file) => file.endsWith(`/${span}`)))
    expect(missing).toEqual([])
  })

  it.each(documents.filter((path) => !path.startsWith('docs/spec/')))('of %s quote tests that exist', (path) => {
    const quoted = codeSpans(read(path)).filter((span) => /^\[[A-Z]+-\d+\] /.test(span))
    const tests = testsText()
    expect(quoted.filter((title) => !tests.includes(title))).toEqual([])
  })

  it('of the threat model name a test for every threat', () => {
    const threats = read('docs/threat-model.md')
      .split('## Threats')[1]
      ?.split('\n## ')[0]
      ?.split(/\n(?=\*\*T\d+\.)/)
      .slice(1)
    expect(threats?.length).toBeGreaterThan(10)
    expect(threats?.filter((threat) => !/`\[[A-Z]+-\d+\] /.test(threat))).toEqual([])
  })

  it('name limits that exist', () => {
    const sources = files
      .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('lab/'))
      .map(read)
      .join('\n')
    const known = new Set([...sources.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => name))
    const unknown = documents.flatMap((path) =>
      [...read(path).matchAll(/(?<![\w/.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].flatMap(([name]) =>
        known.has(name) || name.startsWith('MLS_256_') || name.startsWith('PARLEY_') || name === 'CHROMIUM_PATH'
          ? []
          : [`${path}: ${name}`],
      ),
    )
    expect(unknown).toEqual([])
  })
})

describe('the dependencies', () => {
  const rows = new Map(tableRows(read('docs/dependencies.md')).map((cells) => [cells[0]?.replaceAll('`', ''), cells]))
  const wanted = packages.flatMap(({ folder, dependencies }) =>
    [...dependencies].flatMap(([name, version]) => (name.startsWith('@parley/') ? [] : [{ folder, name, version }])),
  )

  it.each(wanted)('have a row for $name of $folder, with its version and licence', ({ folder, name, version }) => {
    const [, shownVersion, shownLicence, why = '', otherwise = ''] = rows.get(name) ?? []
    expect(shownVersion).toBe(version)
    const found = installed(name, folder)
    if (found !== undefined) expect([found.version, found.license]).toEqual([version, shownLicence])
    expect(why.length).toBeGreaterThan(10)
    expect(otherwise.length).toBeGreaterThan(5)
  })

  it('and what they pull in are under permissive licences, as the document says', () => {
    const locked: Record<string, { license?: string; dev?: boolean; link?: boolean }> = JSON.parse(
      read('package-lock.json'),
    ).packages
    const shown = read('docs/dependencies.md').split('\n## ')[0] ?? ''
    const atRuntime = Object.entries(locked).filter(
      ([path, entry]) => path.includes('node_modules/') && entry.dev !== true && entry.link !== true,
    )
    expect(atRuntime.length).toBeGreaterThan(50)
    const names = atRuntime.flatMap(([, { license = 'none' }]) => license.replace(/[()]/g, '').split(' OR '))
    const families = new Set(names.map((name) => name.replace(/^BSD-\d-Clause$/, 'BSD')))
    expect([...families].filter((family) => !new RegExp(`\\b${family}\\b`).test(shown))).toEqual([])
  })

  it('have no row for what nobody uses', () => {
    const names = new Set(wanted.map(({ name }) => name))
    expect([...rows.keys()].filter((name) => name === undefined || !names.has(name))).toEqual([])
  })
})

describe('the specification', () => {
  it('is indexed: every prefix with its file, and nothing else', () => {
    const defined = files
      .filter((path) => /^docs\/spec\/\d[^/]*\.md$/.test(path))
      .map((path) => {
        const ids = [...read(path).matchAll(/^[-*|#>\s[`]*([A-Z]{2,6})-[0-9]+\b/gm)].map(([, prefix = '']) => prefix)
        return [path.slice('docs/spec/'.length), [...new Set(ids)].sort()] as const
      })
    const indexed = tableRows(read('docs/spec/README.md')).map(([file = '', prefixes = '']) => {
      const [, target = ''] = /\(([^)]+)\)/.exec(file) ?? []
      return [target, prefixes.split(/,\s*/).sort()] as const
    })
    expect(Object.fromEntries(indexed)).toEqual(Object.fromEntries(defined))
  })

  it('has no prefix in two files', () => {
    const prefixes = tableRows(read('docs/spec/README.md')).flatMap(([, cell = '']) => cell.split(/,\s*/))
    expect(prefixes).toEqual([...new Set(prefixes)])
  })
})

describe('shell examples', () => {
  const lines = documents.flatMap((path) =>
    fences(read(path), 'sh').flatMap((block) =>
      block.split('\n').map((line) => ({ path, line: line.split('#')[0] ?? '' })),
    ),
  )

  it('run scripts that exist', () => {
    const scripts = packages.flatMap((each) => each.scripts)
    const named = lines.flatMap(({ path, line }) =>
      [...line.matchAll(/\bnpm (?:run )?([a-z:-]+)/g)].map(([, script = '']) => ({ path, script })),
    )
    const known = [...scripts, 'ci', 'install']
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter(({ script }) => !known.includes(script))).toEqual([])
  })

  it('name files that exist', () => {
    const named = lines.flatMap(({ line }) =>
      [...line.matchAll(/(?<=\s)[\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs)\b/g)].map(([path]) => path),
    )
    expect(named.filter((path) => !isThere(path))).toEqual([])
  })
})

describe('short documents', () => {
  it.each([
    ['README.md', 80],
    ['ARCHITECTURE.md', 120],
    ['CONTRIBUTING.md', 100],
  ])('%s has at most %i lines', (path, linesMax) => {
    expect(read(path).trimEnd().split('\n').length).toBeLessThanOrEqual(linesMax)
  })

  it.each(documents.filter((path) => /^docs\/adr\/\d{4}/.test(path)))('%s is a page with the four parts', (path) => {
    const text = read(path)
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Options',
      'Decision',
      'Consequences',
    ])
  })
})
