import { readFileSync } from 'node:fs'
import { MANIFEST } from './places.ts'

/** The release that this is, from the package's own description. */
export const VERSION: string = readVersion()

function readVersion(): string {
  const content: unknown = JSON.parse(readFileSync(MANIFEST, 'utf8'))
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown'
}
