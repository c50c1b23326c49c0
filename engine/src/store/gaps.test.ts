import { orderOf, toHex } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONVERSATION, createLogStore, entryOf, idOf } from '../testing/entries.ts'
import { annotationsOf, entryById, tilesAfter, tilesBefore, type Entry } from './entries.ts'
import { hasGapBefore, isMissing, logEntry, missingIn } from './gaps.ts'

type Store = ReturnType<typeof createLogStore>
const log = (store: Store, entry: Entry) => {
  let logged: ReturnType<typeof logEntry>
  store.transaction(() => {
    logged = logEntry(store, entry)
  })
  return logged
}
const shown = (store: Store) => tilesBefore(store, CONVERSATION, undefined, 1_000).toReversed()
const ranks = (store: Store) => shown(store).map(({ id, order }) => `${order} ${toHex(id)}`)

/** A random conversation: each message names some of those before it, under clocks that lie as they like. */
const conversations = fc
  .array(
    fc.record({
      parents: fc.array(fc.nat(30), { maxLength: 3 }),
      timeMs: fc.integer({ min: 0, max: 8 }),
      isTile: fc.boolean(),
    }),
    { minLength: 1, maxLength: 16 },
  )
  .map((list) =>
    list.map(({ parents, timeMs, isTile }, index) => {
      const names = [...new Set(index === 0 ? [] : parents.map((parent) => parent % index))].sort((a, b) => a - b)
      const kind = isTile ? ('text' as const) : ('reaction' as const)
      return entryOf(`m${index}`, { parents: names.map((name) => idOf(`m${name}`)), timeMs, kind })
    }),
  )
const shuffles = conversations.chain((entries) =>
  fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
)

describe('the order of a conversation', () => {
  it('[ORD-1] [ORD-3] is the same whatever order its messages arrive in, and no message stands before its parent', () => {
    fc.assert(
      fc.property(shuffles, ([entries, arrival]) => {
        const [straight, shuffled] = [createLogStore(), createLogStore()]
        for (const entry of entries) log(straight, entry)
        for (const entry of arrival) {
          log(shuffled, entry)
          for (const one of arrival) {
            const here = entryById(shuffled, one.id)
            for (const parent of here?.parents ?? []) {
              const above = entryById(shuffled, parent)
              if (here !== undefined && above !== undefined) expect(above.order < here.order).toBe(true)
            }
          }
        }
        expect(ranks(shuffled)).toEqual(ranks(straight))
        expect(missingIn(shuffled, CONVERSATION, 10)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('[ORD-2] messages of one order stand by their ids', () => {
    const store = createLogStore()
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) log(store, entryOf(name, { timeMs: 7 }))
    expect(shown(store).map(({ id }) => toHex(id))).toEqual(names.map((name) => toHex(idOf(name))).sort())
  })

  it('[ORD-3] a late parent with a clock ahead moves everything that was built on it, once', () => {
    const store = createLogStore()
    const parent = entryOf('parent', { timeMs: 500 })
    const child = entryOf('child', { timeMs: 10, parents: [parent.id] })
    const grandchild = entryOf('grandchild', { timeMs: 20, parents: [child.id] })
    const bystander = entryOf('bystander', { timeMs: 30 })
    for (const entry of [grandchild, bystander, child]) log(store, entry)
    expect(log(store, parent)).toMatchObject({ changed: [child.id, grandchild.id] })
    expect(shown(store).map(({ id }) => id)).toEqual([bystander.id, parent.id, child.id, grandchild.id])
    expect(entryById(store, grandchild.id)?.order).toBe(orderOf({ ms: 500, counter: 2 }, []))
  })

  it('[ORD-3] a late parent of a long history is placed in one pass', () => {
    const store = createLogStore()
    const root = entryOf('root', { timeMs: 9_000_000 })
    const chain = Array.from({ length: 3_000 }, (_, index) =>
      entryOf(`n${index}`, { timeMs: index, parents: [index === 0 ? root.id : idOf(`n${index - 1}`)] }),
    )
    store.transaction(() => {
      for (const entry of chain) logEntry(store, entry)
    })
    expect(log(store, root)?.changed).toHaveLength(3_000)
    expect(shown(store).length).toBe(1_000)
    const [last] = tilesBefore(store, CONVERSATION, undefined, 1)
    expect(last).toMatchObject({ id: idOf('n2999'), order: orderOf({ ms: 9_000_000, counter: 3_000 }, []) })
  })
})

describe('gaps', () => {
  it('[SYN-2] a parent that is not here is a gap until it comes', () => {
    const store = createLogStore()
    const [one, two] = [idOf('one'), idOf('two')]
    const child = entryOf('child', { parents: [one, two] })
    expect(log(store, child)).toMatchObject({ hasGap: true, changed: [] })
    expect([isMissing(store, one), hasGapBefore(store, child.id)]).toEqual([true, true])
    expect(missingIn(store, CONVERSATION, 10).map(toHex).sort()).toEqual([one, two].map(toHex).sort())
    expect(log(store, entryOf('one', { timeMs: 1 }))).toMatchObject({ hasGap: false, changed: [child.id] })
    expect(hasGapBefore(store, child.id)).toBe(true)
    log(store, entryOf('two'))
    expect([hasGapBefore(store, child.id), missingIn(store, CONVERSATION, 10)]).toEqual([false, []])
  })

  it('[DLV-8] the first delivery of a message wins', () => {
    const store = createLogStore()
    log(store, entryOf('a', { timeMs: 1 }))
    expect(log(store, entryOf('a', { timeMs: 99, parents: [idOf('never')] }))).toBeUndefined()
    expect(entryById(store, idOf('a'))?.timeMs).toBe(1)
    expect(missingIn(store, CONVERSATION, 1)).toEqual([])
  })
})

describe('pages', () => {
  it('[ORD-2] walk through any history without a hole or a repetition, both ways', () => {
    fc.assert(
      fc.property(conversations, fc.integer({ min: 1, max: 5 }), (entries, limit) => {
        const store = createLogStore()
        for (const entry of entries) log(store, entry)
        const all = shown(store)
        const back: Entry[] = []
        for (let page = tilesBefore(store, CONVERSATION, undefined, limit); page.length > 0;) {
          back.push(...page)
          page = tilesBefore(store, CONVERSATION, page.at(-1), limit)
        }
        expect(back.toReversed()).toEqual(all)
        const forth = all.slice(0, 1)
        for (let last = forth.at(-1); last !== undefined;) {
          const page = tilesAfter(store, CONVERSATION, last, limit)
          forth.push(...page)
          last = page.at(-1)
        }
        expect(forth).toEqual(all)
      }),
      { numRuns: 80 },
    )
  })

  it('[CNT-10] what refers to messages is found for any number of them, oldest first', () => {
    const store = createLogStore()
    const targets = Array.from({ length: 130 }, (_, index) => entryOf(`t${index}`))
    for (const target of targets) {
      log(store, target)
      for (const timeMs of [30, 10, 20]) {
        log(store, entryOf(`${toHex(target.id)} ${timeMs}`, { kind: 'edit', target: target.id, timeMs }))
      }
    }
    const found = annotationsOf(
      store,
      targets.map(({ id }) => id),
    )
    expect(found.length).toBe(390)
    const of7 = found.filter(({ target }) => target !== undefined && toHex(target) === toHex(idOf('t7')))
    expect(of7.map(({ timeMs }) => timeMs)).toEqual([10, 20, 30])
  })
})
