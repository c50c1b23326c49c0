import { useCallback, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import { commandOf } from '../../app/keys.ts'
import type { MessageCommands } from './message-commands.ts'
import type { MessageTile, Tile } from './tiles.ts'

interface FocusInput {
  readonly tiles: readonly Tile[]
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly list: RefObject<VirtualizerHandle | null>
  readonly commands: MessageCommands
}

/** One message is in the tab order; arrows move it, letters act on it. */
export const useTimelineFocus = ({ tiles, scroller, list, commands }: FocusInput) => {
  const [chosenKey, setActiveKey] = useState<string>()
  const isMoving = useRef(false)
  const chosenAt = tiles.findIndex((tile) => tile.key === chosenKey)
  const activeAt = chosenAt >= 0 ? chosenAt : tiles.length - 1
  const activeKey = tiles[activeAt]?.key
  const keepMounted = useMemo(() => (activeAt >= 0 ? [activeAt] : []), [activeAt])

  useLayoutEffect(() => {
    if (!isMoving.current || activeKey === undefined) return
    isMoving.current = false
    const row = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(activeKey)}"]`)
    row?.focus({ preventScroll: true })
    list.current?.scrollToIndex(activeAt, { align: 'nearest' })
  }, [activeKey, activeAt, scroller, list])

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const isOnRow = event.target instanceof HTMLElement && event.target.dataset['key'] !== undefined
      if (!isOnRow) return
      const command = commandOf(event, 'timeline')
      const tile = tiles[activeAt]
      if (command === undefined || tile === undefined) return
      if (command === 'messageUp' || command === 'messageDown') {
        const next = tiles[activeAt + (command === 'messageUp' ? -1 : 1)]
        if (next?.type === 'message') {
          isMoving.current = true
          setActiveKey(next.key)
        } else if (command === 'messageDown') commands.write()
      } else if (tile.type === 'message') act(command, tile, commands, event.target)
      event.preventDefault()
    },
    [tiles, activeAt, commands],
  )
  return { activeKey, setActiveKey, keepMounted, onKeyDown }
}

const act = (command: string, tile: MessageTile, commands: MessageCommands, row: EventTarget) => {
  const box =
    row instanceof HTMLElement ? (row.querySelector('[data-bubble]') ?? row).getBoundingClientRect() : undefined
  const at = { x: box?.left ?? 0, y: box?.bottom ?? 0 }
  switch (command) {
    case 'reply':
      return commands.reply(tile)
    case 'react':
      return commands.openReactions(tile, at)
    case 'edit':
      return commands.edit(tile)
    case 'delete':
      return commands.askDelete(tile)
    case 'menu':
      return commands.openMenu(tile, at)
    default:
      return undefined
  }
}
