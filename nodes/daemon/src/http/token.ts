import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, writePrivateFile } from '../private-file.ts'

const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** The secret that opens this node's API, made at the first start. Whoever can read the folder may use the node. */
export function openToken(data: string): string {
  const path = join(data, 'token')
  const known = readIfThere(path)?.trim()
  if (known !== undefined && TOKEN.test(known)) return known
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  writePrivateFile(path, `${token}\n`)
  return token
}
