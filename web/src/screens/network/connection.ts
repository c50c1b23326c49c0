import type { Network } from '@parley/engine/api'
import type { LinkState } from '../../app/node-link.ts'
import { t } from '../../locales/index.ts'

/** good: somebody is connected. ready: waiting for somebody. off: nothing goes out. None of them is an alarm. */
export interface Connection {
  readonly tone: 'good' | 'ready' | 'off'
  readonly text: string
}

/**
 * How the node is connected, in plain words; that it goes through Tor is part of it. Who could connect is another
 * question, with an answer of its own: see `reachOf`.
 */
export const connectionOf = (network: Network | undefined, link: LinkState): Connection => {
  const connection = stateOf(network, link)
  if (network?.transport !== 'tor' || link === 'lost') return connection
  return { ...connection, text: `${connection.text} ${t.network.throughTor}` }
}

const stateOf = (network: Network | undefined, link: LinkState): Connection => {
  if (link === 'lost') return { tone: 'off', text: t.network.lost }
  if (network === undefined) return { tone: 'off', text: t.app.loading }
  const { peers, infrastructure, isListening } = network
  const count = new Set(peers.map(({ account }) => account)).size
  if (peers.some(({ path }) => path === 'direct')) return { tone: 'good', text: t.network.direct(count) }
  if (count > 0) return { tone: 'good', text: t.network.relayed(count) }
  if (infrastructure.some((each) => each.isConnected)) return { tone: 'ready', text: t.network.online }
  if (isListening) return { tone: 'ready', text: t.network.ready }
  return { tone: 'off', text: t.network.offline }
}

/** Which way somebody is connected and, where a direct path is looked for, why it is not that one. */
export const pathText = ({ path, relayReason }: Network['peers'][number]): string => {
  if (path === 'direct') return t.network.pathDirect
  return relayReason === undefined ? t.network.pathRelayed : t.network.relayReasons[relayReason]
}
