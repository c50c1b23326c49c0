// Every rule of docs/spec is named by a test, and every rule that a test names exists.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.mjs'

const ID = '[A-Z]{2,6}-[0-9]+'
/** A rule starts its line, perhaps behind a list mark, a table bar or emphasis. */
const RULE = new RegExp(`^[-*|#>\\s[\`]*(${ID})\\b`, 'gm')
/** `[MBX-7]` or `[MBX-7, MBX-8]` anywhere in a test file. */
const NAMED = new RegExp(`\\[(${ID}(?:[ ,]+${ID})*)\\]`, 'g')
const IS_SPEC = /^docs\/spec\/[^/]+\.md$/
const IS_TEST = /\.(test|suite)\.tsx?$|^lab\/.*\.ts$/

/** @returns one sentence for each rule without a test, test without a rule, and rule defined twice. */
export function specFindings(files) {
  const rules = new Map()
  const findings = []
  for (const file of files.filter((path) => IS_SPEC.test(path))) {
    for (const [, id] of read(file).matchAll(RULE)) {
      if (rules.has(id)) findings.push(`${id} is defined in ${rules.get(id)} and again in ${file}`)
      else rules.set(id, file)
    }
  }
  const named = new Map()
  for (const file of files.filter((path) => IS_TEST.test(path))) {
    for (const [, list] of read(file).matchAll(NAMED)) {
      for (const id of list.split(/[ ,]+/)) named.set(id, named.get(id) ?? file)
    }
  }
  for (const [id, file] of rules) if (!named.has(id)) findings.push(`${id} in ${file} has no test`)
  for (const [id, file] of named)
    if (!rules.has(id)) findings.push(`${id} is named in ${file} but is no rule of docs/spec`)
  if (rules.size === 0) findings.push('docs/spec defines no rule')
  return findings
}

const read = (path) => readFileSync(join(root, path), 'utf8')
