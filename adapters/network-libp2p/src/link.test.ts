/** Links against a peer that does not keep the rules. */
import { randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { LINK_OPEN_TIMEOUT_MS } from '@parley/core'
import { never } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { describe, expect, it, vi } from 'vitest'
import { LinkTable } from './link-table.ts'
import { LINK_PROTOCOL } from './network.ts'
import { encodePreface } from './preface.ts'
import { Cleanup, createTestNetwork, silentLog } from './testing/networks.ts'
import { closed, createRogue, framed } from './testing/rogue.ts'
import type { Rogue } from './testing/rogue.ts'

async function setUp(
  cleanup: Cleanup,
  rank?: 'decider' | 'asker',
): Promise<{ bob: Member; rogue: Rogue; address: string }> {
  const bob = await cleanup.join()
  const rogue = await createRogue(rank, bob.id)
  cleanup.add(() => rogue.stop())
  return { bob, rogue, address: bob.network.addresses()[0] ?? '' }
}

const openPreface = (number: number, session: Uint8Array): Uint8Array =>
  framed(encodePreface({ type: 'open', number, session }))
const askPreface = (isInsisting: boolean): Uint8Array => framed(encodePreface({ type: 'ask', isInsisting }))
const linkStreams = ({ host }: Rogue): number =>
  host.getConnections().flatMap(({ streams }) => streams.filter(({ protocol }) => protocol === LINK_PROTOCOL)).length
const answered = (stream: Stream): Promise<unknown> =>
  new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))

describe('bytes that are no frames', () => {
  it('[LINK-2] close the link as malformed: length zero', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup)
    const stream = await rogue.link(address)
    const link = await bob.opened(1)
    stream.send(framed(Uint8Array.of(1, 2, 3)))
    stream.send(new Uint8Array(4))
    expect(await link.closed).toBe('malformed')
    expect(link.frames).toBe(1)
    expect(bob.network.status().connections).toBe(1)
  })

  it('[LINK-2] close the link as malformed: an end inside a frame', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup)
    const stream = await rogue.link(address)
    const link = await bob.opened(1)
    stream.send(framed(new Uint8Array(100)).subarray(0, 50))
    await stream.close()
    expect(await link.closed).toBe('malformed')
    expect(link.frames).toBe(0)
  })

  it('[LINK-8] a reset is a failure of the transport, a clean end is not', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup)
    const first = await rogue.link(address)
    await bob.opened(1)
    first.abort(new Error('gone'))
    expect(await bob.last.closed).toBe('transport')
    const second = await rogue.link(address)
    await bob.opened(2)
    await second.close()
    expect(await bob.last.closed).toBe('remote')
  })

  it('[LINK-8] leaves no half-open stream behind: 100 links that the other end ended', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup)
    for (let round = 1; round <= 100; round++) {
      const stream = await rogue.link(address)
      await bob.opened(round)
      const gone = closed(stream)
      await stream.close()
      expect(await gone).toBeUndefined()
    }
    expect(linkStreams(rogue)).toBe(0)
  })
})

