import { createMemoryStore } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PortError } from '../ports/port-error.ts'
import type { Commit } from './commit.ts'
import { BATCH_JOBS_MAX, Turns, type Apply, type Stage } from './turns.ts'

/** Staged numbers by key over one table: what the conversation cache is, only smaller. */
function createScene(
  beforeCommit: () => void = () => undefined,
  beforeDiscard: () => void = () => undefined,
  breathe?: () => Promise<void>,
) {
  const store = createMemoryStore({ beforeCommit: () => beforeCommit() })
  store.run('CREATE TABLE log (seq INTEGER PRIMARY KEY, what TEXT NOT NULL)')
  store.run('CREATE TABLE kept (key TEXT PRIMARY KEY, value INTEGER NOT NULL)')
  const current = new Map<string, number>()
  let staged = new Map<string, number>()
  const happened: string[] = []
  let isAdoptingBroken = false
  const stage: Stage = {
    mark: () => new Map(staged),
    rollback(mark) {
      if (mark instanceof Map) staged = mark
    },
    persist() {
      for (const [key, value] of staged)
        store.run('INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)', [key, value])
    },
    adopt() {
      if (isAdoptingBroken) {
        isAdoptingBroken = false
        throw new Error('adopt')
      }
      for (const [key, value] of staged) current.set(key, value)
      staged.clear()
    },
    discard() {
      beforeDiscard()
      staged.clear()
    },
  }
  const commits: Commit[] = []
  const failures: unknown[] = []
  const turns = new Turns({
    store,
    stage,
    published: (commit) => {
      happened.push('published')
      commits.push(commit)
    },
    failed: (error) => failures.push(error),
    breathe,
  })
  const breakAdopting = () => (isAdoptingBroken = true)
  const add = (key: string, by: number) => {
    const value = (staged.get(key) ?? current.get(key) ?? 0) + by
    staged.set(key, value)
    return value
  }
  const write = (what: string) => store.run('INSERT INTO log (what) VALUES (?)', [what])
  const written = () => store.all('SELECT what FROM log ORDER BY seq').map(({ what }) => what)
  const kept = () => Object.fromEntries(store.all('SELECT * FROM kept').map(({ key, value }) => [String(key), value]))
  return { store, turns, breakAdopting, add, write, written, kept, current, happened, commits, failures }
}

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  )

