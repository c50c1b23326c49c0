import { expect, it } from 'vitest'
import { CONVERSATION, createLogStore, entryOf, idOf } from '../testing/entries.ts'
import { entryById, insertEntry } from './entries.ts'
import { insertOutbox, outboxAfter, type OutboxKind } from './outbox.ts'
import { readdress } from './readdress.ts'

it('[CNV-10] what waits for devices outside of a new group is dropped, and its contents are sealed again', () => {
  const store = createLogStore()
  const put = (peerId: string, kind: OutboxKind, message?: string, conversation = CONVERSATION) =>
    insertOutbox(store, {
      peerId,
      kind,
      conversation,
      message: message === undefined ? undefined : idOf(message),
      bytes: new Uint8Array(1),
      createdAt: 0,
    })
  for (const name of ['old', 'new', 'other']) {
    insertEntry(store, entryOf(name, { state: 'queued', isPosted: true, author: 'me' }))
  }
  put('old device', 'content', 'old')
  put('old device', 'commit')
  put('old device', 'welcome')
  put('old device', 'content', 'other', 'another conversation')
  put('new device', 'content', 'new')
  readdress(store, CONVERSATION, ['new device'])
  expect(outboxAfter(store, 'old device', 0, 9).map(({ kind }) => kind)).toEqual(['welcome', 'content'])
  expect(outboxAfter(store, 'new device', 0, 9)).toHaveLength(1)
  expect(['old', 'new', 'other'].map((name) => entryById(store, idOf(name))?.isPosted)).toEqual([false, true, true])
})
