/** What every service of the engine is given. One object per open account; nothing in it is global. */
import type { CryptoPort, MlsContext, RandomPort } from '@parley/core'
import type { Self } from './account/self.ts'
import type { ConversationCache } from './conversation/cache.ts'
import type { Sessions } from './links/sessions.ts'
import type { ClockPort } from './ports/clock.ts'
import type { LogPort } from './ports/log.ts'
import type { StorePort } from './ports/store.ts'
import type { SettingsTable } from './store/settings.ts'
import type { Turns } from './turn/turns.ts'
import type { Vault } from './vault/vault.ts'

export interface Context {
  readonly store: StorePort
  readonly clock: ClockPort
  readonly random: RandomPort
  readonly crypto: CryptoPort
  readonly log: LogPort
  readonly vault: Vault
  readonly self: Self
  readonly mls: MlsContext
  readonly settings: SettingsTable
  readonly conversations: ConversationCache
  readonly turns: Turns
  readonly sessions: Sessions
  /** Lets everything else that is due go before more work of our own. */
  readonly breathe: () => Promise<void>
}
