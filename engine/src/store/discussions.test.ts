import { toHex } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogStore, entryOf, idOf } from '../testing/entries.ts'
import { conversationsAbout, copiesOf, tilesAbout, unreadAbout, type Subject } from './discussions.ts'
import { insertEntry, tilesAfter, tilesBefore, type Entry } from './entries.ts'
import { eraseHidden, hideTile, hideTiles, isHidden, newestEntry } from './hidden.ts'
import { markRead } from './receipts.ts'

const tag = (fill: number): Uint8Array => new Uint8Array(16).fill(fill)
const SUBJECTS: readonly Subject[] = [null, tag(1), tag(2)]
const CONVERSATIONS = ['a', 'b', 'c']

/** A log of texts and reactions; a reaction belongs to the text before it. */
const logs: fc.Arbitrary<readonly Entry[]> = fc
  .array(
    fc.record({
      conversation: fc.constantFrom(...CONVERSATIONS),
      subject: fc.constantFrom(...SUBJECTS),
      timeMs: fc.nat(20),
      isUnread: fc.boolean(),
      isReaction: fc.boolean(),
      isOwn: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((plans) => {
    const entries: Entry[] = []
    for (const [index, { conversation, subject, isUnread, isReaction, isOwn, timeMs }] of plans.entries()) {
      const target = isReaction ? entries.findLast((entry) => entry.conversation === conversation) : undefined
      const isAbout = target?.target === undefined ? target : undefined
      entries.push(
        entryOf(`m${index}`, {
          conversation,
          timeMs,
          author: isOwn ? 'me' : 'you',
          ...(isAbout === undefined
            ? { subject: subject ?? undefined, isUnread: isUnread && !isOwn }
            : { kind: 'reaction', target: isAbout.id }),
        }),
      )
    }
    return entries
  })

function storeOf(entries: readonly Entry[]) {
  const store = createLogStore()
  for (const entry of entries) insertEntry(store, entry)
  return store
}

const isAbout = (entry: Entry, subject: Subject): boolean =>
  entry.kind === 'text' && toHex(entry.subject ?? new Uint8Array(0)) === toHex(subject ?? new Uint8Array(0))
const newestFirst = (a: Entry, b: Entry): number =>
  a.order === b.order ? (toHex(a.id) < toHex(b.id) ? 1 : -1) : a.order < b.order ? 1 : -1
const idsOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ id }) => toHex(id))