describe('a stream becomes a link', () => {
  it('[LINK-7] only with a first frame that its opener may send', async () => {
    await using cleanup = new Cleanup()
    for (const rank of ['decider', 'asker'] as const) {
      const { bob, rogue, address } = await setUp(cleanup, rank)
      const wrong = rank === 'decider' ? askPreface(false) : openPreface(1, randomBytes(8))
      for (const bytes of [wrong, framed(Uint8Array.of(9)), framed(randomBytes(500)), new Uint8Array(4)]) {
        const stream = await rogue.open(address)
        const gone = closed(stream)
        stream.send(bytes)
        expect(await gone).toBeInstanceOf(Error)
      }
      const silent = await rogue.open(address)
      await silent.close()
      expect(bob.links).toEqual([])
      await rogue.link(address)
      await bob.opened(1)
    }
  })

  it('[LINK-7] not when it stays silent for LINK_OPEN_TIMEOUT_MS', async () => {
    await using cleanup = new Cleanup()
    const [one, rogue] = [await createRogue(), await createRogue()]
    cleanup.add(() => one.stop())
    cleanup.add(() => rogue.stop())
    const timers: { readonly delayMs: number; readonly fire: () => void }[] = []
    const after = (delayMs: number, fire: () => void) => {
      timers.push({ delayMs, fire })
      return () => undefined
    }
    const onLink = vi.fn<() => void>()
    const table = new LinkTable({ ownPeerId: one.id, log: silentLog, after, onLink })
    const opened = Promise.withResolvers<void>()
    await one.host.handle(LINK_PROTOCOL, (stream, connection) => (table.accept(stream, connection), opened.resolve()))
    const stream = await rogue.open(one.host.getMultiaddrs().join())
    const gone = closed(stream)
    await opened.promise
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([LINK_OPEN_TIMEOUT_MS])
    expect(stream.status).toBe('open')
    timers[0]?.fire()
    expect(await gone).toBeInstanceOf(Error)
    expect(onLink).not.toHaveBeenCalled()
    await table.stop()
  })

  it('[LINK-5] of the higher number, whatever the order of arrival', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup, 'decider')
    const session = randomBytes(8)
    const second = await rogue.open(address)
    second.send(openPreface(2, session))
    await bob.opened(1)
    const first = await rogue.open(address)
    const gone = closed(first)
    first.send(openPreface(1, session))
    await first.close()
    await gone
    expect(bob.links).toHaveLength(1)
    expect(bob.openLinks).toBe(1)
    const third = await rogue.open(address)
    third.send(openPreface(3, session))
    third.send(framed(Uint8Array.of(5)))
    await bob.opened(2)
    expect(bob.links[0]?.closeReasons).toEqual(['remote'])
    await bob.until(() => bob.frames === 1)
    const restarted = await rogue.open(address)
    restarted.send(openPreface(1, randomBytes(8)))
    await bob.opened(3)
    expect(bob.openLinks).toBe(1)
  })

  it('[LINK-6] asked for twice, once: the second is refused unless the asker insists', async () => {
    await using cleanup = new Cleanup()
    const { bob, rogue, address } = await setUp(cleanup, 'asker')
    await rogue.link(address)
    await bob.opened(1)
    const refused = await rogue.open(address)
    const gone = closed(refused)
    refused.addEventListener('remoteCloseWrite', () => void refused.close())
    refused.send(askPreface(false))
    expect(await gone).toBeUndefined()
    expect(bob.links).toHaveLength(1)
    const insisting = await rogue.open(address)
    const answer = answered(insisting)
    insisting.send(askPreface(true))
    await answer
    await bob.opened(2)
    expect(bob.links[0]?.closeReasons).toEqual(['remote'])
    expect(bob.openLinks).toBe(1)
  })

  it('[LINK-6] for an asker that was refused and waited in vain', async () => {
    await using cleanup = new Cleanup()
    const bob = await cleanup.join()
    const rogue = await createRogue('decider', bob.id)
    cleanup.add(() => rogue.stop())
    const asks: number[] = []
    await rogue.host.handle(LINK_PROTOCOL, async (stream) => {
      stream.addEventListener('message', ({ data }) => {
        asks.push(data.subarray().at(-1) ?? -1)
        if (asks.length === 1) void stream.close()
        else stream.send(openPreface(1, randomBytes(8)))
      })
    })
    await bob.network.connect(rogue.id, rogue.host.getMultiaddrs().map(String), never())
    expect(asks).toEqual([0, 1])
    expect(bob.openLinks).toBe(1)
  })
})

describe('versions and ports', () => {
  it('[LINK-9] says so, once and for all, when a peer speaks another version', async () => {
    await using cleanup = new Cleanup()
    const bob = await cleanup.join()
    const rogue = await createRogue()
    cleanup.add(() => rogue.stop())
    await rogue.host.handle('/parley/link/2.0.0', (stream) => stream.abort(new Error('unexpected')))
    const connecting = bob.network.connect(rogue.id, rogue.host.getMultiaddrs().map(String), never())
    await expect(connecting).rejects.toMatchObject({ code: 'UNREACHABLE', isRetryable: false })
    await expect(connecting).rejects.toThrow('does not speak /parley/link/1.0.0')
    await expect(rogue.open(bob.network.addresses()[0] ?? '', '/parley/link/2.0.0')).rejects.toThrow()
  })

  it('[NET-8] refuses a port that another program holds, in words, and frees the others', async () => {
    await using cleanup = new Cleanup()
    const bob = await cleanup.join()
    const taken = bob.network.addresses()[0]?.replace(/\/p2p\/.*$/, '') ?? ''
    const attempt = createTestNetwork({ listen: ['/ip4/127.0.0.1/tcp/0', taken] })
    await expect(attempt).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', isRetryable: false })
    await expect(attempt).rejects.toThrow(
      `Another program already listens on port ${taken.split('/').at(-1)} of 127.0.0.1`,
    )
    await expect(createTestNetwork({ listen: ['/ip4/127.0.0.1/udp/1/quic-v1'] })).rejects.toThrow('Cannot listen on')
  })

  it('[NET-1] has the peer id of the device key', async () => {
    await using cleanup = new Cleanup()
    const deviceSeed = new Uint8Array(32).fill(7)
    const [one, two] = [await cleanup.join({ deviceSeed }), await cleanup.join({ deviceSeed, listen: [] })]
    expect(one.id).toBe(two.id)
    expect(one.id).toMatch(/^12D3KooW/)
    expect(two.network.addresses()).toEqual([])
  })
})
