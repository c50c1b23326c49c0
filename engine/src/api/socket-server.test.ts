import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EngineError } from './errors.ts'
import { ScenePeer, SceneEngine, sceneOptions, settle } from './socket-scene.ts'
import {
  SOCKET_CALLS_AT_ONCE_MAX,
  SOCKET_FRAMES_BURST,
  SOCKET_LIVES_MAX,
  SOCKET_SLOW_BYTES,
  SOCKET_UNSENT_BYTES_MAX,
} from './socket-server.ts'

const scene = (time = { nowMs: 0 }) => {
  const engine = new SceneEngine()
  const options = sceneOptions(engine, time)
  return { engine, options, peer: new ScenePeer(options) }
}

const codesById = (peer: ScenePeer) =>
  Object.fromEntries(peer.sent.map(({ id, problem }) => [id, (problem as { code: string }).code]))

describe('calls', () => {
  it('[API-7] are answered by id, in the order of their answers', async () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, call: 'me.get', params: {} })
    peer.receive({ id: 2, call: 'messages.send', params: { text: 'x' } })
    expect(engine.calls.map(({ name, params }) => [name, params])).toEqual([
      ['me.get', {}],
      ['messages.send', { text: 'x' }],
    ])
    engine.calls[1]?.answer.resolve('second')
    await settle()
    engine.calls[0]?.answer.resolve(undefined)
    await settle()
    expect(peer.sent).toEqual([
      { id: 2, result: 'second' },
      { id: 1, result: null },
    ])
  })
  it('[API-7] answer with the problem and its code', async () => {
    const { engine, peer, options } = scene()
    peer.receive({ id: 1, call: 'messages.send' })
    engine.calls[0]?.answer.reject(new EngineError('TEXT_EMPTY'))
    peer.receive({ id: 2, call: 'no.such' })
    peer.receive({ id: 3, call: 'me.get', params: 7 })
    engine.isLocked = true
    peer.receive({ id: 4, call: 'me.get' })
    await settle()
    expect(codesById(peer)).toEqual({ 1: 'TEXT_EMPTY', 2: 'NOT_FOUND', 3: 'INVALID_PARAMETERS', 4: 'LOCKED' })
    expect(options.failures).toEqual([])
  })
  it('[API-7] hide what a defect of ours would tell', async () => {
    const { engine, peer, options } = scene()
    peer.receive({ id: 1, call: 'me.get' })
    engine.calls[0]?.answer.reject(new Error('/srv/alice/secret'))
    await settle()
    expect(peer.sent[0]).toMatchObject({ id: 1, problem: { code: 'INTERNAL' } })
    expect(JSON.stringify(peer.sent)).not.toContain('alice')
    expect(options.failures.length).toBe(1)
  })
})

describe('frames', () => {
  it('[API-7] that nobody can be answered for close the socket', () => {
    for (const text of ['', 'x', '[]', '1', 'null', '{}', '{"call":"me.get"}', '{"id":-1,"ping":true}', '{"id":"1"}']) {
      const { peer } = scene()
      peer.session.receive(text)
      expect([text, peer.closes]).toEqual([text, [1007]])
    }
  })
  it('[API-7] with an id and nothing known are refused, and the socket goes on', () => {
    const { peer } = scene()
    peer.receive({ id: 5, what: 'else' })
    peer.receive({ id: 6, ping: true })
    expect(peer.sent).toEqual([
      { id: 5, problem: expect.objectContaining({ code: 'INVALID_PARAMETERS' }) },
      { id: 6, result: null },
    ])
  })
  it('[API-7] of any kind have an outcome and never throw', () => {
    const anyFrame = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            id: fc.oneof(fc.nat(3), fc.anything()),
            call: fc.anything(),
            live: fc.constantFrom('messages.page', 'x', undefined),
            end: fc.oneof(fc.nat(3), fc.anything()),
            listen: fc.anything(),
            params: fc.anything(),
          },
          { requiredKeys: [] },
        )
        .map((frame) => JSON.stringify(frame) ?? ''),
    )
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), (texts) => {
        const { peer } = scene()
        for (const text of texts) peer.session.receive(text)
        peer.session.closed()
      }),
    )
  })
})

