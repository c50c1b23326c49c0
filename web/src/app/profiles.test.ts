import type { ApiClient, Conversation, ProfileAnswer } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createTestEnvironment, settled } from '../dev/test-environment.ts'
import { createCell } from '../ui/view-model.ts'
import { createProfileWatch, FRESH_MS, IDLE_MS, RETRY_MS, SETTLE_MS } from './profiles.ts'

interface Asked {
  readonly ids: readonly string[]
  readonly priority: string
  readonly signal: AbortSignal | undefined
  answer(id: string, outcome?: ProfileAnswer['outcome']): Promise<void>
  end(): Promise<void>
  lose(): Promise<void>
}

const setUp = (accounts: readonly string[] = []) => {
  const environment = createTestEnvironment()
  const asked: Asked[] = []
  const stream = (
    _name: string,
    { ids, priority = 'soon' }: { readonly ids: readonly string[]; readonly priority?: string },
    signal?: AbortSignal,
  ) => {
    const ready: (ProfileAnswer | 'end' | 'lost')[] = []
    let wake = () => {}
    const tell = async (item: ProfileAnswer | 'end' | 'lost') => {
      ready.push(item)
      wake()
      await settled()
    }
    signal?.addEventListener('abort', () => wake())
    asked.push({
      ids,
      priority,
      signal,
      answer: (id, outcome = 'found') => tell({ id, outcome, isFresh: true, source: 'holder' }),
      end: () => tell('end'),
      lose: () => tell('lost'),
    })
    return (async function* answers() {
      for (;;) {
        signal?.throwIfAborted()
        const next = ready.shift()
        if (next === 'end') return
        if (next === 'lost') throw new Error('lost')
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else yield next
      }
    })()
  }
  const everybody: Pick<Conversation, 'account' | 'status'>[] = accounts.map((account) => ({
    account,
    status: account === 'blocked' || account === 'invited' ? account : 'active',
  }))
  const conversations = createCell<readonly Pick<Conversation, 'account' | 'status'>[] | undefined>(everybody)
  const client: Pick<ApiClient, 'stream'> = { stream: stream as unknown as ApiClient['stream'] }
  const watch = createProfileWatch({ client, environment, conversations })
  const what = () => asked.map(({ ids, priority }) => `${priority} ${ids.join(' ')}`)
  return { environment, asked, watch, what }
}

describe('profiles of heads in view', () => {
  it('are asked for in one stream, once, when the list has settled', async () => {
    const { environment, watch, what } = setUp()
    watch.see('list', ['a', 'b'])
    await environment.advance(SETTLE_MS - 1)
    expect(what()).toEqual([])
    watch.see('list', ['a', 'b', 'c'])
    watch.see('header', ['c', 'd'])
    await environment.advance(SETTLE_MS)
    expect(what()).toEqual(['visible a b c d'])
    watch.see('list', ['a', 'b', 'c'])
    watch.see('header', ['c'])
    watch.see('header', ['c', 'd'])
    await environment.advance(SETTLE_MS)
    expect(what()).toHaveLength(1)
  })

  it('are let go when they are scrolled away, those that stay are asked for further', async () => {
    const { environment, watch, asked, what } = setUp()
    watch.see('list', ['a', 'b', 'c'])
    await environment.advance(SETTLE_MS)
    await asked[0]?.answer('a')
    watch.see('list', ['b', 'd'])
    await environment.advance(SETTLE_MS)
    expect(what()).toEqual(['visible a b c', 'visible b d'])
    expect([asked[0]?.signal?.aborted, asked[1]?.signal?.aborted]).toEqual([true, false])
    watch.see('list', [])
    await environment.advance(SETTLE_MS)
    expect(asked[1]?.signal?.aborted).toBe(true)
    expect(what()).toHaveLength(2)
  })

  it('are not asked for again within the hour, and then they are', async () => {
    const { environment, watch, asked, what } = setUp()
    watch.see('list', ['a'])
    await environment.advance(SETTLE_MS)
    await asked[0]?.answer('a', 'unknown')
    await asked[0]?.end()
    const look = async () => {
      watch.see('list', [])
      await environment.advance(SETTLE_MS)
      watch.see('list', ['a'])
      await environment.advance(SETTLE_MS)
    }
    await look()
    expect(what()).toHaveLength(1)
    await environment.advance(FRESH_MS)
    await look()
    expect(what()).toEqual(['visible a', 'visible a'])
  })

  it('are tried again soon when nobody could be asked', async () => {
    const { environment, watch, asked, what } = setUp()
    watch.see('list', ['a', 'b'])
    await environment.advance(SETTLE_MS)
    await asked[0]?.answer('a', 'failed')
    await asked[0]?.end()
    await environment.advance(RETRY_MS)
    watch.see('list', ['b', 'a'])
    await environment.advance(SETTLE_MS)
    expect(what()).toEqual(['visible a b', 'visible b a'])
  })

  it('are asked for at once when the node is back, what had come is not', async () => {
    const { environment, watch, asked, what } = setUp()
    watch.see('list', ['a', 'b'])
    await environment.advance(SETTLE_MS)
    await asked[0]?.answer('a')
    await asked[0]?.lose()
    watch.resume()
    await environment.advance(SETTLE_MS)
    expect(what()).toEqual(['visible a b', 'visible b'])
  })
})

describe('profiles of everybody else', () => {
  it('come when nothing else happens, never those of the blocked and of who was not met', async () => {
    const { environment, watch, asked, what } = setUp(['a', 'b', 'blocked', 'invited', 'c'])
    watch.see('list', ['a'])
    await environment.advance(SETTLE_MS)
    await environment.advance(IDLE_MS * 3)
    expect(what()).toEqual(['visible a'])
    await asked[0]?.answer('a')
    await asked[0]?.end()
    await environment.advance(IDLE_MS - 1)
    expect(what()).toHaveLength(1)
    await environment.advance(1)
    expect(what()).toEqual(['visible a', 'background b c'])
  })

  it('go on while other heads are looked at', async () => {
    const { environment, watch, asked, what } = setUp(['a', 'b', 'c'])
    watch.see('list', ['a'])
    await environment.advance(SETTLE_MS)
    await asked[0]?.answer('a')
    await asked[0]?.end()
    await environment.advance(IDLE_MS)
    watch.see('list', ['b'])
    await environment.advance(SETTLE_MS)
    expect(what()).toEqual(['visible a', 'background b c', 'visible b'])
    expect(asked[1]?.signal?.aborted).toBe(false)
  })

  it('end with the session', async () => {
    const { environment, watch, asked, what } = setUp(['a', 'b'])
    watch.see('list', ['a'])
    await environment.advance(SETTLE_MS)
    watch.dispose()
    expect(asked[0]?.signal?.aborted).toBe(true)
    watch.see('list', ['b'])
    await environment.advance(IDLE_MS * 2)
    expect(what()).toHaveLength(1)
  })
})
