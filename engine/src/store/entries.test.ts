import { toHex } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONVERSATION, createLogStore, entryOf, idOf } from '../testing/entries.ts'
import {
  acknowledgeEntry,
  advanceStates,
  conversationsWaiting,
  entryById,
  failEntry,
  firstUnread,
  insertEntry,
  markPosted,
  STATES,
  unpostedCount,
  unreadCount,
  waitingEntries,
} from './entries.ts'
import { deleteOutbox, deleteOutboxOfPeer, insertOutbox, outboxAfter, peersWithOutbox } from './outbox.ts'
import { conversationsOwing, markRead, oweDelivered, owedReceipts, settleReceipts } from './receipts.ts'

const where = { conversation: CONVERSATION, author: 'alice' }
const item = (peerId: string, fill: number, message?: string) => ({
  peerId,
  kind: 'content' as const,
  conversation: CONVERSATION,
  message: message === undefined ? undefined : idOf(message),
  bytes: new Uint8Array([fill]),
  createdAt: 0,
})

describe('entries', () => {
  it('come back as they were written', () => {
    const entry = entryOf('a', {
      parents: [idOf('p'), idOf('q')],
      target: idOf('t'),
      kind: 'edit',
      state: 'failed',
      failure: 'why',
      attempts: 3,
      isUnread: true,
      isSkewed: true,
      owed: 'read',
      timeCounter: 9,
      receivedAt: 5,
    })
    const store = createLogStore()
    insertEntry(store, entry)
    expect(entryById(store, entry.id)).toEqual(entry)
  })

  it('[ST-1] states only grow, whatever order the reports come in; a failed message may be reported after all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STATES.slice(1, 5)), { maxLength: 8 }),
        fc.boolean(),
        (reports, hasFailed) => {
          const store = createLogStore()
          insertEntry(store, entryOf('a', { state: 'queued' }))
          if (hasFailed) failEntry(store, idOf('a'), 'gone')
          let highest = hasFailed ? 'failed' : 'queued'
          for (const report of reports) {
            const before = entryById(store, idOf('a'))?.state
            const changed = advanceStates(store, [idOf('a')], report, where)
            if (highest === 'failed' || STATES.indexOf(report) > STATES.findIndex((state) => state === highest))
              highest = report
            expect(entryById(store, idOf('a'))?.state).toBe(highest)
            expect(changed.length === 1).toBe(before !== highest)
          }
        },
      ),
    )
  })

  it('[ST-2] a report moves only messages of that author in that conversation', () => {
    const store = createLogStore()
    insertEntry(store, entryOf('mine', { state: 'sent' }))
    insertEntry(store, entryOf('theirs', { state: 'sent', author: 'bob' }))
    insertEntry(store, entryOf('elsewhere', { state: 'sent', conversation: 'other' }))
    const ids = ['mine', 'theirs', 'elsewhere', 'unknown'].map(idOf)
    expect(advanceStates(store, ids, 'read', where)).toEqual([idOf('mine')])
  })

  it('[ST-3] a message that reached a device cannot fail any more', () => {
    const store = createLogStore()
    for (const state of STATES.slice(0, 5)) {
      insertEntry(store, entryOf(state, { state }))
      failEntry(store, idOf(state), 'late refusal')
    }
    const states = STATES.slice(0, 5).map((state) => entryById(store, idOf(state))?.state)
    expect(states).toEqual(['failed', 'failed', 'sent', 'delivered', 'read'])
  })

  it('[RCP-2] what is owed stays owed until it is said; a read receipt says it all', () => {
    const store = createLogStore()
    for (const name of ['a', 'b'])
      insertEntry(store, entryOf(name, { author: 'bob', owed: 'delivered', isUnread: true }))
    insertEntry(store, entryOf('c', { author: 'bob' }))
    oweDelivered(store, idOf('c'))
    expect(owedReceipts(store, CONVERSATION, 9)).toEqual(
      ['a', 'b', 'c'].map((name) => ({ id: idOf(name), isRead: false })),
    )
    markRead(store, CONVERSATION, { upTo: undefined, limit: 9, owesReceipt: true })
    settleReceipts(store, ['a', 'b', 'c'].map(idOf), false)
    expect(
      owedReceipts(store, CONVERSATION, 9)
        .map(({ id }) => toHex(id))
        .sort(),
    ).toEqual(['a', 'b'].map((name) => toHex(idOf(name))).sort())
    expect(conversationsOwing(store)).toEqual([CONVERSATION])
    settleReceipts(store, ['a', 'b'].map(idOf), true)
    expect(conversationsOwing(store)).toEqual([])
  })

  it('[RCP-3] reading without receipts owes nothing new and forgets nothing old', () => {
    const store = createLogStore()
    insertEntry(store, entryOf('a', { author: 'bob', owed: 'delivered', isUnread: true }))
    insertEntry(store, entryOf('b', { author: 'bob', isUnread: true }))
    markRead(store, CONVERSATION, { upTo: undefined, limit: 9, owesReceipt: false })
    expect(owedReceipts(store, CONVERSATION, 9)).toEqual([{ id: idOf('a'), isRead: false }])
    expect([unreadCount(store, CONVERSATION), firstUnread(store, CONVERSATION)]).toEqual([0, undefined])
  })

  it('[RCP-3] reading goes up to a place in the order, oldest first, a batch at a time', () => {
    const store = createLogStore()
    const entries = [1, 2, 3, 4].map((timeMs) => entryOf(`m${timeMs}`, { timeMs, isUnread: true, author: 'bob' }))
    for (const entry of entries.toReversed()) insertEntry(store, entry)
    const upTo = entries[2]?.order
    expect(firstUnread(store, CONVERSATION)).toEqual(idOf('m1'))
    expect(markRead(store, CONVERSATION, { upTo, limit: 2, owesReceipt: true })).toEqual([idOf('m1'), idOf('m2')])
    expect(markRead(store, CONVERSATION, { upTo, limit: 2, owesReceipt: true })).toEqual([idOf('m3')])
    expect([unreadCount(store, CONVERSATION), firstUnread(store, CONVERSATION)]).toEqual([1, idOf('m4')])
  })
})

