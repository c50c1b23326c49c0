/** What the page takes from its surroundings, so that every model runs the same in a test. */
export interface Environment {
  /** Unix milliseconds. */
  now(): number
  /** Runs once, before the next frame is painted (soon, when the page is hidden). @returns cancel. */
  schedule(run: () => void): () => void
  /** Runs once after `delayMs`. @returns cancel. */
  after(delayMs: number, run: () => void): () => void
  /** Small preferences of this browser; `undefined` removes. Never secrets, never messages. */
  readonly storage: {
    get(key: string): string | undefined
    set(key: string, value: string | undefined): void
    /** Called when another tab changed the value. @returns the function that ends the subscription. */
    onChange(key: string, changed: () => void): () => void
  }
  /** What this tab remembers from one life to the next, when it is loaded again: where, never what. Taking forgets. */
  readonly tab: { take(key: string): string | undefined; keep(key: string, value: string): void }
  /** True while a person is looking: the page is visible and has the focus. */
  isAttended(): boolean
  isVisible(): boolean
  /** Called when `isAttended` or `isVisible` may have changed. @returns the function that ends the subscription. */
  onAttention(changed: () => void): () => void
  /** Called whenever a person does anything here. @returns the function that ends the subscription. */
  onUse(used: (use: Use) => void): () => void
  /** Called when the page is about to go. @returns the function that ends the subscription. */
  onLeave(leaving: () => void): () => void
}

/** `typing`: a key went into a text field. */
export type Use = 'typing' | 'other'

/** Runs once when `count` frames have been painted. @returns cancel. */
export const afterFrames = (environment: Environment, count: number, run: () => void): (() => void) => {
  let cancel = environment.schedule(() => {
    if (count > 0) cancel = afterFrames(environment, count - 1, run)
    else run()
  })
  return () => cancel()
}

const HIDDEN_FRAME_MS = 100

const storage: Environment['storage'] = {
  get: (key) => {
    try {
      return localStorage.getItem(key) ?? undefined
    } catch {
      // Storage is switched off in this browser: preferences last as long as the page.
      return undefined
    }
  },
  set: (key, value) => {
    try {
      if (value === undefined) localStorage.removeItem(key)
      else localStorage.setItem(key, value)
    } catch {
      // As above; what was set is already shown.
    }
  },
  onChange: (key, changed) => {
    const listener = (event: StorageEvent) => {
      // A key of null: everything was cleared.
      if (event.key === key || event.key === null) changed()
    }
    window.addEventListener('storage', listener)
    return () => window.removeEventListener('storage', listener)
  },
}

const uses = ['pointerdown', 'pointermove', 'wheel', 'keydown'] as const

const useOf = ({ type, target }: Event): Use => {
  const isField =
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA)$/u.test(target.tagName))
  return type === 'keydown' && isField ? 'typing' : 'other'
}

const tab: Environment['tab'] = {
  take: (key) => {
    try {
      const value = sessionStorage.getItem(key) ?? undefined
      sessionStorage.removeItem(key)
      return value
    } catch {
      // Storage is switched off in this browser: each life begins afresh.
      return undefined
    }
  },
  keep: (key, value) => {
    try {
      sessionStorage.setItem(key, value)
    } catch {
      // As above.
    }
  },
}

/** The real surroundings. */
export const browserEnvironment: Environment = {
  now: () => Date.now(),
  schedule: (run) => {
    if (document.visibilityState === 'visible') {
      const frame = requestAnimationFrame(run)
      return () => cancelAnimationFrame(frame)
    }
    // Hidden pages get no frames, yet the badge in the title must go on.
    const timer = setTimeout(run, HIDDEN_FRAME_MS)
    return () => clearTimeout(timer)
  },
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  storage,
  tab,
  isAttended: () => document.visibilityState === 'visible' && document.hasFocus(),
  isVisible: () => document.visibilityState === 'visible',
  onAttention: (changed) => {
    window.addEventListener('focus', changed)
    window.addEventListener('blur', changed)
    document.addEventListener('visibilitychange', changed)
    return () => {
      window.removeEventListener('focus', changed)
      window.removeEventListener('blur', changed)
      document.removeEventListener('visibilitychange', changed)
    }
  },
  onUse: (used) => {
    const listener = (event: Event) => used(useOf(event))
    for (const type of uses) window.addEventListener(type, listener, { passive: true, capture: true })
    return () => {
      for (const type of uses) window.removeEventListener(type, listener, { capture: true })
    }
  },
  onLeave: (leaving) => {
    window.addEventListener('pagehide', leaving)
    return () => window.removeEventListener('pagehide', leaving)
  },
}
