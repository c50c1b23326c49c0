import { createStore, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'
import type { NodeLink } from './node-link.ts'
import { createSession, type Session } from './session.ts'

export interface BootSnapshot {
  readonly phase: 'starting' | 'unreachable' | 'unauthorized' | 'locked' | 'open'
  readonly session?: Session
}

/** From nothing to an open session, and back when the node locks or goes away. */
export interface BootModel extends ViewModel<BootSnapshot> {
  start(): void
  /** Opens a locked node and starts. @throws EngineError `PASSPHRASE_WRONG`, `RATE_LIMITED`. */
  unlock(passphrase: string): Promise<void>
  /** Ends the session and starts over: after unlocking, after recovery. */
  restart(): void
  dispose(): void
}

const RETRY_MS = 2_000

export const createBootModel = (node: NodeLink, environment: Environment): BootModel => {
  const store = createStore<BootSnapshot>({ phase: 'starting' })
  let cancelRetry: (() => void) | undefined
  let endLink: (() => void) | undefined
  let run = 0

  const end = () => {
    run += 1
    cancelRetry?.()
    endLink?.()
    store.getSnapshot().session?.dispose()
  }

  const open = () => {
    const session = createSession(node, node.connect(), environment)
    endLink = session.link.subscribe(() => {
      if (session.link.getSnapshot() === 'lost') watch()
    })
    store.set({ phase: 'open', session })
  }

  /** While the link is lost: a node that came back locked needs its passphrase first. */
  const watch = () => {
    const mine = run
    cancelRetry?.()
    const look = async () => {
      const state = await node.status()
      const isLost = store.getSnapshot().session?.link.getSnapshot() === 'lost'
      if (mine !== run || !isLost) return
      if (state !== 'locked') return watch()
      end()
      store.set({ phase: 'locked' })
    }
    cancelRetry = environment.after(RETRY_MS, () => void look())
  }

  const start = async () => {
    const mine = run
    const state = await node.status()
    if (mine !== run) return
    if (state === 'open') return open()
    store.set({ phase: state })
    if (state === 'unreachable') cancelRetry = environment.after(RETRY_MS, () => void start())
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    start: () => void start(),
    unlock: async (passphrase) => {
      await node.unlock(passphrase)
      end()
      await start()
    },
    restart: () => {
      end()
      store.set({ phase: 'starting' })
      void start()
    },
    dispose: end,
  }
}
