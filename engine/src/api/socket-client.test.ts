import { describe, expect, it } from 'vitest'
import { operations } from './schema.ts'
import { RECONNECT_FIRST_MS, RECONNECT_LAST_MS } from './socket-connection.ts'
import { isQuery } from './socket-live.ts'
import { SceneEngine, sceneOptions, SceneWire, settle } from './socket-scene.ts'

const scene = () => {
  const engine = new SceneEngine()
  return { engine, wire: new SceneWire(sceneOptions(engine)) }
}
const send = { conversation: 'c', text: 'hello' }

describe('a call', () => {
  it('[API-12] made while connecting waits, and is answered', async () => {
    const { engine, wire } = scene()
    engine.autoAnswer = (name) => `${name} done`
    const answer = wire.client.call('messages.send', send)
    wire.open()
    expect(await answer).toBe('messages.send done')
    expect(wire.states).toEqual(['open'])
  })
  it('[API-12] rejects with the code that the node gave', async () => {
    const { engine, wire } = scene()
    wire.open()
    engine.isLocked = true
    await expect(wire.client.call('me.get', {})).rejects.toMatchObject({ name: 'EngineError', code: 'LOCKED' })
  })
  it('[API-13] that is a command rejects when the connection is lost before its answer', async () => {
    const { wire } = scene()
    wire.open()
    const answer = wire.client.call('messages.send', send)
    wire.cut()
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED', isRetryable: true })
    await expect(wire.client.call('messages.send', send)).rejects.toMatchObject({ code: 'CLOSED' })
  })
  it('[API-13] that is a query is asked again', async () => {
    const { engine, wire } = scene()
    wire.open()
    const answer = wire.client.call('me.get', {})
    wire.cut()
    const later = wire.client.call('conversations.list', {})
    wire.fire()
    engine.autoAnswer = (name) => name
    wire.open()
    expect([await answer, await later]).toEqual(['me.get', 'conversations.list'])
  })
  it('[API-13] is known to be a query exactly when the table says so', () => {
    for (const [name, { kind }] of Object.entries(operations)) {
      expect([name, isQuery(name as keyof typeof operations)]).toEqual([name, kind === 'query'])
    }
  })
})

describe('subscriptions', () => {
  it('[API-13] go on after a reconnection with a fresh result', async () => {
    const { engine, wire } = scene()
    const live = wire.client.live('conversations.list', {})
    const seen: unknown[] = []
    const events: unknown[] = []
    live.subscribe(() => seen.push(live.peek()))
    wire.client.on('messages.changed', (payload) => events.push(payload))
    wire.open()
    engine.touch('one')
    await settle()
    expect(await live.whenReady()).toBe('one')
    wire.cut()
    expect(live.peek()).toBe('one')
    wire.fire()
    wire.open()
    engine.touch('two')
    engine.emit('event')
    await settle()
    expect([seen, events]).toEqual([['one', 'two'], ['event']])
    expect(engine.lives.size).toBe(1)
  })
  it('[API-13] that were disposed stay so', async () => {
    const { engine, wire } = scene()
    const live = wire.client.live('me.get', {})
    wire.open()
    await settle()
    expect(engine.lives.size).toBe(1)
    live.dispose()
    live.dispose()
    expect(engine.lives.size).toBe(0)
    wire.cut()
    wire.fire()
    wire.open()
    expect(engine.lives.size).toBe(0)
    await expect(live.whenReady()).rejects.toMatchObject({ code: 'CLOSED' })
  })
  it('[API-8] that cannot be answered reject', async () => {
    const { wire } = scene()
    wire.open()
    const live = wire.client.live('messages.page', { conversation: 'unknown' })
    await expect(live.whenReady()).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
  })
})

describe('the connection', () => {
  it('[API-12] is made again with growing pauses, at once when asked', () => {
    const { wire } = scene()
    const pauses: number[] = []
    for (let attempt = 0; attempt < 9; attempt++) {
      wire.cut()
      pauses.push(wire.fire())
    }
    expect(pauses.slice(0, 3)).toEqual([0.75, 1.5, 3].map((factor) => factor * RECONNECT_FIRST_MS))
    expect(pauses.at(-1)).toBe(0.75 * RECONNECT_LAST_MS)
    wire.cut()
    wire.client.reconnect()
    expect(wire.attempts).toBe(11)
    wire.open()
    wire.cut()
    expect(wire.fire()).toBe(0.75 * RECONNECT_FIRST_MS)
  })
  it('[API-12] is given up when a question stays unanswered, and only then', async () => {
    const { wire } = scene()
    wire.open()
    wire.fire()
    await settle()
    wire.fire()
    expect(wire.states).toEqual(['open'])
    wire.isSilent = true
    wire.fire()
    await settle()
    wire.fire()
    expect(wire.states).toEqual(['open', 'lost'])
  })
  it('[API-12] is given up when it speaks another language', () => {
    for (const text of ['', 'x', '[]', '{}', '{"id":1}', '{"id":1,"problem":7}', '{"event":"messages.changed"}']) {
      const { wire } = scene()
      wire.open()
      wire.inject(text)
      expect([text, wire.client.state()]).toEqual([text, 'lost'])
    }
  })
  it('[API-12] that was closed stays closed, and tells everybody who waits', async () => {
    const { engine, wire } = scene()
    wire.open()
    const query = wire.client.call('me.get', {})
    const live = wire.client.live('me.get', {})
    const ready = live.whenReady()
    wire.client.close()
    wire.client.close()
    wire.client.reconnect()
    for (const waiting of [query, ready, live.whenReady(), wire.client.call('me.get', {})]) {
      await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
    }
    expect(() => wire.fire()).toThrow('0 timers')
    expect([wire.attempts, engine.lives.size]).toEqual([1, 0])
  })
})
