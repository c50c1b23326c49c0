// Writes the tables of settings into docs/operations.md: node scripts/operations.mjs && npm run format
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../nodes/daemon/src/cli/main.ts'
import { referenceTables } from '../nodes/daemon/src/config/reference.ts'
import { root } from './lib/process.mjs'

const path = join(root, 'docs', 'operations.md')
const START = '<!-- settings: made by scripts/operations.mjs -->\n\n'
const END = '\n<!-- end of settings -->'
const document = readFileSync(path, 'utf8')
const [before = '', rest = ''] = document.split(START)
const after = rest.slice(rest.indexOf(END))
writeFileSync(path, before + START + referenceTables(commands) + after)
