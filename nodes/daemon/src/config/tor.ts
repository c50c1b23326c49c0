import { isTorEndpoint, type TorOptions } from '@parley/adapter-network-libp2p'
import { ConfigError } from './fields.ts'
import { isOn, type Settings, textOf } from './load.ts'

/**
 * How to use Tor; `undefined` without `tor`. `readPassword` gives the first line of a file.
 *
 * @throws ConfigError for a place that is not on this machine, and for settings that would show where the node is.
 * Spec: TOR-2, TOR-11.
 */
export function torSettings(settings: Settings, readPassword: (path: string) => string): TorOptions | undefined {
  if (!isOn(settings, 'tor')) return undefined
  for (const key of ['listen', 'announce', 'reach']) {
    if (settings.get(key)?.source === 'default') continue
    throw new ConfigError(`With --tor a node is reachable at its onion address alone: leave out ${key}.`)
  }
  const passwordFile = textOf(settings, 'torControlPasswordFile')
  return {
    socks: endpointOf(settings, 'torSocks'),
    control: endpointOf(settings, 'torControl'),
    ...(passwordFile === undefined ? {} : { controlPassword: readPassword(passwordFile) }),
  }
}

function endpointOf(settings: Settings, key: string): string {
  const text = textOf(settings, key) ?? ''
  if (isTorEndpoint(text)) return text
  throw new ConfigError(`${key} must be an address and port of this machine, like 127.0.0.1:9050.`)
}