describe('turns', () => {
  it('[DLV-1] nothing resolves, is published or leaves before it is durable', async () => {
    const seen: (readonly string[])[] = []
    const happenedBefore: { list: readonly string[] } = { list: [] }
    const scene = createScene(() => seen.push([...happenedBefore.list]))
    happenedBefore.list = scene.happened
    const job = scene.turns.run('command', () => (commit) => {
      scene.write('a')
      commit.afterwards(() => scene.happened.push('left'))
      return 'done'
    })
    const done = job.then((value) => scene.happened.push(value))
    await done
    expect(seen.at(-1)).toEqual([])
    expect(scene.happened).toEqual(['left', 'published', 'done'])
    expect(scene.written()).toEqual(['a'])
  })

  it('[DLV-1] jobs of one tick share a transaction, prepared and applied in order, commands first', async () => {
    let transactions = -2
    const scene = createScene(() => transactions++)
    const order: string[] = []
    const run = (source: 'command' | 'input', name: string) =>
      scene.turns.run(source, async () => {
        order.push(`prepare ${name}`)
        await Promise.resolve()
        return () => scene.write(name)
      })
    await Promise.all([run('input', 'i1'), run('input', 'i2'), run('command', 'c1'), run('command', 'c2')])
    expect(order).toEqual(['prepare c1', 'prepare c2', 'prepare i1', 'prepare i2'])
    expect(scene.written()).toEqual(['c1', 'c2', 'i1', 'i2'])
    expect(transactions).toBe(1)
  })

  it('[DLV-1] commands overtake inputs that wait, and leave half of each batch to them', async () => {
    const scene = createScene()
    const inputs = Array.from({ length: 2 * BATCH_JOBS_MAX }, () =>
      scene.turns.run('input', () => () => scene.write('i')),
    )
    const commands = Array.from({ length: BATCH_JOBS_MAX }, () =>
      scene.turns.run('command', () => () => scene.write('c')),
    )
    await Promise.all([...inputs, ...commands])
    const firstBatch = scene.written().slice(0, BATCH_JOBS_MAX).join('')
    expect(firstBatch).toBe('c'.repeat(BATCH_JOBS_MAX / 2) + 'i'.repeat(BATCH_JOBS_MAX / 2))
  })

  it('a job that fails while it is prepared leaves no trace in the others', async () => {
    const scene = createScene()
    const outcomes = await Promise.all([
      outcomeOf(scene.turns.run('input', () => (scene.add('x', 1), () => scene.write('a')))),
      outcomeOf(
        scene.turns.run('input', () => {
          scene.add('x', 100)
          throw new Error('poison')
        }),
      ),
      outcomeOf(scene.turns.run('input', () => (scene.add('x', 1), () => scene.write('c')))),
    ])
    expect(outcomes).toEqual([{ value: 1 }, { error: 'poison' }, { value: 1 }])
    expect(scene.written()).toEqual(['a', 'c'])
    expect(scene.kept()).toEqual({ x: 2 })
    expect(scene.current.get('x')).toBe(2)
  })

  it('a poisoned job does not stop the rest of its batch, whose order stays', async () => {
    const scene = createScene()
    const run = (name: string, source: 'command' | 'input' = 'input') =>
      outcomeOf(
        scene.turns.run(source, () => {
          scene.add('x', 1)
          return () => {
            scene.write(name)
            if (name === 'poison') throw new Error('poison')
            return name
          }
        }),
      )
    const outcomes = await Promise.all([
      run('c1', 'command'),
      run('c2', 'command'),
      run('i1'),
      run('poison'),
      run('i2'),
    ])
    expect(outcomes).toEqual([{ value: 'c1' }, { value: 'c2' }, { value: 'i1' }, { error: 'poison' }, { value: 'i2' }])
    expect(scene.written()).toEqual(['c1', 'c2', 'i1', 'i2'])
    expect(scene.kept()).toEqual({ x: 4 })
  })

  it('[DLV-1] a command that comes while a poisoned batch is run again does not overtake the commands of that batch', async () => {
    const scene = createScene()
    const late: Promise<unknown>[] = []
    const run = (name: string): Promise<unknown> =>
      outcomeOf(
        scene.turns.run('command', () => () => {
          scene.write(name)
          if (name !== 'poison') return
          if (late.length === 0) late.push(run('late'))
          throw new Error('poison')
        }),
      )
    await Promise.all([run('first'), run('poison'), run('third')])
    await Promise.all(late)
    expect(scene.written()).toEqual(['first', 'third', 'late'])
  })

  it('an input that has to run alone waits for one batch of commands, not for all that follow', async () => {
    const scene = createScene()
    let isFirst = true
    const poisoned = outcomeOf(
      scene.turns.run('input', () => () => {
        scene.write(isFirst ? 'poison' : 'input')
        if (!isFirst) return
        isFirst = false
        throw new Error('poison')
      }),
    )
    const flood = (left: number): Promise<unknown> =>
      scene.turns
        .run('command', () => () => scene.write(`c${left}`))
        .then(() => (left > 0 ? flood(left - 1) : undefined))
    await Promise.all([poisoned, flood(5)])
    expect(scene.written().indexOf('input')).toBeLessThanOrEqual(2)
  })

  it('[DLV-12] a store that fails discards what was staged, tells every caller, and the next batch works', async () => {
    let isFull = false
    const scene = createScene(() => {
      if (isFull) throw new PortError('STORE_FULL', 'no space', true)
    })
    await scene.turns.run('input', () => (scene.add('x', 1), () => undefined))
    isFull = true
    const full = await Promise.allSettled([
      scene.turns.run('command', () => (scene.add('x', 1), () => scene.write('a'))),
      scene.turns.run('input', () => (scene.add('x', 1), () => scene.write('b'))),
    ])
    expect(full.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
      'STORE_FULL',
      'STORE_FULL',
    ])
    expect([scene.written(), scene.kept(), scene.current.get('x')]).toEqual([[], { x: 1 }, 1])
    isFull = false
    expect(await scene.turns.run('input', () => (scene.add('x', 1), () => 'again'))).toBe('again')
    expect(scene.kept()).toEqual({ x: 2 })
  })

  it.each([
    ['a damaged row', new PortError('STORE_CORRUPT', 'poison', false)],
    ['a statement that cannot be', new PortError('STORE_FAILED', 'poison', false)],
  ])('[DLV-12] what the store says of one job, like %s, concerns that job alone', async (_what, error) => {
    const scene = createScene()
    const run = (name: string) =>
      outcomeOf(
        scene.turns.run('input', () => {
          scene.add('x', 1)
          return () => {
            if (name === 'poison') throw error
            scene.write(name)
            return name
          }
        }),
      )
    const outcomes = await Promise.all([run('a'), run('poison'), run('c')])
    expect(outcomes).toEqual([{ value: 'a' }, { error: 'poison' }, { value: 'c' }])
    expect([scene.written(), scene.kept()]).toEqual([['a', 'c'], { x: 2 }])
  })

  it.each([
    ['full', new PortError('STORE_FULL', 'no space', true)],
    ['failing', new PortError('STORE_FAILED', 'a disk that is gone', true)],
  ])(
    '[DLV-12] a store that is %s in the middle of a job is tried once, not once for every job',
    async (_what, error) => {
      let attempts = 0
      const scene = createScene()
      const fill = () =>
        scene.turns.run('input', () => () => {
          attempts++
          throw error
        })
      const outcomes = await Promise.allSettled([fill(), fill(), fill()])
      expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([error, error, error])
      expect(attempts).toBe(1)
    },
  )

  it('a stage that fails to forget does not stop the writer: callers are told, and the next jobs run', async () => {
    let isBroken = true
    const broken = new Error('discard')
    const scene = createScene(undefined, () => {
      if (!isBroken) return
      isBroken = false
      throw broken
    })
    const poisoned = () =>
      scene.turns.run('input', () => {
        scene.add('x', 100)
        return () => {
          throw new Error('poison')
        }
      })
    const outcomes = await Promise.all([outcomeOf(poisoned()), outcomeOf(poisoned())])
    expect(outcomes).toEqual([{ error: 'discard' }, { error: 'discard' }])
    expect(await scene.turns.run('input', () => (scene.add('x', 1), () => 'again'))).toBe('again')
    expect([scene.kept(), scene.failures]).toEqual([{ x: 1 }, [broken]])
    await scene.turns.close()
  })

  it('[DLV-1] what is durable is answered as such, even if the stage fails to take it over', async () => {
    const scene = createScene()
    scene.breakAdopting()
    expect(await outcomeOf(scene.turns.run('input', () => () => scene.write('a')))).toEqual({ value: 1 })
    expect(await outcomeOf(scene.turns.run('input', () => () => scene.write('b')))).toEqual({ value: 1 })
    expect([scene.written(), scene.failures.length, scene.happened]).toEqual([
      ['a', 'b'],
      1,
      ['published', 'published'],
    ])
  })

  it('a breath that fails is reported, and what waits runs all the same', async () => {
    const scene = createScene(undefined, undefined, () => Promise.reject(new Error('breathe')))
    const jobs = Array.from({ length: BATCH_JOBS_MAX + 1 }, (_, index) => scene.turns.run('input', () => () => index))
    expect(await Promise.all(jobs)).toEqual(jobs.map((_, index) => index))
    await scene.turns.close()
    expect(scene.failures.length).toBeGreaterThan(0)
  })

  it('nothing that runs afterwards can hurt: failures are reported and the rest still runs', async () => {
    const scene = createScene()
    await scene.turns.run('input', () => (commit) => {
      commit.afterwards(() => {
        throw new Error('afterwards')
      })
      commit.afterwards(() => scene.happened.push('still'))
    })
    expect(scene.happened).toEqual(['still', 'published'])
    expect(scene.failures).toHaveLength(1)
  })

  it('closing ends what was accepted and refuses the rest', async () => {
    const scene = createScene()
    const accepted = scene.turns.run('input', async () => () => scene.write('a'))
    const closed = scene.turns.close()
    expect(scene.turns.waiting).toBe(1)
    await expect(scene.turns.run('command', () => () => scene.write('b'))).rejects.toThrow(PortError)
    await closed
    expect([await accepted, scene.written(), scene.turns.waiting]).toEqual([1, ['a'], 0])
  })

  it('any mix of good, failing and poisoned jobs: the good ones are kept, in order of their source', async () => {
    const kinds = fc.constantFrom('good' as const, 'fails' as const, 'poison' as const)
    const jobs = fc.array(
      fc.record({ kind: kinds, source: fc.constantFrom('command' as const, 'input' as const), waits: fc.nat(2) }),
      {
        maxLength: 12,
      },
    )
    await fc.assert(
      fc.asyncProperty(jobs, async (list) => {
        const scene = createScene()
        const outcomes = await Promise.allSettled(
          list.map(({ kind, source, waits }, index) =>
            scene.turns.run(source, async (): Promise<Apply<number>> => {
              scene.add('x', 1)
              for (let turn = 0; turn < waits; turn++) await Promise.resolve()
              if (kind === 'fails') throw new Error('fails')
              return () => {
                if (kind === 'poison') throw new Error('poison')
                scene.write(`${source} ${index}`)
                return index
              }
            }),
          ),
        )
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(list.map(({ kind }) => kind === 'good'))
        const good = list.flatMap(({ kind, source }, index) => (kind === 'good' ? [`${source} ${index}`] : []))
        for (const source of ['command', 'input']) {
          const ofSource = (what: unknown) => String(what).startsWith(source)
          expect(scene.written().filter(ofSource)).toEqual(good.filter(ofSource))
        }
        expect(scene.kept()['x'] ?? 0).toBe(good.length)
      }),
      { numRuns: 60 },
    )
  })
})
