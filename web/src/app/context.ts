import { createContext, use } from 'react'
import type { Toasts } from '../ui/toast.ts'
import type { Attention } from './attention/attention.ts'
import type { Navigation } from './navigation.ts'
import type { Preferences } from './preferences.ts'
import type { Session } from './session.ts'

/** What every screen may use. */
export interface App {
  readonly session: Session
  readonly navigation: Navigation
  readonly preferences: Preferences
  readonly toasts: Toasts
  readonly attention: Attention
  /** Starts over with whatever account the node has now. */
  restart(): void
}

export const AppContext = createContext<App | undefined>(undefined)

export const useApp = (): App => {
  const app = use(AppContext)
  if (app === undefined) throw new Error('outside of AppContext')
  return app
}
