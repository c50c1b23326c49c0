import type { ApiClient, Conversation, ProfileAnswer } from '@parley/engine/api'
import { createDisposables, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'

/**
 * Asks for newer profiles of the people whose heads are shown, and later of everybody else. It holds none: what comes is
 * in the list of conversations, which is painted as it is and never waits for this.
 */
export interface ProfileWatch {
  /** Heads of these accounts can be seen on that surface now; none when it is gone. */
  see(surface: string, accounts: readonly string[]): void
  /** The node is there again: what was cut off is asked for again. */
  resume(): void
  dispose(): void
}

/** Somebody who scrolls looks at nobody yet. */
export const SETTLE_MS = 200
/** Nothing was asked for, or came, for so long: time for those who are out of sight. */
export const IDLE_MS = 5_000
/** Whoever was asked for this recently is not asked for again. */
export const FRESH_MS = 3_600_000
/** As long as that, when nobody could be asked. */
export const RETRY_MS = 60_000
const ACCOUNTS_AT_ONCE_MAX = 10_000

type Kind = 'visible' | 'background'

interface Run {
  /** Accounts that have no answer yet. */
  readonly waiting: Set<string>
  readonly abort: AbortController
}

interface Ports {
  readonly client: Pick<ApiClient, 'stream'>
  readonly environment: Pick<Environment, 'now' | 'after'>
  /** Everybody whose head may be shown one day. */
  readonly conversations: ViewModel<readonly Pick<Conversation, 'account' | 'status'>[] | undefined>
}

/** Streams that are under way, at most one of a kind, and who may be asked for again when. */
const createAsking = ({ client, environment }: Ports, ended: () => void) => {
  const dueAt = new Map<string, number>()
  const runs: { [K in Kind]?: Run | undefined } = {}
  const note = ({ id, outcome }: Pick<ProfileAnswer, 'id' | 'outcome'>) =>
    dueAt.set(id, environment.now() + (outcome === 'failed' ? RETRY_MS : FRESH_MS))

  const listen = async (run: Run, kind: Kind): Promise<void> => {
    const params = { ids: [...run.waiting], priority: kind }
    try {
      for await (const answer of client.stream('profiles.fetch', params, run.abort.signal)) {
        run.waiting.delete(answer.id)
        note(answer)
      }
    } catch {
      // Heads stay as they are; what is missing is asked for when its time comes, or when the node is back.
    }
    if (run.abort.signal.aborted) return
    for (const id of run.waiting) note({ id, outcome: 'failed' })
    if (runs[kind] === run) runs[kind] = undefined
    ended()
  }

  return {
    isDue: (account: string) => (dueAt.get(account) ?? 0) <= environment.now(),
    isIdle: () => runs.visible === undefined && runs.background === undefined,
    waiting: (): ReadonlySet<string> => runs.visible?.waiting ?? new Set(),
    start: (accounts: readonly string[], kind: Kind) => {
      const former = runs[kind]
      const run = { waiting: new Set(accounts), abort: new AbortController() }
      runs[kind] = accounts.length === 0 ? undefined : run
      if (accounts.length > 0) void listen(run, kind)
      // After the new one has begun, so that whoever both want is looked for once.
      former?.abort.abort()
    },
    /** Whoever could not be asked may be asked at once. */
    forgive: () => {
      for (const [account, at] of dueAt) if (at <= environment.now() + RETRY_MS) dueAt.delete(account)
    },
    stop: () => {
      runs.visible?.abort.abort()
      runs.background?.abort.abort()
    },
  }
}

export const createProfileWatch = (ports: Ports): ProfileWatch => {
  const { environment, conversations } = ports
  const owned = createDisposables()
  const seen = new Map<string, readonly string[]>()
  let cancelSettle: (() => void) | undefined
  let cancelIdle: (() => void) | undefined

  const idleSoon = () => {
    cancelIdle?.()
    cancelIdle = undefined
    if (owned.isDisposed || !asking.isIdle()) return
    cancelIdle = environment.after(IDLE_MS, () => {
      const everybody = conversations.getSnapshot() ?? []
      const others = everybody.filter(({ account, status }) => status === 'active' && asking.isDue(account))
      asking.start(others.map(({ account }) => account).slice(0, ACCOUNTS_AT_ONCE_MAX), 'background')
    })
  }
  const asking = createAsking(ports, idleSoon)

  const settle = () => {
    cancelSettle = undefined
    const inView = new Set([...seen.values()].flat())
    const wanted = [...inView].filter(asking.isDue)
    const waiting = asking.waiting()
    const isCovered = wanted.every((account) => waiting.has(account))
    const isLookedAt = [...waiting].every((account) => inView.has(account))
    if (!isCovered || !isLookedAt) asking.start(wanted, 'visible')
    idleSoon()
  }

  const settleSoon = () => {
    cancelSettle?.()
    if (!owned.isDisposed) cancelSettle = environment.after(SETTLE_MS, settle)
  }

  owned.add(() => {
    cancelSettle?.()
    cancelIdle?.()
    asking.stop()
  })

  return {
    see: (surface, accounts) => {
      const before = seen.get(surface) ?? []
      if (before.length === accounts.length && before.every((account, at) => account === accounts[at])) return
      if (accounts.length === 0) seen.delete(surface)
      else seen.set(surface, accounts)
      settleSoon()
    },
    resume: () => {
      asking.forgive()
      settleSoon()
    },
    dispose: owned.dispose,
  }
}