describe('subjects in the log', () => {
  it('[CNT-16] conversations, pages and counts are what a look at every entry finds', () => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 1, max: 5 }), (entries, limit) => {
        const store = storeOf(entries)
        for (const subject of SUBJECTS) {
          const found = entries.filter((entry) => isAbout(entry, subject)).sort(newestFirst)
          expect(conversationsAbout(store, subject)).toEqual(
            [...new Set(found.map(({ conversation }) => conversation))].sort(),
          )
          const paged: Entry[] = []
          for (let page = tilesAbout(store, subject, undefined, limit); page.length > 0;) {
            paged.push(...page)
            page = tilesAbout(store, subject, paged.at(-1), limit)
          }
          expect(idsOf(paged)).toEqual(idsOf(found))
          for (const conversation of CONVERSATIONS) {
            const here = found.filter((entry) => entry.conversation === conversation)
            expect(idsOf(tilesBefore(store, conversation, undefined, 100, subject))).toEqual(idsOf(here))
            const oldest = here.at(-1)
            const newer = oldest === undefined ? [] : tilesAfter(store, conversation, oldest, 100, subject)
            expect(idsOf(newer)).toEqual(idsOf(here.slice(0, -1).toReversed()))
            const unread = here.filter((entry) => entry.isUnread)
            expect(unreadAbout(store, subject).get(conversation) ?? 0).toBe(unread.length)
            const read = markRead(store, conversation, { upTo: undefined, limit: 100, owesReceipt: false, subject })
            expect(read.map(toHex).toSorted()).toEqual(idsOf(unread).toSorted())
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('[CNT-16] are found by an index, however long the history is', () => {
    const store = storeOf([])
    const plan = (sql: string, parameters: readonly (string | number | Uint8Array | null)[]): string =>
      store
        .all(`EXPLAIN QUERY PLAN ${sql}`, parameters)
        .map((row) => String(row['detail']))
        .join('\n')
    const page = `SELECT * FROM entries INDEXED BY entries_in_subject WHERE conversation = ? AND is_tile = 1
      AND subject IS ? AND (sort_order, id) < (?, ?) ORDER BY sort_order DESC, id DESC LIMIT 5`
    const about = `SELECT * FROM entries INDEXED BY entries_by_subject WHERE subject IS ? AND is_tile = 1
      AND (sort_order, id) < (?, ?) ORDER BY sort_order DESC, id DESC LIMIT 5`
    const unread =
      'SELECT id FROM entries WHERE conversation = ? AND is_unread = 1 AND subject IS ? ORDER BY sort_order'
    for (const subject of [null, tag(1)]) {
      for (const detail of [
        plan(page, ['a', subject, 'x', tag(0)]),
        plan(about, [subject, 'x', tag(0)]),
        plan(unread, ['a', subject]),
      ]) {
        expect(detail).toMatch(/^SEARCH entries USING (COVERING )?INDEX entries_\w*subject \(/)
        expect(detail).not.toContain('TEMP B-TREE')
      }
    }
  })

  it('[CNT-17] copies are found by their id, tiles alone, at most as many as wanted', () => {
    const copy = new Uint8Array(31).fill(9)
    const store = storeOf([entryOf('one', { copy }), entryOf('two'), entryOf('three', { copy, conversation: 'b' })])
    expect(copiesOf(store, copy, 9)).toEqual([idOf('one'), idOf('three')])
    expect(copiesOf(store, copy, 1)).toEqual([idOf('one')])
    hideTile(store, 'me', 'b', idOf('three'))
    expect(copiesOf(store, copy, 9)).toEqual([idOf('one')])
  })
})

describe('what is removed from the log', () => {
  it('[CNT-18] is exactly what was asked for, with what refers to it, whatever the batches', () => {
    fc.assert(
      fc.property(
        logs,
        fc.constantFrom(undefined, ...SUBJECTS),
        fc.integer({ min: 1, max: 7 }),
        (entries, subject, limit) => {
          const before = entries.slice(0, Math.ceil(entries.length / 2))
          const store = storeOf(before)
          const upTo = newestEntry(store)
          for (const entry of entries.slice(before.length)) insertEntry(store, entry)
          const clearance = { conversation: 'a', subject, upTo, limit }
          while (hideTiles(store, 'me', clearance) === limit);
          const isGone = (entry: Entry | undefined): boolean =>
            entry !== undefined &&
            before.includes(entry) &&
            entry.conversation === 'a' &&
            entry.kind === 'text' &&
            (subject === undefined || isAbout(entry, subject))
          for (const entry of entries) {
            const isHere = !isGone(entry) && !isGone(entries.find(({ id }) => id === entry.target))
            const row = store.all('SELECT * FROM entries WHERE id = ?', [entry.id])[0] ?? {}
            const keptBytes = isHere ? entry.contentSealed.length : 0
            expect([row['kind'], (row['content_sealed'] as Uint8Array).length]).toEqual([
              isHere ? entry.kind : 'hidden',
              keptBytes,
            ])
            expect(isHidden(store, entry.conversation, entry.id)).toBe(!isHere)
            if (!isHere)
              expect([row['is_unread'], row['is_tile'], row['subject'], row['target']]).toEqual([0, 0, null, null])
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('[CNT-20] own words stay as long as they may have to be sealed again, and go when they arrived', () => {
    for (const [state, isKept] of [
      ['queued', true],
      ['stored', true],
      ['sent', true],
      ['failed', true],
      ['delivered', false],
      ['read', false],
    ] as const) {
      const store = storeOf([entryOf('m', { author: 'me', state })])
      hideTile(store, 'me', 'conversation', idOf('m'))
      const length = () => Number(store.all('SELECT length(content_sealed) AS n FROM entries')[0]?.['n'])
      expect([state, length() > 0]).toEqual([state, isKept])
      eraseHidden(store, [idOf('m')])
      expect(length()).toBe(0)
    }
    const theirs = storeOf([entryOf('m', { author: 'you', state: 'queued' }), entryOf('kept')])
    hideTile(theirs, 'me', 'conversation', idOf('m'))
    eraseHidden(theirs, [idOf('kept')])
    const lengths = theirs.all('SELECT length(content_sealed) AS n FROM entries ORDER BY seq').map(({ n }) => Number(n))
    expect(lengths).toEqual([0, 4])
  })
})
