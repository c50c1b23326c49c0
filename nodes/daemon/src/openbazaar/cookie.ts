import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, writePrivateFile } from '../private-file.ts'

/** The name that OpenBazaar's clients know. */
export const COOKIE_NAME = 'OpenBazaar_Auth_Cookie'
const COOKIE_BYTES = 32
const COOKIE = new RegExp(`^${COOKIE_NAME}=([A-Za-z0-9_-]{43})$`)

export const cookiePath = (data: string): string => join(data, 'openbazaar.cookie')

/** The secret that opens this API, made at the first start and kept as `NAME=value`. OBG-2 */
export function openCookie(data: string): string {
  const path = cookiePath(data)
  const known = COOKIE.exec(readIfThere(path)?.trim() ?? '')?.[1]
  if (known !== undefined) return known
  const cookie = randomBytes(COOKIE_BYTES).toString('base64url')
  writePrivateFile(path, `${COOKIE_NAME}=${cookie}\n`)
  return cookie
}
