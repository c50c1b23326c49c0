/** Entries for tests of the log: hand-made, without content. */
import { createMemoryStore, type MemoryStore } from '@parley/adapter-memory'
import { orderOf, sha256, utf8, type MessageIdBytes } from '@parley/core'
import { migrate } from '../store/schema.ts'
import type { Entry } from '../store/entries.ts'

export const CONVERSATION = 'conversation'

/** A message id that says its name. */
export const idOf = (name: string): MessageIdBytes => {
  const id = sha256(utf8(name))
  id[0] = 0x01
  return id
}

export function createLogStore(): MemoryStore {
  const store = createMemoryStore()
  migrate(store)
  return store
}

export function entryOf(name: string, changes: Partial<Entry> = {}): Entry {
  const timeMs = changes.timeMs ?? 1_000
  return {
    id: idOf(name),
    conversation: CONVERSATION,
    author: 'alice',
    kind: 'text',
    target: undefined,
    order: orderOf({ ms: timeMs, counter: changes.timeCounter ?? 0 }, []),
    timeMs,
    timeCounter: 0,
    parents: [],
    subject: undefined,
    copy: undefined,
    contentSealed: utf8(name),
    state: 'delivered',
    isUnread: false,
    isSkewed: false,
    isPosted: false,
    owed: 'none',
    failure: undefined,
    attempts: 0,
    receivedAt: 0,
    ...changes,
  }
}
