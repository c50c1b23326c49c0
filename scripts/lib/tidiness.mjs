// Nothing in the repository may depend on the machine or the place where it was written.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.mjs'

/** Written so that this file does not find itself. */
const FORBIDDEN = [
  { what: 'an absolute path', pattern: /(?:^|["'`\s(=])\/(?:work|home|Users)\/[A-Za-z.]/m },
  { what: 'a package registry', pattern: /registry\.npmjs[.]org|"resolved": "https?:/ },
  { what: 'an issue number', pattern: /\bissue [#]\d/i },
]
const SHARED = /\.\.[/]shared\b/
const IS_BINARY = /\.(png|jpe?g|webp|ico|woff2?|gz|db|bin)$/

/** @returns one sentence for each file with something that only makes sense elsewhere. */
export function tidinessFindings(files) {
  const findings = []
  for (const file of files.filter((path) => !IS_BINARY.test(path))) {
    const content = readFileSync(join(root, file), 'utf8')
    for (const { what, pattern } of FORBIDDEN) {
      const match = pattern.exec(content)
      if (match !== null) findings.push(`${file} contains ${what}: ${match[0].trim()}`)
    }
    if (SHARED.test(content) && !file.endsWith('.test.ts')) findings.push(`${file} reaches outside the repository`)
  }
  return findings
}
