import type { Message } from '@parley/engine/api'
import { startOfDay } from '../../ui/time.ts'

/** Messages of one sender closer than this stand together. */
export const GROUP_MS = 5 * 60_000

/** What a reply shows of the message that it answers. */
export interface Quote {
  readonly id: string
  readonly isOwn: boolean
  /** `undefined`: not on this page; the jump finds it. */
  readonly text?: string
}

/** One visual item of a timeline: a message with what stands above and below it. */
export interface MessageTile {
  readonly type: 'message'
  /** Stays the same from the local echo to the stored message. */
  readonly key: string
  readonly message: Message
  readonly isOwn: boolean
  /** Shown before the node has answered; it has no commands yet. */
  readonly isEcho: boolean
  readonly startsGroup: boolean
  readonly endsGroup: boolean
  /** Midnight of the day that begins with this message. */
  readonly dayStart?: number
  readonly isFirstUnread: boolean
  readonly showsState: boolean
  readonly quote?: Quote
}

/** The very first thing in a conversation. */
export interface IntroTile {
  readonly type: 'intro'
  readonly key: 'intro'
}

export type Tile = MessageTile | IntroTile

/** A message that was just written here and that the node has not answered for yet. */
export interface Echo {
  readonly key: string
  readonly message: Message
}

export interface TileInput {
  readonly messages: readonly Message[]
  readonly echoes: readonly Echo[]
  readonly me: string
  readonly hasBefore: boolean
  readonly firstUnread?: string
  /** Keys of messages that began as an echo. */
  readonly keys: ReadonlyMap<string, string>
}

const introTile: IntroTile = { type: 'intro', key: 'intro' }

const quoteOf = (message: Message, byId: ReadonlyMap<string, Message>, me: string): Quote | undefined => {
  if (message.replyTo === undefined) return undefined
  const target = byId.get(message.replyTo)
  if (target === undefined) return { id: message.replyTo, isOwn: false }
  const { content } = target
  const text = content.type === 'text' ? content.text : content.type === 'unknown' ? content.fallback : ''
  return { id: target.id, isOwn: target.sender === me, text: text.slice(0, 200) }
}

const isSameQuote = (a: Quote | undefined, b: Quote | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.id === b.id && a.isOwn === b.isOwn && a.text === b.text)

const isSameTile = (a: MessageTile, b: MessageTile): boolean =>
  a.message === b.message &&
  a.isEcho === b.isEcho &&
  a.startsGroup === b.startsGroup &&
  a.endsGroup === b.endsGroup &&
  a.dayStart === b.dayStart &&
  a.isFirstUnread === b.isFirstUnread &&
  a.showsState === b.showsState &&
  isSameQuote(a.quote, b.quote)

/**
 * Lays a window out as tiles. A tile that looks the same as before is the same object, so that only what changed is
 * rendered again.
 */
export const layTiles = (input: TileInput, before: readonly Tile[]): readonly Tile[] => {
  const { messages, echoes, me, firstUnread, keys } = input
  const old = new Map(before.map((tile) => [tile.key, tile]))
  const byId = new Map(messages.map((message) => [message.id, message]))
  const all = [
    ...messages.map((message) => ({ message, key: keys.get(message.id) ?? message.id, isEcho: false })),
    ...echoes.map((echo) => ({ message: echo.message, key: echo.key, isEcho: true })),
  ]
  // The day of a message that other days follow is told by the message alone, never by who was loaded around it.
  const tiles: Tile[] = input.hasBefore ? [] : [introTile]
  for (const [at, { message, key, isEcho }] of all.entries()) {
    const previous = all[at - 1]?.message
    const next = all[at + 1]?.message
    const startsDay = previous === undefined || startOfDay(previous.sentAt) !== startOfDay(message.sentAt)
    const isFirstUnread = message.id === firstUnread
    const startsGroup = startsDay || isFirstUnread || message.hasGapBefore || !isGrouped(previous, message)
    const endsGroup =
      next === undefined ||
      next.id === firstUnread ||
      next.hasGapBefore ||
      startOfDay(next.sentAt) !== startOfDay(message.sentAt) ||
      !isGrouped(message, next)
    const isOwn = message.sender === me
    const quote = quoteOf(message, byId, me)
    const tile: MessageTile = {
      type: 'message',
      key,
      message,
      isOwn,
      isEcho,
      startsGroup,
      endsGroup,
      isFirstUnread,
      showsState: isOwn && message.content.type !== 'deleted' && (endsGroup || message.state === 'failed'),
      ...(startsDay ? { dayStart: startOfDay(message.sentAt) } : {}),
      ...(quote === undefined ? {} : { quote }),
    }
    const same = old.get(key)
    tiles.push(same?.type === 'message' && isSameTile(same, tile) ? same : tile)
  }
  return tiles
}

const isGrouped = (a: Message | undefined, b: Message): boolean =>
  a !== undefined && a.sender === b.sender && Math.abs(b.sentAt - a.sentAt) < GROUP_MS
