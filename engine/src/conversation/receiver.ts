import type { Control } from '@parley/core'
import type { Commit } from '../turn/commit.ts'
import type { Origin } from './receive.ts'

/** What follows from a received envelope, beyond its commit. The conversation service implements it. */
export interface Receiver {
  /** Authors of this conversation are owed receipts: seal them after the commit. */
  owes(commit: Commit, conversation: string): void
  /** Something new was logged; `hasGap`: one of its parents is missing. */
  received(commit: Commit, conversation: string, hasGap: boolean): void
  typing(conversation: string, account: string): void
  control(conversation: string, origin: Origin, control: Control): void
}
