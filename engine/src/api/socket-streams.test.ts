import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EngineError } from './errors.ts'
import { ScenePeer, SceneEngine, sceneOptions, SceneWire, settle } from './socket-scene.ts'
import { SOCKET_SLOW_BYTES } from './socket-server.ts'
import { CLIENT_ITEMS_MAX } from './socket-stream.ts'
import { SOCKET_ITEMS_LENGTH_MAX, SOCKET_ITEMS_MAX, SOCKET_STREAMS_MAX } from './socket-streams.ts'

const PARAMS = { ids: [] }

/** A node's half with its engine. */
const served = () => {
  const engine = new SceneEngine()
  const options = sceneOptions(engine)
  const peer = new ScenePeer(options)
  const start = (id: number) => {
    peer.receive({ id, stream: 'profiles.fetch', params: PARAMS })
    const stream = engine.streams.at(-1)
    if (stream === undefined) throw new Error('no stream was opened')
    return stream
  }
  return { engine, options, peer, start }
}
/** Lets the stream come to its end. */
async function over(peer: ScenePeer): Promise<void> {
  while (peer.sent.at(-1)?.['result'] !== null) await settle()
}
const itemsOf = (frame: Readonly<Record<string, unknown>>) => frame['items'] as readonly unknown[]
const codeOf = (frame: Readonly<Record<string, unknown>> | undefined) =>
  (frame?.['problem'] as { code?: string } | undefined)?.code

describe('a stream, at the node', () => {
  it('[API-20] sends what is there in one frame, and each further item as it is found, then its end', async () => {
    const { peer, start } = served()
    const stream = start(4)
    stream.find(1, 2, 3)
    await settle()
    stream.find(4)
    await settle()
    stream.find(5)
    stream.end()
    await settle()
    expect(peer.sent).toEqual([
      { id: 4, items: [1, 2, 3] },
      { id: 4, items: [4] },
      { id: 4, items: [5] },
      { id: 4, result: null },
    ])
    expect(stream.params).toEqual(PARAMS)
  })

  it('[API-20] every item is sent once and in order, whatever comes together and whenever the reader is slow', async () => {
    const steps = fc.array(
      fc.oneof(fc.nat(400), fc.constantFrom('settle' as const, 'stick' as const, 'drain' as const)),
    )
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { peer, start } = served()
        const stream = start(1)
        let found = 0
        for (const step of plan) {
          if (step === 'settle') await settle()
          else if (step === 'stick') peer.isStuck = true
          else if (step === 'drain') peer.drain()
          else stream.find(...Array.from({ length: step }, () => ({ n: found++ })))
        }
        stream.end()
        peer.drain()
        await over(peer)
        const items = peer.sent.slice(0, -1).flatMap(itemsOf)
        expect(items).toEqual(Array.from({ length: found }, (_, n) => ({ n })))
        for (const frame of peer.sent.slice(0, -1)) expect(itemsOf(frame).length).toBeLessThanOrEqual(SOCKET_ITEMS_MAX)
      }),
      { numRuns: 30 },
    )
  })

  it('[API-20] frames are bounded in items and in letters', async () => {
    const { peer, start } = served()
    const stream = start(1)
    stream.find(...Array.from({ length: SOCKET_ITEMS_MAX + 1 }, (_, n) => n), ...Array(8).fill('x'.repeat(20_000)))
    stream.end()
    await over(peer)
    const frames = peer.sent.slice(0, -1)
    expect(itemsOf(frames[0] ?? {}).length).toBe(SOCKET_ITEMS_MAX)
    for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(SOCKET_ITEMS_LENGTH_MAX + 20_100)
    expect(frames.length).toBe(3)
  })

  it('[API-10] a slow reader stops the search: at most one frame is gathered for it', async () => {
    const { peer, start } = served()
    const stream = start(1)
    peer.unsent = SOCKET_SLOW_BYTES + 1
    stream.find(...Array.from({ length: 10_000 }, (_, n) => n))
    stream.end()
    for (let round = 0; round < 200; round++) await settle()
    expect(peer.sent).toEqual([])
    expect(stream.taken).toBeLessThanOrEqual(SOCKET_ITEMS_MAX + 1)
    peer.drain()
    await over(peer)
    expect(peer.sent.slice(0, -1).flatMap(itemsOf).length).toBe(10_000)
  })

  it('[API-20] that is ended is cancelled, and nothing of it follows, also from behind a slow reader', async () => {
    for (const isSlow of [false, true]) {
      const { peer, start } = served()
      const stream = start(1)
      stream.find(1)
      await settle()
      if (isSlow) peer.isStuck = true
      stream.find('x'.repeat(SOCKET_SLOW_BYTES), 2)
      await settle()
      peer.isStuck = false
      peer.unsent = 0
      const count = peer.sent.length
      peer.receive({ id: 2, end: 1 })
      expect(stream.signal?.aborted).toBe(true)
      stream.find(3)
      await settle()
      expect([peer.sent.slice(count), stream.isOver]).toEqual([[{ id: 2, result: null }], true])
    }
  })

  it('[API-20] that fails says so with its code after what it found, and hides a defect', async () => {
    const { peer, start, options } = served()
    const [one, two] = [start(1), start(2)]
    one.find('found')
    one.fail(new EngineError('LOCKED'))
    await settle()
    two.fail(new Error('/srv/alice'))
    await settle()
    expect([peer.sent[0], codeOf(peer.sent[1]), codeOf(peer.sent[2])]).toEqual([
      { id: 1, items: ['found'] },
      'LOCKED',
      'INTERNAL',
    ])
    expect([options.failures.length, JSON.stringify(peer.sent).includes('alice')]).toEqual([1, false])
  })

  it('[API-10] at most SOCKET_STREAMS_MAX run on one socket, and they take no room from calls', async () => {
    const { engine, peer, start } = served()
    for (let id = 0; id < SOCKET_STREAMS_MAX; id++) start(id)
    peer.receive({ id: 100, stream: 'profiles.fetch', params: PARAMS })
    expect(codeOf(peer.sent[0])).toBe('RATE_LIMITED')
    engine.autoAnswer = (name) => name
    peer.receive({ id: 101, call: 'me.get' })
    await settle()
    expect(peer.sent[1]).toEqual({ id: 101, result: 'me.get' })
    engine.streams[0]?.end()
    await settle()
    start(102)
    expect(engine.streams.length).toBe(SOCKET_STREAMS_MAX + 1)
  })

  it('[API-7] [API-20] an id in use, and a name of another kind, are refused', () => {
    const { engine, peer, start } = served()
    start(1)
    peer.receive({ id: 1, stream: 'profiles.fetch', params: PARAMS })
    peer.receive({ id: 1, live: 'me.get' })
    peer.receive({ id: 2, stream: 'me.get' })
    peer.receive({ id: 3, call: 'profiles.fetch', params: PARAMS })
    peer.receive({ id: 4, live: 'profiles.fetch', params: PARAMS })
    peer.receive({ id: 5, stream: 'no.such' })
    expect(peer.sent.map(codeOf)).toEqual([...Array(5).fill('INVALID_PARAMETERS'), 'NOT_FOUND'])
    expect(engine.streams.length).toBe(1)
  })

  it('[API-20] ends with the socket', async () => {
    const { engine, peer, start } = served()
    const streams = [start(1), start(2)]
    peer.session.closed()
    await settle()
    for (const stream of streams) expect([stream.signal?.aborted, stream.isOver]).toEqual([true, true])
    expect([peer.sent, engine.streams.length]).toEqual([[], 2])
  })
})

