import type { Control } from '@parley/core'
import type { OutboxRow } from '../store/outbox.ts'
import type { Commit } from '../turn/commit.ts'
import type { Origin } from './receive.ts'

/** What follows from a received envelope, beyond its commit. The conversation service implements it. */
export interface Receiver {
  /** Authors of this conversation are owed receipts: seal them after the commit. */
  owes(commit: Commit, conversation: string): void
  /** Something new was logged; `hasGap`: one of its parents is missing. */
  received(commit: Commit, conversation: string, hasGap: boolean): void
  /** Rows for `peerId` that the device has, and rows that it cannot read: inside the commit. OFF-8, OFF-9 */
  settled(commit: Commit, peerId: string, arrived: readonly OutboxRow[], unreadable: readonly OutboxRow[]): void
  /** `subject`: as it was written by them; empty for none. */
  typing(conversation: string, account: string, subject: string): void
  control(conversation: string, origin: Origin, control: Control): void
}
