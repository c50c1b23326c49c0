import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { MAILBOX_BODY_BYTES_MAX, MAILBOX_REQUESTS_MAX } from '@parley/core'
import type { MailboxServer } from '@parley/engine'
import { echo, joinMailbox } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createTestHolder } from '../testing/holders.ts'
import { Cleanup, createTestNetwork } from '../testing/networks.ts'
import { closed, createRogue, framed } from '../testing/rogue.ts'
import { FrameDecoder } from '../frame-codec.ts'
import { MAILBOX_PROTOCOL, decodeMessage, encodeMessage } from './messages.ts'

/** A holder, an honest device that asks it, and a rogue with a stream to it. */
async function createScene(cleanup: Cleanup, server: MailboxServer) {
  const holder = await createTestHolder(server)
  cleanup.add(() => holder.stop())
  const network = await createTestNetwork({ listen: [] })
  cleanup.add(() => network.stop())
  const device = await joinMailbox(network)
  const rogue = await createRogue()
  cleanup.add(() => rogue.stop())
  const open = (): Promise<Stream> => rogue.open(holder.address, MAILBOX_PROTOCOL)
  return { holder, device, open }
}

const send = (stream: Stream, id: number, body: Uint8Array): unknown => stream.send(framed(encodeMessage(id, body)))

/** Ids that were answered on `stream`. */
function answersOn(stream: Stream): Set<number> {
  const ids = new Set<number>()
  const decoder = new FrameDecoder()
  stream.addEventListener('message', ({ data }) => {
    decoder.feed(data.subarray())
    for (let frame = decoder.next(); frame instanceof Uint8Array; frame = decoder.next()) {
      ids.add(decodeMessage(frame)?.id ?? -1)
    }
  })
  return ids
}

describe('the server of a mailbox', () => {
  it('[MBX-1] resets the stream of a caller with too many requests waiting, and serves the others', async () => {
    await using cleanup = new Cleanup()
    const { holder, device, open } = await createScene(cleanup, async (_from, request) =>
      request[0] === 0 ? new Promise(() => undefined) : request.slice(),
    )
    const stream = await open()
    for (let id = 0; id <= MAILBOX_REQUESTS_MAX; id++) send(stream, id, Uint8Array.of(0))
    await closed(stream)
    expect(stream.status).toBe('reset')
    expect([...(await device.ask(holder.address, Uint8Array.of(1)))]).toEqual([1])
    const again = await open()
    const answers = answersOn(again)
    send(again, 1, Uint8Array.of(1))
    await once(again, 'message')
    expect(answers).toEqual(new Set([1]))
  })

  it('[MBX-1] ends a stream with a frame that is none or too large, and no other', async () => {
    await using cleanup = new Cleanup()
    const { holder, device, open } = await createScene(cleanup, echo)
    const prefix = (length: number): Uint8Array =>
      framed(new Uint8Array(0)).map((_, at) => (length >>> (8 * (3 - at))) & 0xff)
    for (const bytes of [framed(Uint8Array.of(1, 2, 3)), prefix(0), prefix(MAILBOX_BODY_BYTES_MAX + 5)]) {
      const stream = await open()
      stream.send(bytes)
      await closed(stream)
      expect(stream.status).toBe('reset')
    }
    expect([...(await device.ask(holder.address, Uint8Array.of(1)))]).toEqual([1])
  })

  it('[MBX-1] does no more work for a caller that does not read than a few answers, and the rest when it reads', async () => {
    await using cleanup = new Cleanup()
    const answer = new Uint8Array(MAILBOX_BODY_BYTES_MAX)
    const count = { asked: 0 }
    const { open } = await createScene(cleanup, async () => {
      count.asked += 1
      return answer
    })
    const stream = await open()
    const answers = answersOn(stream)
    stream.pause()
    for (let id = 0; id < MAILBOX_REQUESTS_MAX; id++) send(stream, id, Uint8Array.of(1))
    for (let before = -1; before !== count.asked || count.asked === 0;) {
      before = count.asked
      for (let turn = 0; turn < 200; turn++) await setImmediate()
    }
    // what the windows of the stream hold, and SERVED_AT_ONCE_MAX
    expect(count.asked).toBeLessThan(MAILBOX_REQUESTS_MAX / 2)
    stream.resume()
    while (answers.size < MAILBOX_REQUESTS_MAX) await once(stream, 'message')
    expect(count.asked).toBe(MAILBOX_REQUESTS_MAX)
  })

  it('[MBX-1] stops reading when large requests wait, so that they wait at the caller', async () => {
    await using cleanup = new Cleanup()
    const release = Promise.withResolvers<void>()
    const count = { asked: 0 }
    const { open } = await createScene(cleanup, async () => {
      count.asked += 1
      await release.promise
      return Uint8Array.of(1)
    })
    const stream = await open()
    const answers = answersOn(stream)
    const body = new Uint8Array(MAILBOX_BODY_BYTES_MAX)
    const sending = (async () => {
      for (let id = 0; id < 40; id++) if (!send(stream, id, body)) await stream.onDrain()
    })()
    while (count.asked < 8) await setImmediate()
    for (let turn = 0; turn < 500; turn++) await setImmediate()
    expect(stream.writableNeedsDrain).toBe(true)
    expect(count.asked).toBe(8)
    release.resolve()
    await sending
    while (answers.size < 40) await once(stream, 'message')
  })

  it('[MBX-1] has one stream for a peer: the newer one ends the older', async () => {
    await using cleanup = new Cleanup()
    const { open } = await createScene(cleanup, echo)
    const first = await open()
    send(first, 1, Uint8Array.of(1))
    await once(first, 'message')
    const second = await open()
    const answers = answersOn(second)
    send(second, 2, Uint8Array.of(2))
    await closed(first)
    expect(first.status).toBe('reset')
    while (answers.size === 0) await once(second, 'message')
    expect(answers).toEqual(new Set([2]))
  })
})
