import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import { useApp } from '../../app/context.ts'
import { afterFrames } from '../../app/environment.ts'
import type { Tile } from './tiles.ts'
import type { Anchor, TimelineModel, TimelineSnapshot } from './timeline-types.ts'

/** This near the end counts as the end. */
const END_PX = 40
/** Older and newer pages are fetched this many screens before they are needed. */
const AHEAD_SCREENS = 4
/** While the front has just changed, what comes at the end would move the view: it comes only when it must. */
const AHEAD_SHIFTING_SCREENS = 0.25
/** Frames until the tiles beside the view are drawn and measured. */
const MEASURING_FRAMES = 3
/** Space above a tile that is brought to the top. */
const TOP_GAP_PX = 12

/** Keeps the reader's place while tiles come and go around it. */
export const useTimelineScroll = (
  timeline: TimelineModel,
  snapshot: TimelineSnapshot,
  scroller: RefObject<HTMLDivElement | null>,
  list: RefObject<VirtualizerHandle | null>,
) => {
  const { environment } = useApp().session
  const { tiles, scroll } = snapshot
  const serial = scroll?.serial
  const isStuck = useRef(true)
  const handled = useRef(0)
  const newest = useRef(snapshot)
  const [isAwayFromEnd, setAwayFromEnd] = useState(false)
  const [isSettled, setSettled] = useState(false)

  // Tiles came to or went from the front when the first one of before or of now has moved.
  const [shown, setShown] = useState({ tiles, isShift: false })
  const isShift = shown.tiles === tiles ? shown.isShift : isFrontChange(shown.tiles, tiles)
  if (shown.tiles !== tiles) setShown({ tiles, isShift })
  // From a change of the front until scrolling rests the list keeps its distance from the end instead of its place.
  const isShifting = useRef(false)
  // Tiles around the view that have no size yet would move it too, so before they have theirs nothing more is fetched.
  const isMeasured = useRef(false)

  const look = useCallback(() => {
    const element = scroller.current
    const handle = list.current
    const { tiles: present, phase, hasAfter } = newest.current
    if (element === null || handle === null || phase !== 'ready' || present.length === 0) return
    const toEnd = element.scrollHeight - element.scrollTop - element.clientHeight
    const isAtEnd = toEnd < END_PX && !hasAfter
    isStuck.current = isAtEnd
    setAwayFromEnd(toEnd > element.clientHeight * 0.6)
    timeline.setAtEnd(isAtEnd)
    seeLast(timeline, present, element)
    if (!isMeasured.current) return
    if (element.scrollTop < element.clientHeight * AHEAD_SCREENS) timeline.loadOlder()
    const aheadScreens = isShifting.current ? AHEAD_SHIFTING_SCREENS : AHEAD_SCREENS
    if (toEnd < element.clientHeight * aheadScreens) timeline.loadNewer()
  }, [timeline, scroller, list])

  const stick = useCallback(() => {
    const last = newest.current.tiles.length - 1
    if (isStuck.current && last >= 0 && !newest.current.hasAfter) list.current?.scrollToIndex(last, { align: 'end' })
  }, [list])

  useLayoutEffect(() => {
    newest.current = snapshot
    if (isShift) isShifting.current = true
    const { tiles: present, scroll: wanted } = snapshot
    if (wanted === undefined || wanted.serial === handled.current) {
      stick()
      look()
      return
    }
    handled.current = wanted.serial
    const { target, align } = wanted
    isStuck.current = target.type === 'end'
    stick()
    if (target.type === 'end') return
    const at = present.findIndex((tile) => tile.key === target.key)
    const offset = align === 'start' ? -(target.offset ?? TOP_GAP_PX) : 0
    if (at >= 0) list.current?.scrollToIndex(at, { align, offset })
  }, [snapshot, isShift, stick, look, list])

  // Sizes settle within a frame; then what can be seen is known, and nothing of it will move.
  useLayoutEffect(() => {
    if (serial === undefined) return undefined
    isMeasured.current = false
    let cancel = afterFrames(environment, 1, () => {
      setSettled(true)
      look()
      cancel = afterFrames(environment, MEASURING_FRAMES, () => {
        isMeasured.current = true
        look()
      })
    })
    return () => cancel()
  }, [serial, environment, look])

  useLayoutEffect(() => {
    const element = scroller.current
    timeline.open()
    return () => timeline.leave(anchorOf(element))
  }, [timeline, scroller])
  useEffect(() => environment.onAttention(look), [environment, look])
  useEffect(
    () => environment.onLeave(() => timeline.keepPlace(anchorOf(scroller.current))),
    [environment, timeline, scroller],
  )

  const onResize = useCallback(() => {
    stick()
    look()
  }, [stick, look])
  // The composer grows and keyboards open: the end stays the end.
  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const observer = new ResizeObserver(onResize)
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, onResize])

  const onScrollEnd = useCallback(() => {
    isShifting.current = false
    look()
    const element = scroller.current
    if (element === null) return
    const toEnd = element.scrollHeight - element.scrollTop - element.clientHeight
    timeline.rest(element.scrollTop > toEnd ? 'start' : 'end')
  }, [look, timeline, scroller])

  return { isShift, isSettled, isAwayFromEnd, onScroll: look, onScrollEnd, onResize }
}

const isFrontChange = (before: readonly Tile[], now: readonly Tile[]): boolean => {
  const [first] = now
  const wasFirst = before.find((tile) => tile.type === 'message')
  if (first === undefined || wasFirst === undefined || before[0]?.key === first.key) return false
  return now.some((tile) => tile.key === wasFirst.key) || before.some((tile) => tile.key === first.key)
}

const rowsOf = (element: HTMLElement) => element.querySelectorAll<HTMLElement>('[data-key]')

/** Tells the model about the lowest message of which the end can be seen. */
const seeLast = (timeline: TimelineModel, tiles: readonly Tile[], element: HTMLElement) => {
  const bottom = element.getBoundingClientRect().bottom + 4
  let seen: string | undefined
  for (const row of rowsOf(element)) {
    if (row.getBoundingClientRect().bottom <= bottom) seen = row.dataset['key']
  }
  const tile = tiles.find((each) => each.key === seen)
  if (tile?.type === 'message' && !tile.isEcho) timeline.see(tile.message)
}

/** The topmost row in view and its distance from the top. */
const anchorOf = (element: HTMLElement | null): Anchor | undefined => {
  if (element === null) return undefined
  const { top } = element.getBoundingClientRect()
  for (const row of rowsOf(element)) {
    const box = row.getBoundingClientRect()
    const key = row.dataset['key']
    if (box.bottom > top && key !== undefined) return { key, offset: box.top - top }
  }
  return undefined
}
