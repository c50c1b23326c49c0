/**
 * Fails when what the page needs before its list shows is more than the budget: `node web/scripts/size.ts`, after a
 * build. Counted is the page itself, everything that it names, and everything that those import without being asked.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 250_000
const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url))

const imports =
  /(?:^|[;}])\s*(?:import|export)[^'"()]*?from\s*["'](\.[^"']+)["']|(?:^|[;}])\s*import\s*["'](\.[^"']+)["']/gmu
const named = /(?:src|href)="\/([^"]+)"/gu

const gzipBytes = new Map<string, number>()

const visit = (path: string) => {
  if (gzipBytes.has(path)) return
  const bytes = readFileSync(join(dist, path))
  gzipBytes.set(path, gzipSync(bytes, { level: 9 }).length)
  const text = bytes.toString('utf8')
  if (path.endsWith('.html')) for (const [, next = ''] of text.matchAll(named)) visit(next)
  if (!path.endsWith('.js')) return
  for (const [, from, bare] of text.matchAll(imports)) visit(normalize(join(dirname(path), from ?? bare ?? '')))
}

visit('index.html')

const total = [...gzipBytes.values()].reduce((sum, bytes) => sum + bytes, 0)
const all = readdirSync(join(dist, 'assets'))
const pretend = all.filter(
  (file) => /fake/u.test(file) || readFileSync(join(dist, 'assets', file)).includes('parley.scenario'),
)

for (const [path, bytes] of [...gzipBytes].sort((a, b) => b[1] - a[1]))
  process.stdout.write(`${String(bytes).padStart(8)}  ${path}\n`)
process.stdout.write(`${String(total).padStart(8)}  first load, gzip (budget ${BUDGET_BYTES})\n`)
if (gzipBytes.size < 4) throw new Error('the first load was not found: has the page been built?')
if (pretend.length > 0) throw new Error(`the pretend node is in the build: ${pretend.join(', ')}`)
if (total > BUDGET_BYTES) throw new Error(`the first load is ${total - BUDGET_BYTES} bytes over its budget`)
