import { setImmediate } from 'node:timers/promises'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MAILBOX_REQUESTS_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { StreamLink } from '../stream-link.ts'
import { FakeStream } from '../testing/fake-stream.ts'
import { decodeMessage, encodeMessage } from './messages.ts'
import { RequestChannel } from './request-channel.ts'

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
const TIMEOUT_MS = 1_000
const IDLE_MS = 60_000
const never = new AbortController().signal
const GONE = { name: 'PortError', code: 'UNREACHABLE', isRetryable: true }

/** A channel over a stream whose other end is the test, and timers that fire when the test says so. */
function createScene() {
  const { ends, channels } = FakeStream.pair()
  const connection = {
    direct: true,
    remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/1/p2p/${PEER}`),
    remotePeer: peerIdFromString(PEER),
  }
  const timers = new Set<{ readonly delayMs: number; readonly fire: () => void }>()
  let ended = 0
  const channel = new RequestChannel(new StreamLink(ends[0], connection, 'outbound', 65_536), {
    timeoutMs: TIMEOUT_MS,
    idleMs: IDLE_MS,
    after(delayMs, fire) {
      const timer = { delayMs, fire }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    onEnd: () => (ended += 1),
  })
  const asked: { readonly id: number; readonly body: Uint8Array }[] = []
  let closeReason: string | undefined
  const far = new StreamLink(ends[1], connection, 'inbound')
  far.listen({
    onFrame(frame) {
      const message = decodeMessage(frame)
      if (message !== undefined) asked.push(message)
    },
    onDrain: () => undefined,
    onClose: (reason) => (closeReason = reason),
  })
  const turn = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      await setImmediate()
      for (const one of channels) while (!one.isEmpty) one.deliverOne()
    }
    await setImmediate()
  }
  return {
    channel,
    asked,
    far,
    turn,
    timers,
    get ended() {
      return ended
    },
    get closeReason() {
      return closeReason
    },
    answer: async (id: number, body: Uint8Array) => {
      far.send(encodeMessage(id, body))
      await turn()
    },
    fire: (delayMs: number) => {
      for (const timer of [...timers]) {
        if (timer.delayMs === delayMs && timers.delete(timer)) timer.fire()
      }
    },
  }
}

/** The outcome of a promise, so that nothing is unhandled meanwhile. */
const outcomeOf = (promise: Promise<Uint8Array>): Promise<unknown> =>
  promise.then(
    ([first]) => first,
    (error: unknown) => error,
  )

describe('the caller of a mailbox', () => {
  it('[MBX-2] fails a request that is not answered in time, and gives up a stream on which nothing came', async () => {
    const scene = createScene()
    const outcomes = [1, 2].map((byte) => outcomeOf(scene.channel.request(Uint8Array.of(byte), never)))
    await scene.turn()
    expect(scene.asked.map(({ id }) => id)).toEqual([0, 1])
    scene.fire(TIMEOUT_MS)
    for (const outcome of outcomes) expect(await outcome).toMatchObject(GONE)
    expect(scene.channel.isOpen).toBe(false)
    expect(scene.ended).toBe(1)
    expect(scene.timers.size).toBe(0)
    await expect(scene.channel.request(Uint8Array.of(3), never)).rejects.toMatchObject(GONE)
  })

  it('[MBX-2] keeps a stream on which others are answered, and drops an answer that comes too late', async () => {
    const scene = createScene()
    const late = outcomeOf(scene.channel.request(Uint8Array.of(1), never))
    const good = outcomeOf(scene.channel.request(Uint8Array.of(2), never))
    await scene.turn()
    await scene.answer(1, Uint8Array.of(22))
    expect(await good).toBe(22)
    scene.fire(TIMEOUT_MS)
    expect(await late).toMatchObject(GONE)
    await scene.answer(0, Uint8Array.of(11))
    expect(scene.channel.isOpen).toBe(true)
    const next = outcomeOf(scene.channel.request(Uint8Array.of(3), never))
    await scene.turn()
    await scene.answer(2, Uint8Array.of(33))
    expect(await next).toBe(33)
  })

  it('[MBX-1] has at most MAILBOX_REQUESTS_MAX requests waiting at the other end, in order and counted upwards', async () => {
    const scene = createScene()
    const bodies = Array.from({ length: 3 * MAILBOX_REQUESTS_MAX }, (_, at) => at % 256)
    const outcomes = bodies.map((byte) => outcomeOf(scene.channel.request(Uint8Array.of(byte), never)))
    await scene.turn()
    expect(scene.asked).toHaveLength(MAILBOX_REQUESTS_MAX)
    for (let answered = 0; answered < bodies.length; answered++) {
      expect(scene.asked.length - answered).toBeLessThanOrEqual(MAILBOX_REQUESTS_MAX)
      const { id, body } = scene.asked[answered] ?? { id: -1, body: Uint8Array.of() }
      expect(id).toBe(answered)
      await scene.answer(id, body)
    }
    expect(await Promise.all(outcomes)).toEqual(bodies)
  })

  it('[MBX-1] counts what a caller gave up as waiting until it is answered', async () => {
    const scene = createScene()
    const controllers = Array.from({ length: 20 }, () => new AbortController())
    const givenUp = controllers.map(({ signal }) => outcomeOf(scene.channel.request(Uint8Array.of(1), signal)))
    await scene.turn()
    for (const controller of controllers) controller.abort('enough')
    expect(new Set(await Promise.all(givenUp))).toEqual(new Set(['enough']))
    const others = Array.from({ length: MAILBOX_REQUESTS_MAX }, () =>
      outcomeOf(scene.channel.request(Uint8Array.of(2), never)),
    )
    await scene.turn()
    expect(scene.asked).toHaveLength(MAILBOX_REQUESTS_MAX)
    for (let id = 0; id < 20 + others.length; id++) await scene.answer(id, Uint8Array.of(5))
    expect(new Set(await Promise.all(others))).toEqual(new Set([5]))
  })

  it('[MBX-1] fails everything and ends the stream for an answer to nothing, or what is none', async () => {
    for (const frame of [encodeMessage(7, Uint8Array.of(1)), Uint8Array.of(0, 0, 0)]) {
      const scene = createScene()
      const outcome = outcomeOf(scene.channel.request(Uint8Array.of(1), never))
      await scene.turn()
      scene.far.send(frame)
      await scene.turn()
      expect(await outcome).toMatchObject(GONE)
      expect(scene.closeReason).toBe('transport')
      expect(scene.timers.size).toBe(0)
    }
  })

  it('[MBX-1] closes a stream that nobody has needed for a while, and not one with a request', async () => {
    const scene = createScene()
    const outcome = outcomeOf(scene.channel.request(Uint8Array.of(1), never))
    await scene.turn()
    scene.fire(IDLE_MS)
    expect(scene.channel.isOpen).toBe(true)
    await scene.answer(0, Uint8Array.of(4))
    expect(await outcome).toBe(4)
    scene.fire(IDLE_MS)
    await scene.turn()
    expect(scene.channel.isOpen).toBe(false)
    expect(scene.closeReason).toBe('remote')
    expect(scene.ended).toBe(1)
  })
})
