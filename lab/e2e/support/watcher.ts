/** Looks at the page from inside, every frame: what moved by itself, what stayed blank, how long an answer took. */
import type { Page } from 'playwright-core'

export interface Sights {
  /** Sum of the scores of everything that moved by itself (0: nothing did). */
  readonly shift: number
  /** Which elements moved, for the log. */
  readonly shifted: readonly string[]
  /** The highest strip of the timeline, in px, that had no tile in any frame. */
  readonly blankPx: number
  readonly frames: number
}

/** Starts looking; resets what was seen before. */
export async function startWatching(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = { shift: 0, shifted: new Array<string>(), blankPx: 0, frames: 0, isOver: false }
    Object.assign(window, { seen })
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (seen.isOver || !('value' in entry) || typeof entry.value !== 'number') continue
        seen.shift += entry.value
        const sources = 'sources' in entry && Array.isArray(entry.sources) ? entry.sources : []
        for (const { node, previousRect, currentRect } of sources) {
          const name = node instanceof Element ? `${node.className} ${node.textContent?.slice(0, 24)}` : String(node)
          seen.shifted.push(`${name}: ${JSON.stringify(previousRect)} → ${JSON.stringify(currentRect)}`)
        }
      }
    })
    observer.observe({ type: 'layout-shift', buffered: false })
    const look = (): void => {
      if (seen.isOver) return observer.disconnect()
      requestAnimationFrame(look)
      const timeline = document.querySelector('[data-testid="timeline"]')
      const list = timeline?.querySelector('[data-key]')?.parentElement?.parentElement
      if (timeline === null || list === null || list === undefined) return
      const { top, bottom } = timeline.getBoundingClientRect()
      const boxes = [...list.children].map((each) => each.getBoundingClientRect()).sort((a, b) => a.top - b.top)
      const padding = list.getBoundingClientRect()
      let covered = Math.max(top, padding.top)
      for (const box of boxes) {
        if (box.top < bottom && box.bottom > top) seen.blankPx = Math.max(seen.blankPx, box.top - covered)
        covered = Math.max(covered, box.bottom)
      }
      seen.blankPx = Math.max(seen.blankPx, Math.min(bottom, padding.bottom) - covered)
      seen.frames += 1
    }
    requestAnimationFrame(look)
  })
}

/** Ends looking. @returns what was seen since {@link startWatching}. */
export async function stopWatching(page: Page): Promise<Sights> {
  return page.evaluate(() => {
    const { seen } = window as unknown as { seen: Sights & { isOver: boolean } }
    seen.isOver = true
    return { shift: seen.shift, shifted: seen.shifted, blankPx: seen.blankPx, frames: seen.frames }
  })
}

/**
 * Milliseconds from the next event of type `cause` to the end of the frame in which the newest message, in a timeline
 * that can be seen, shows `text`. Call first, then cause the event, then await `took`.
 */
export async function timeTo(page: Page, cause: 'keydown' | 'click', text: string): Promise<{ took: Promise<number> }> {
  await page.evaluate(
    ([type, wanted]) => {
      const timed = new Promise<number>((resolve) => {
        const look = (startedAt: number): void => {
          const timeline = document.querySelector<HTMLElement>('[data-testid="timeline"]')
          const texts = [...(timeline?.querySelectorAll('[data-bubble]') ?? [])].map((each) => each.textContent)
          const isSeen = timeline !== null && getComputedStyle(timeline).visibility === 'visible'
          if (isSeen && texts.some((each) => each.startsWith(wanted))) {
            const painted = new MessageChannel()
            painted.port1.addEventListener('message', () => resolve(performance.now() - startedAt), { once: true })
            painted.port1.start()
            painted.port2.postMessage(null)
          } else requestAnimationFrame(() => look(startedAt))
        }
        const begin = ({ timeStamp }: Event): void => {
          requestAnimationFrame(() => look(timeStamp))
        }
        window.addEventListener(type, begin, { once: true, capture: true })
      })
      Object.assign(window, { timed })
    },
    [cause, text] as const,
  )
  return {
    took: Promise.resolve().then(() => page.evaluate(() => (window as unknown as { timed: Promise<number> }).timed)),
  }
}
