import { createTestClock } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Context } from '../context.ts'
import { emptyConversation, insertConversation } from '../contact/groups.ts'
import type { StorePort } from '../ports/store.ts'
import { createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { ConversationCache, CONVERSATIONS_CACHED_MAX } from './cache.ts'
import type { ConversationState } from './state.ts'

const IDS = ['a', 'b', 'c', 'd', 'e'] as const
const CACHED_MAX = 2

/** A cache of `cachedMax` over the node's own store, and how often it had to read a conversation. */
function cacheOver({ store, vault, mls, self }: Context, cachedMax?: number) {
  const counted = { loads: 0 }
  const watched: StorePort = {
    all(sql, parameters) {
      if (sql.startsWith('SELECT * FROM conversations')) counted.loads++
      return store.all(sql, parameters)
    },
    run: (sql, parameters) => store.run(sql, parameters),
    transaction: (write) => store.transaction(write),
    close: () => store.close(),
  }
  return { cache: new ConversationCache(watched, vault, mls, self.account, cachedMax), counted }
}

async function nodeWith(ids: readonly string[]): Promise<TestNode> {
  const node = await createTestNode(createTestClock(), 1)
  for (const id of ids) insertConversation(node.context, id, `account of ${id}`, 0)
  return node
}

/** What the cache ought to do, with lists and nothing clever. Numbers are `updatedAt`. */
class Model {
  readonly stored = new Map<string, number>(IDS.map((id) => [id, 0]))
  staged = new Map<string, number>()
  recent: string[] = []
  loads = 0

  get(id: string): number | undefined {
    return this.staged.get(id) ?? this.#read(id)
  }
  set(id: string, value: number): void {
    if (!this.staged.has(id)) this.#read(id)
    this.staged.set(id, value)
  }
  adopt(): void {
    for (const [id, value] of this.staged) {
      this.stored.set(id, value)
      this.#use(id)
    }
    this.discard()
  }
  discard(): void {
    this.staged = new Map()
    this.trim()
  }
  trim(used?: string): void {
    while (this.recent.length > CACHED_MAX) {
      const oldest = this.recent.find((id) => id !== used && !this.staged.has(id))
      if (oldest === undefined) return
      this.recent = this.recent.filter((id) => id !== oldest)
    }
  }
  #read(id: string): number | undefined {
    if (!this.recent.includes(id)) this.loads++
    this.#use(id)
    return this.stored.get(id)
  }
  #use(id: string): void {
    this.recent = [...this.recent.filter((other) => other !== id), id]
    this.trim(id)
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('get' as const), id: fc.constantFrom(...IDS) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('set' as const), id: fc.constantFrom(...IDS) }) },
  fc.record({ type: fc.constantFrom('adopt' as const, 'discard' as const, 'fail' as const) }),
)

describe('the conversation cache', () => {
  it('[CNV-3] reads, stages and forgets like a naive model, whatever is asked of it', async () => {
    const { context } = await nodeWith(IDS)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        context.store.run('UPDATE conversations SET updated_at = 0')
        const { cache, counted } = cacheOver(context, CACHED_MAX)
        const model = new Model()
        let time = 0
        const stage = (state: ConversationState) => cache.set({ ...state, updatedAt: ++time })
        for (const next of steps) {
          if (next.type === 'get') expect(cache.get(next.id)?.updatedAt).toBe(model.get(next.id))
          else if (next.type === 'set') {
            stage(emptyConversation(context, next.id, `account of ${next.id}`))
            model.set(next.id, time)
          } else if (next.type === 'adopt') {
            context.store.transaction(() => cache.persist())
            cache.adopt()
            model.adopt()
          } else if (next.type === 'discard') {
            cache.discard()
            model.discard()
          } else {
            const [mark, before] = [cache.mark(), new Map(model.staged)]
            for (const id of IDS) {
              const state = cache.get(id)
              model.get(id)
              if (state === undefined) throw new Error('every conversation is stored')
              stage(state)
              model.set(id, time)
            }
            cache.rollback(mark)
            model.staged = before
            model.trim()
          }
          expect(counted.loads).toBe(model.loads)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps as many as it says, and gives up the least recently used', async () => {
    const ids = Array.from({ length: CONVERSATIONS_CACHED_MAX + 1 }, (_, index) => `c${index}`)
    const { context } = await nodeWith(ids)
    const { cache, counted } = cacheOver(context)
    for (const id of ids.slice(0, -1)) cache.get(id)
    cache.get('c0')
    cache.get(ids.at(-1) ?? '')
    counted.loads = 0
    cache.get('c0')
    expect(counted.loads).toBe(0)
    cache.get('c1')
    expect(counted.loads).toBe(1)
  })

  it.each([['staged before the others are used'], ['staged after the others were used']])(
    '[MLS-15] an epoch that a conversation drops is deleted, also when it was %s',
    async (when) => {
      const { alice, conversation } = await createPair()
      insertConversation(alice.context, 'other', 'somebody', 0)
      const { store } = alice.context
      const { cache } = cacheOver(alice.context, 1)
      const state = cache.get(conversation)
      if (state === undefined) throw new Error('the pair has a conversation')
      const stage = () => cache.set({ ...state, epochs: new Map(), headEpoch: undefined })
      if (when.includes('before')) stage()
      cache.get('other')
      if (when.includes('after')) stage()
      expect(state.epochs.size).toBeGreaterThan(0)
      store.transaction(() => cache.persist())
      cache.adopt()
      expect(store.all('SELECT id FROM epochs')).toEqual([])
    },
  )
})
