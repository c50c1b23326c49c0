import type { Network, Reach } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { momentTime } from '../../ui/time.ts'
import { readableAddress } from './waiting.ts'

/** From the least to the most. */
export const reaches: readonly Reach[] = ['computer', 'network', 'anyone']

/** What was proven of who can connect, in words. Nothing in it is assumed. */
export interface ReachWords {
  readonly state: Network['reachability']['state']
  /** "Reachable from outside (tested 12:04)" */
  readonly title: string
  /** What it means and what to do next. */
  readonly next: string
  /** What became of asking the router; `undefined` when it was not asked. */
  readonly mapping: string | undefined
}

export const reachOf = (network: Network, now: number): ReachWords => {
  const { state, testedAt } = network.reachability
  const time = testedAt === undefined ? undefined : momentTime(testedAt, now)
  return { state, title: t.reach.states[state](time), next: nextOf(network), mapping: mappingOf(network) }
}

const nextOf = (network: Network): string => {
  const { reach, isReachFixed, reachability, portMapping } = network
  const words = t.reach.next
  switch (reachability.state) {
    case 'public':
      return reachability.by === 'contact' ? words.publicByContact : words.publicByNode
    case 'relayed':
      return portMapping.state === 'failed' ? `${words.relayed} ${words.relayedRouter}` : words.relayed
    case 'network':
      return reach === 'anyone' ? outsideOf(network) : words.networkChosen
    case 'computer':
      if (reach !== 'computer') return words.noNetwork
      return isReachFixed ? words.computer : `${words.computer} ${words.computerChoose}`
  }
}

/** Anyone may, and nobody from outside has proven to: why. */
const outsideOf = ({ infrastructure }: Network): string => {
  const words = t.reach.next
  if (infrastructure.length === 0) return words.anyoneNoNodes
  const connected = infrastructure.filter(({ isConnected }) => isConnected)
  if (connected.length === 0) return words.anyoneAway
  return connected.every(({ relay }) => relay === 'refused') ? words.anyoneRefused : words.anyoneUnproven
}

const mappingOf = ({ reach, portMapping: { state, address, reason } }: Network): string | undefined => {
  const words = t.reach.mapping
  if (reach !== 'anyone' || state === 'off') return undefined
  if (state === 'searching') return words.searching
  if (state === 'mapped') return address === undefined ? words.mappedPlain : words.mapped(readableAddress(address).host)
  return reason ?? words.failed
}

/** Whether there is anything to ask: Tor decides it otherwise, and a choice was made once. */
export const isReachOpen = (network: Network | undefined): boolean =>
  network !== undefined && network.transport === 'direct' && !network.isReachFixed && !network.isReachChosen