describe('outbox', () => {
  it('[DLV-1] [DLV-2] keeps the same bytes for each device, in order, until they are deleted', () => {
    const store = createLogStore()
    for (const fill of [1, 2, 3]) insertOutbox(store, item('bob', fill))
    insertOutbox(store, item('carol', 9))
    const rows = outboxAfter(store, 'bob', 0, 2)
    expect(rows.map(({ bytes }) => bytes[0])).toEqual([1, 2])
    expect(outboxAfter(store, 'bob', rows[1]?.seq ?? 0, 9).map(({ bytes }) => bytes[0])).toEqual([3])
    deleteOutbox(store, rows[0]?.seq ?? 0)
    expect(outboxAfter(store, 'bob', 0, 9).map(({ bytes }) => bytes[0])).toEqual([2, 3])
    expect([...peersWithOutbox(store)].sort()).toEqual(['bob', 'carol'])
    expect([deleteOutboxOfPeer(store, 'bob'), peersWithOutbox(store)]).toEqual([2, ['carol']])
  })

  it('[DLV-2] a place in it is never used twice, not even the last one', () => {
    const store = createLogStore()
    insertOutbox(store, item('bob', 1))
    const [first] = outboxAfter(store, 'bob', 0, 1)
    deleteOutbox(store, first?.seq ?? 0)
    insertOutbox(store, item('bob', 2))
    expect(outboxAfter(store, 'bob', first?.seq ?? 0, 1)).toHaveLength(1)
  })

  it('[DLV-6] what waits without an envelope on its way is sealed again, in order', () => {
    const store = createLogStore()
    for (const name of ['a', 'b', 'c']) insertEntry(store, entryOf(name, { state: 'queued' }))
    insertEntry(store, entryOf('sent', { state: 'sent' }))
    insertEntry(store, entryOf('theirs', { state: 'queued', author: 'bob' }))
    markPosted(store, idOf('b'))
    expect(waitingEntries(store, CONVERSATION, 'alice', 9).map(({ id }) => id)).toEqual([idOf('a'), idOf('c')])
    expect([unpostedCount(store), conversationsWaiting(store)]).toEqual([3, [CONVERSATION]])
    expect([acknowledgeEntry(store, idOf('b')), acknowledgeEntry(store, idOf('a'))]).toEqual([true, false])
    expect([entryById(store, idOf('b'))?.state, entryById(store, idOf('a'))?.state]).toEqual(['sent', 'queued'])
  })
})
