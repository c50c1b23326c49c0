/** A reader of NDJSON that goes away while it is behind. */
import { EventEmitter, once } from 'node:events'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { fetchProfiles, type FetchHost } from '../../engine/src/profile/fetch.ts'
import { HttpStreams } from '../../nodes/daemon/src/http/routes-stream.ts'

const ids = [...Array.from({ length: 100 }, (_, n) => `miss${n}`), ...Array.from({ length: 100 }, (_, n) => `hit${n}`)]

describe('attack: a stream over plain HTTP', () => {
  test('[API-20] whose reader leaves while it is behind looks for nothing any more', async () => {
    let [looked, cancelled] = [0, 0]
    const profile = { account: '', name: '', handle: '', location: '', about: 'x'.repeat(10_000), addresses: [] }
    const host: FetchHost = {
      waiting: { count: 0 },
      fromCache: (id) =>
        id.startsWith('hit')
          ? {
              id,
              outcome: 'found',
              isFresh: true,
              source: 'cache',
              profile: { ...profile, extra: {}, version: 1, changedAt: 0 },
            }
          : undefined,
      isFresh: () => true,
      look: () => {
        looked++
        return { result: new Promise(() => undefined), cancel: () => cancelled++ }
      },
      refresh: () => undefined,
    }
    const raw = new EventEmitter()
    let body: Readable | undefined
    const reply = { raw, type: () => reply, send: (sent: Readable) => ((body = sent), reply), hijack: () => reply }
    const open = (signal: AbortSignal) => fetchProfiles(host, ids, 'soon', [signal])
    await new HttpStreams({ log: () => undefined }).send(reply as never, open)
    if (body === undefined) throw new Error('there is a body')
    await once(body, 'readable')
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    body.destroy()
    raw.emit('close')
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([looked, cancelled]).toEqual([100, 100])
  })
})
