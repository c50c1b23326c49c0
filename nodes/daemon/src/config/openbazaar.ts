/** Whether and where OpenBazaar's API is offered, as it is configured. Spec: OBG-1…OBG-3. */
import { isLoopback } from '../http/secrets.ts'
import { ConfigError } from './fields.ts'
import { listOf, type Settings, textOf } from './load.ts'

export interface OpenBazaarSettings {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly user: string
  /** Absent: only the cookie opens. */
  readonly password?: string
  /** Origins of pages that may ask. */
  readonly origins: readonly string[]
}

const PLACE = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i
const PORT_MAX = 65_535
const PASSWORD_LETTERS_MIN = 8

/**
 * `undefined` without `openbazaarApi`. `readPassword` gives the first line of a file.
 * @throws ConfigError for what is no place, a place that others can reach without a password, and what is no origin.
 */
export function openBazaarSettings(
  settings: Settings,
  readPassword: (path: string) => string,
): OpenBazaarSettings | undefined {
  const place = textOf(settings, 'openbazaarApi')
  if (place === undefined) return undefined
  const [, host = '', port = ''] = PLACE.exec(place) ?? []
  if (host === '' || Number(port) > PORT_MAX) {
    throw new ConfigError('openbazaarApi must be an address and a port, like 127.0.0.1:4002.')
  }
  const passwordFile = textOf(settings, 'openbazaarPasswordFile')
  const password = passwordFile === undefined ? undefined : readPassword(passwordFile)
  if (password !== undefined && [...password].length < PASSWORD_LETTERS_MIN) {
    throw new ConfigError(`The password in ${passwordFile} needs at least ${PASSWORD_LETTERS_MIN} letters.`)
  }
  if (password === undefined && !isLoopback(host)) {
    throw new ConfigError(`Others can reach ${host}: give --openbazaar-api a password with --openbazaar-password-file.`)
  }
  const user = textOf(settings, 'openbazaarUser') ?? ''
  if (user.includes(':')) throw new ConfigError('openbazaarUser cannot have a colon: it ends the name in a header.')
  const origins = listOf(settings, 'openbazaarOrigin')
  const wrong = origins.find((origin) => !isOrigin(origin))
  if (wrong !== undefined) {
    throw new ConfigError(`${wrong} is no origin: write scheme, host and port alone, like http://localhost:9090.`)
  }
  return { host, port: Number(port), user, origins, ...(password === undefined ? {} : { password }) }
}

/** Any page can make its origin `null`, so that is none. */
function isOrigin(text: string): boolean {
  if (text === 'file://') return true
  return URL.canParse(text) && new URL(text).origin === text
}