describe('live queries', () => {
  it('[API-8] send the first result and every later one until they end', async () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, live: 'conversations.list' })
    await settle()
    expect(peer.sent).toEqual([])
    engine.touch(['a'])
    await settle()
    engine.touch(['a', 'b'])
    expect(peer.sent).toEqual([
      { id: 1, live: ['a'] },
      { id: 1, live: ['a', 'b'] },
    ])
    peer.receive({ id: 2, end: 1 })
    expect(engine.lives.size).toBe(0)
    engine.touch(['c'])
    expect(peer.sent.at(-1)).toEqual({ id: 2, result: null })
  })
  it('[API-8] that cannot be answered say why, once', async () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, live: 'messages.page', params: { conversation: 'unknown' } })
    peer.receive({ id: 2, live: 'messages.send' })
    await settle()
    expect(codesById(peer)).toEqual({ 1: 'CONVERSATION_NOT_FOUND', 2: 'INVALID_PARAMETERS' })
    expect(engine.lives.size).toBe(0)
  })
  it('[API-8] have ids of their own, and a limit', () => {
    const { engine, peer } = scene()
    peer.receive({ id: 0, live: 'me.get' })
    peer.receive({ id: 0, live: 'me.get' })
    expect(peer.sent).toEqual([{ id: 0, problem: expect.objectContaining({ code: 'INVALID_PARAMETERS' }) }])
    for (let id = 1; id <= SOCKET_LIVES_MAX; id++) peer.receive({ id, live: 'me.get' })
    expect(engine.lives.size).toBe(SOCKET_LIVES_MAX)
    expect(peer.sent.at(-1)).toMatchObject({ id: SOCKET_LIVES_MAX, problem: { code: 'RATE_LIMITED' } })
  })
  it('[API-8] end with the socket', async () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, live: 'me.get' })
    peer.receive({ id: 2, listen: 'messages.changed' })
    peer.session.closed()
    peer.session.closed()
    expect([engine.lives.size, engine.handlers.size]).toEqual([0, 0])
    engine.touch('late')
    engine.emit('late')
    peer.receive({ id: 3, ping: true })
    await settle()
    expect(peer.sent).toEqual([{ id: 2, result: null }])
  })
})

describe('events', () => {
  it('[API-9] arrive after listening, once each, however often one listens', () => {
    const { engine, peer } = scene()
    engine.emit('before')
    for (const id of [1, 2]) peer.receive({ id, listen: 'messages.changed' })
    peer.receive({ id: 3, listen: 'no.such' })
    engine.emit('now')
    expect(peer.sent.slice(2)).toEqual([
      { id: 3, problem: expect.objectContaining({ code: 'NOT_FOUND' }) },
      { event: 'messages.changed', payload: 'now' },
    ])
  })
})

describe('a slow reader', () => {
  const big = 'x'.repeat(SOCKET_SLOW_BYTES + 1)

  it('[API-10] gets the newest live result instead of all of them', async () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, live: 'me.get' })
    engine.touch('first')
    await settle()
    peer.isStuck = true
    engine.touch(big)
    for (let count = 0; count < 1_000; count++) engine.touch(`${count}`)
    expect(peer.sent.length).toBe(2)
    peer.drain()
    expect(peer.sent.slice(2)).toEqual([{ id: 1, live: '999' }])
    engine.touch('after')
    expect(peer.sent.at(-1)).toEqual({ id: 1, live: 'after' })
  })
  it('[API-10] is not read until it reads', async () => {
    const { engine, peer } = scene()
    engine.autoAnswer = () => big
    peer.isStuck = true
    peer.receive({ id: 1, call: 'me.get' })
    await settle()
    expect(peer.isReading).toBe(false)
    peer.receive({ id: 2, call: 'me.get' })
    await settle()
    expect(engine.calls.length).toBe(1)
    peer.drain()
    await settle()
    expect(engine.calls.length).toBe(2)
    expect(peer.isReading).toBe(true)
  })
  it('[API-10] is let go when events pile up', () => {
    const { engine, peer } = scene()
    peer.receive({ id: 1, listen: 'messages.changed' })
    peer.isStuck = true
    const payload = 'x'.repeat(1_000_000)
    for (let count = 0; count < 100; count++) engine.emit(payload)
    expect(peer.closes).toEqual([1013])
    expect(peer.unsent).toBeLessThan(SOCKET_UNSENT_BYTES_MAX + 2_000_000)
    expect(engine.handlers.size).toBe(0)
  })
})

describe('a fast writer', () => {
  it('[API-10] has a bounded number of calls carried out at a time', async () => {
    const { engine, peer } = scene()
    for (let id = 0; id < 3 * SOCKET_CALLS_AT_ONCE_MAX; id++) peer.receive({ id, call: 'me.get' })
    expect(engine.calls.length).toBe(SOCKET_CALLS_AT_ONCE_MAX)
    expect(peer.isReading).toBe(false)
    while (peer.sent.length < 3 * SOCKET_CALLS_AT_ONCE_MAX) {
      for (const { answer } of engine.calls) answer.resolve(null)
      await settle()
    }
    expect(peer.isReading).toBe(true)
  })
  it('[API-11] is refused beyond the rate, and served again later', () => {
    const time = { nowMs: 0 }
    const { peer } = scene(time)
    for (let id = 0; id <= SOCKET_FRAMES_BURST; id++) peer.receive({ id, ping: true })
    expect(peer.sent.at(-2)).toEqual({ id: SOCKET_FRAMES_BURST - 1, result: null })
    expect(peer.sent.at(-1)).toMatchObject({ id: SOCKET_FRAMES_BURST, problem: { code: 'RATE_LIMITED', status: 429 } })
    time.nowMs = 1
    peer.receive({ id: 7, ping: true })
    expect(peer.sent.at(-1)).toEqual({ id: 7, result: null })
  })
})