describe('a stream, at the caller', () => {
  const scene = () => {
    const engine = new SceneEngine()
    return { engine, wire: new SceneWire(sceneOptions(engine)) }
  }
  /** Reads on until the end. @returns what was read, and how it ended. */
  const read = (wire: SceneWire, signal?: AbortSignal) => {
    const items: unknown[] = []
    const ended = (async () => {
      try {
        for await (const item of wire.client.stream('profiles.fetch', PARAMS, signal)) items.push(item)
        return 'ended'
      } catch (error) {
        return error instanceof EngineError ? error.code : error
      }
    })()
    return { items, ended }
  }

  it('[API-20] made while connecting waits, gives its items as they come, and ends', async () => {
    const { engine, wire } = scene()
    const { items, ended } = read(wire)
    await settle()
    wire.open()
    await settle()
    engine.streams[0]?.find(1, 2)
    await settle()
    await settle()
    expect(items).toEqual([1, 2])
    engine.streams[0]?.find(3)
    engine.streams[0]?.end()
    expect([await ended, items]).toEqual(['ended', [1, 2, 3]])
  })

  it('[API-20] that the node refuses throws the code, after what came before', async () => {
    const { engine, wire } = scene()
    wire.open()
    const { items, ended } = read(wire)
    await settle()
    engine.streams[0]?.find(1)
    engine.streams[0]?.fail(new EngineError('STORE_FULL'))
    expect([await ended, items]).toEqual(['STORE_FULL', [1]])
    engine.isLocked = true
    expect(await read(wire).ended).toBe('LOCKED')
  })

  it('[API-20] cancels at the node when its loop is left, and when its signal aborts', async () => {
    const { engine, wire } = scene()
    wire.open()
    const first = (async () => {
      for await (const item of wire.client.stream('profiles.fetch', PARAMS)) return item
      return undefined
    })()
    await settle()
    engine.streams[0]?.find('one', 'two')
    expect(await first).toBe('one')
    await settle()
    expect(engine.streams[0]?.isOver).toBe(true)
    const stop = new AbortController()
    const { ended } = read(wire, stop.signal)
    await settle()
    stop.abort('enough')
    expect(await ended).toBe('enough')
    await settle()
    expect([engine.streams[1]?.signal?.aborted, engine.streams[1]?.isOver]).toEqual([true, true])
    expect([await read(wire, stop.signal).ended, engine.streams.length]).toEqual(['enough', 2])
  })

  it('[API-13] [API-20] throws CLOSED when the connection is lost, and while it is', async () => {
    const { engine, wire } = scene()
    wire.open()
    const { items, ended } = read(wire)
    await settle()
    engine.streams[0]?.find(1)
    await settle()
    wire.cut()
    expect([await ended, items, await read(wire).ended]).toEqual(['CLOSED', [1], 'CLOSED'])
    wire.fire()
    wire.open()
    await settle()
    expect(engine.streams.length).toBe(1)
    const again = read(wire)
    await settle()
    wire.client.close()
    expect([await again.ended, await read(wire).ended]).toEqual(['CLOSED', 'CLOSED'])
  })

  it('[API-20] that nobody reads is given up before it fills the memory', async () => {
    const { wire } = scene()
    wire.open()
    const iterator = wire.client.stream('profiles.fetch', PARAMS)[Symbol.asyncIterator]()
    const first = iterator.next()
    await settle()
    wire.inject('{"id":1,"items":["first"]}')
    expect((await first).value).toBe('first')
    wire.inject(JSON.stringify({ id: 1, items: Array(CLIENT_ITEMS_MAX).fill(0) }))
    wire.inject('{"id":1,"items":[0]}')
    let count = 0
    const rest = (async () => {
      for (let item = await iterator.next(); item.done !== true; item = await iterator.next()) count++
    })()
    await expect(rest).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(count).toBe(CLIENT_ITEMS_MAX)
  })
})
