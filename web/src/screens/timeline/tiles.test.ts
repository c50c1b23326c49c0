import type { Message } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { layTiles, type MessageTile, type Tile, type TileInput } from './tiles.ts'

const noon = new Date(2026, 4, 12, 12).getTime()
const MINUTE_MS = 60_000

const message = (at: number, minutes: number, sender: string, fields: Partial<Message> = {}): Message => ({
  id: `m${at}`,
  conversation: 'c',
  sender,
  content: { type: 'text', text: `text ${at}` },
  sentAt: noon + minutes * MINUTE_MS,
  state: 'delivered',
  parents: [],
  order: String(at).padStart(4, '0'),
  reactions: [],
  hasGapBefore: false,
  isClockSkewed: false,
  ...fields,
})

const lay = (messages: readonly Message[], fields: Partial<TileInput> = {}, before: readonly Tile[] = []) =>
  layTiles({ messages, echoes: [], me: 'me', hasBefore: true, keys: new Map(), ...fields }, before)
const flags = (tiles: readonly Tile[]) =>
  tiles.map((tile) =>
    tile.type === 'intro' ? 'intro' : `${tile.startsGroup ? '[' : ''}${tile.message.id}${tile.endsGroup ? ']' : ''}`,
  )
const asMessage = (tile: Tile | undefined): MessageTile | undefined => (tile?.type === 'message' ? tile : undefined)

describe('tiles', () => {
  it('groups one sender within five minutes', () => {
    const tiles = lay([message(1, 0, 'me'), message(2, 4, 'me'), message(3, 10, 'me'), message(4, 11, 'them')])
    expect(flags(tiles)).toEqual(['[m1', 'm2]', '[m3]', '[m4]'])
  })

  it('breaks groups at a day, at the first unread and at a gap', () => {
    const day = 24 * 60
    const tiles = lay(
      [
        message(1, 0, 'them'),
        message(2, 1, 'them'),
        message(3, 2, 'them', { hasGapBefore: true }),
        message(4, day, 'them'),
      ],
      { firstUnread: 'm2' },
    )
    expect(flags(tiles)).toEqual(['[m1]', '[m2]', '[m3]', '[m4]'])
    expect(tiles.map((tile) => asMessage(tile)?.dayStart !== undefined)).toEqual([true, false, false, true])
    expect(asMessage(tiles[1])?.isFirstUnread).toBe(true)
  })

  it('begins with an introduction only at the very beginning', () => {
    expect(flags(lay([message(1, 0, 'me')], { hasBefore: false }))[0]).toBe('intro')
    expect(flags(lay([message(1, 0, 'me')]))[0]).toBe('[m1]')
  })

  it('shows the state under the last own message of a group, and wherever one failed', () => {
    const tiles = lay([
      message(1, 0, 'me', { state: 'failed' }),
      message(2, 1, 'me'),
      message(3, 2, 'me'),
      message(4, 3, 'them'),
    ])
    expect(tiles.map((tile) => asMessage(tile)?.showsState)).toEqual([true, false, true, false])
    expect(asMessage(lay([message(1, 0, 'me', { content: { type: 'deleted' } })])[0])?.showsState).toBe(false)
  })

  it('quotes what is answered, also when it is not on the page', () => {
    const tiles = lay([
      message(1, 0, 'them'),
      message(2, 1, 'me', { replyTo: 'm1' }),
      message(3, 2, 'me', { replyTo: 'm0' }),
    ])
    expect(asMessage(tiles[1])?.quote).toEqual({ id: 'm1', isOwn: false, text: 'text 1' })
    expect(asMessage(tiles[2])?.quote).toEqual({ id: 'm0', isOwn: false })
  })

  it('keeps the objects of tiles that look the same', () => {
    const messages = [message(1, 0, 'me'), message(2, 1, 'me'), message(3, 2, 'them')]
    const before = lay(messages)
    const after = lay([...messages, message(4, 3, 'them')], {}, before)
    expect(after[0]).toBe(before[0])
    expect(after[1]).toBe(before[1])
    expect(after[2]).not.toBe(before[2])
  })

  it('gives an echo and the message that it became the same key', () => {
    const echo = { key: 'echo-1', message: message(9, 0, 'me', { state: 'queued' }) }
    const [first] = lay([], { echoes: [echo] })
    const [second] = lay([message(1, 0, 'me')], { keys: new Map([['m1', 'echo-1']]) })
    expect([first?.key, second?.key]).toEqual(['echo-1', 'echo-1'])
    expect([asMessage(first)?.isEcho, asMessage(second)?.isEcho]).toEqual([true, false])
  })
})
