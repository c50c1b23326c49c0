import type { ApiClient, Conversation } from '@parley/engine/api'

/** locked: wants the passphrase. unreachable: nothing answers. unauthorized: this browser was not let in. */
export type NodeState = 'open' | 'locked' | 'unreachable' | 'unauthorized'

/** Whether the page hears its node. lost: it will come back by itself when the node does. */
export type LinkState = 'connecting' | 'open' | 'lost'

/** The page's node: what there is before, and beside, the API proper. */
export interface NodeLink {
  /** Never rejects: silence is an answer too. */
  status(): Promise<NodeState>
  /** @throws EngineError `PASSPHRASE_WRONG`, `RATE_LIMITED`. */
  unlock(passphrase: string): Promise<void>
  /** Replaces the fresh account with the one of these words. @throws EngineError `RECOVERY_PHRASE_INVALID`, `ACCOUNT_IN_USE`. */
  recover(phrase: string, name: string): Promise<void>
  /** Starts Echo, the practice partner, and opens a conversation with it. @throws EngineError `PRACTICE_UNAVAILABLE`. */
  practice(): Promise<Conversation>
  connect(): NodeConnection
}

/** The API over one link that restores itself. */
export interface NodeConnection {
  readonly client: ApiClient
  /** @returns the function that ends the subscription. */
  onState(handler: (state: LinkState) => void): () => void
  close(): void
}
