import { createCell, type ViewModel } from '../../ui/view-model.ts'

/** What this tab and the others of the same browser agree on: one leads, and all see each other's signs. */
export interface Tabs {
  /** This tab speaks for all. At most one does; one that goes away is followed by another. */
  readonly leads: ViewModel<boolean>
  /** Takes the lead: somebody is here now. */
  lead(): void
  /** Shows a sign to all tabs, or takes it back. It goes with the tab. */
  sign(name: string, isShown: boolean): void
  /** The signs that any tab shows now, this one included. */
  signs(): Promise<ReadonlySet<string>>
  dispose(): void
}

const LEADER = 'parley.leader'
const SIGN = 'parley.sign/'

/**
 * Over Web Locks: the browser frees the locks of a tab that ends in whatever way, so nothing can be stuck and nothing
 * needs a heartbeat. Without them, this tab takes itself for the only one.
 */
export const createTabs = (locks: LockManager | undefined): Tabs => (locks === undefined ? alone() : locked(locks))

const alone = (): Tabs => {
  const shown = new Set<string>()
  return {
    leads: createCell(true),
    lead: () => {},
    sign: (name, isShown) => {
      if (isShown) shown.add(name)
      else shown.delete(name)
    },
    signs: () => Promise.resolve(new Set(shown)),
    dispose: () => shown.clear(),
  }
}

const locked = (locks: LockManager): Tabs => {
  const shown = new Map<string, () => void>()
  const lead = createLead(locks)
  return {
    leads: lead.leads,
    lead: lead.take,
    sign: (name, isShown) => {
      const release = shown.get(name)
      if (isShown === (release !== undefined)) return
      if (release === undefined) shown.set(name, holdSign(locks, name))
      else {
        shown.delete(name)
        release()
      }
    },
    signs: async () => {
      const { held = [] } = await locks.query()
      return new Set(held.flatMap(({ name = '' }) => (name.startsWith(SIGN) ? [name.slice(SIGN.length)] : [])))
    },
    dispose: () => {
      lead.dispose()
      for (const release of shown.values()) release()
      shown.clear()
    },
  }
}

/** Held until the returned function is called. Shared, so that several tabs may show the same sign. */
const holdSign = (locks: LockManager, name: string): (() => void) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  // Nobody takes these away; a page that is being torn down is not told anything either.
  locks.request(SIGN + name, { mode: 'shared' }, () => promise).catch(() => undefined)
  return resolve
}

interface Lead {
  readonly leads: ViewModel<boolean>
  take(): void
  dispose(): void
}

const createLead = (locks: LockManager): Lead => {
  const leads = createCell(false)
  let isOver = false
  let release: (() => void) | undefined
  let waiting: AbortController | undefined

  const hold = (): Promise<void> => {
    waiting = undefined
    if (isOver) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    release = resolve
    leads.set(true)
    return promise
  }
  /** In line, until it is this tab's turn or it takes the lead. */
  const wait = () => {
    if (isOver) return
    const turn = new AbortController()
    waiting = turn
    locks.request(LEADER, { signal: turn.signal }, hold).catch(() => lost(turn))
  }
  /** Another tab took the lead, or this one stopped waiting because it takes it itself. */
  const lost = (turn?: AbortController) => {
    if (turn?.signal.aborted === true) return
    leads.set(false)
    wait()
  }
  wait()
  return {
    leads,
    take: () => {
      if (leads.getSnapshot() || isOver) return
      waiting?.abort()
      locks.request(LEADER, { steal: true }, hold).catch(() => lost())
    },
    dispose: () => {
      isOver = true
      waiting?.abort()
      release?.()
      leads.set(false)
    },
  }
}
