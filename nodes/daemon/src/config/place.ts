import type { NodeOptions } from '../node.ts'
import { ConfigError } from './fields.ts'
import { listOf, type Settings, textOf } from './load.ts'

/**
 * Where the node can be reached: exactly the addresses of `listen`, or as far as `reach` says. Without either it is as the
 * person chose.
 * @throws ConfigError for both, and for a listen address that is given and empty.
 */
export function placeSettings(settings: Settings): Pick<NodeOptions, 'listen' | 'reach' | 'announce'> {
  const reach = REACHES.find((each) => each === textOf(settings, 'reach'))
  const listen = listOf(settings, 'listen')
  const announce = listOf(settings, 'announce')
  if (listen.length === 0) return { announce, ...(reach === undefined ? {} : { reach }) }
  if (reach !== undefined)
    throw new ConfigError('With listen a node can be reached exactly there: leave out reach, or leave out listen.')
  return { listen, announce }
}

const REACHES = ['computer', 'network', 'anyone'] as const
