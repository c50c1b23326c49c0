import type { Conversation, Network } from '@parley/engine/api'
import type { LinkState } from '../../app/node-link.ts'
import { t } from '../../locales/index.ts'
import { presenceWord } from '../../ui/avatar-model.ts'
import { timeAgo } from '../../ui/time.ts'

/** What stands under the name: first how they are, last how they are reached, with room for facts between. */
export interface HeaderLine {
  readonly status: string
  readonly isTyping: boolean
  /** How they are connected, when the status says something else. */
  readonly path?: string
}

type Head = Pick<Conversation, 'status' | 'typing' | 'isConnected' | 'lastHeardAt' | 'account' | 'presence'>

interface Surroundings {
  readonly link: LinkState
  readonly network: Pick<Network, 'peers'> | undefined
  /** Unix milliseconds. */
  readonly now: number
}

const pathOf = (account: string, network: Surroundings['network']): string => {
  const path = network?.peers.find((peer) => peer.account === account)?.path
  if (path === undefined) return t.header.connectedPlain
  return path === 'direct' ? t.header.connected : t.header.relayed
}

export const headerLineOf = (head: Head, { link, network, now }: Surroundings): HeaderLine => {
  const { status, typing, isConnected, lastHeardAt, account } = head
  const plain = (text: string): HeaderLine => ({ status: text, isTyping: false })
  if (status === 'blocked') return plain(t.header.blocked)
  if (status === 'invited') return plain(t.header.invited)
  if (typing.length > 0) return { status: t.header.typing, isTyping: true }
  if (link === 'lost') return plain(t.header.neverHeard)
  const word = presenceWord(head.presence, now)
  if (isConnected) {
    const path = pathOf(account, network)
    return word === undefined ? plain(path) : { ...plain(word), path }
  }
  if (word !== undefined) return plain(word)
  return plain(lastHeardAt === undefined ? t.header.neverHeard : t.header.heard(timeAgo(lastHeardAt, now)))
}
