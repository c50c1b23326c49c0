import { createOperationCheck, isEventName, serveSocket, type ApiClient, type ProfileAnswer } from '@parley/engine'
import { createSocketClient, type SocketClient } from '@parley/engine/client'
import { describe, expect, test } from 'vitest'
import { befriend, codeOf, createWorld, type Person, type World } from './world.ts'

/** A caller of `person` over the socket's protocol, with nothing but memory between them. */
function overSocket({ engine }: Person, world: World): { client: SocketClient; cut: () => void } {
  let cut = (): void => undefined
  const client = createSocketClient({
    connect(handlers) {
      const session = serveSocket(
        {
          send: (text) => queueMicrotask(() => handlers.received(text)),
          unsentBytes: () => 0,
          setReading: () => undefined,
          close: () => handlers.closed(),
        },
        {
          client: () => engine,
          check: createOperationCheck(),
          isEvent: isEventName,
          nowMs: () => world.clock.now(),
          failed: (error) => {
            throw error
          },
        },
      )
      queueMicrotask(() => handlers.opened())
      cut = () => {
        session.closed()
        handlers.closed()
      }
      return { send: (text) => session.receive(text), close: () => session.closed() }
    },
    after: (delayMs, fire) => world.clock.after(delayMs, fire),
    chance: () => 0,
  })
  return { client, cut: () => cut() }
}

const STRANGER = 'QmNedYJ6WmLhacAL2ozxb4k33Gxd9wmKB7HyoxZCwXid1e'

/** Reads a stream to its end. */
function read(client: ApiClient, ids: string[], signal?: AbortSignal) {
  const items: ProfileAnswer[] = []
  const ended = (async () => {
    for await (const item of client.stream('profiles.fetch', { ids }, signal)) items.push(item)
  })()
  return { items, ended: codeOf(ended) }
}

describe('a stream', () => {
  test('[API-20] answers each id once, in the engine’s process and over the socket alike', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await befriend(world, alice, bob)
    await world.pass(5_000)
    const { client } = overSocket(alice, world)
    using _ = client
    const ids = [bob.account, STRANGER, bob.account, alice.account]
    for (const caller of [alice.engine, client]) {
      const { items, ended } = read(caller, ids)
      await world.pass(120_000)
      expect(await ended).toBe('done')
      expect(items.map(({ id }) => id).toSorted()).toEqual([alice.account, bob.account, STRANGER].toSorted())
      const outcomes = Object.fromEntries(items.map(({ id, profile }) => [id, profile?.name]))
      expect(outcomes).toEqual({ [alice.account]: 'Alice', [bob.account]: 'Bob', [STRANGER]: undefined })
    }
  })

  test('[API-20] that is cancelled throws the reason, and leaves room for others', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    const { client } = overSocket(alice, world)
    using _ = client
    for (const caller of [alice.engine, client]) {
      for (let round = 0; round < 40; round++) {
        const stop = new AbortController()
        const { ended } = read(caller, [STRANGER], stop.signal)
        await world.pass(0)
        stop.abort('enough')
        expect(await ended).toBe('enough')
      }
      const first = []
      for await (const item of caller.stream('profiles.fetch', { ids: [alice.account, STRANGER] })) {
        first.push(item.id)
        break
      }
      expect(first).toEqual([alice.account])
      const aborted = new AbortController()
      aborted.abort('before')
      expect(await read(caller, [], aborted.signal).ended).toBe('before')
    }
  })

  test('[API-13] [API-20] ends with its connection, and with its engine', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    const { client, cut } = overSocket(alice, world)
    const far = read(client, [STRANGER])
    const near = read(alice.engine, [STRANGER])
    await world.pass(0)
    cut()
    expect(await far.ended).toBe('CLOSED')
    await world.pass(20_000)
    const again = read(client, [alice.account])
    await world.pass(100)
    expect([await again.ended, again.items.length]).toEqual(['done', 1])
    client.close()
    const late = read(alice.engine, [`did:key:z6Mk${'a'.repeat(44)}`])
    await alice.stop()
    expect(await near.ended).toBe('done')
    expect(await late.ended).toBe('CLOSED')
    expect(await read(alice.engine, []).ended).toBe('CLOSED')
  })

  test('[API-3] is refused with the field when its parameters are wrong', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    const { client } = overSocket(alice, world)
    using _ = client
    expect(await read(client, ['nobody']).ended).toBe('INVALID_PARAMETERS')
    expect(await read(client, Array<string>(10_001).fill(STRANGER)).ended).toBe('INVALID_PARAMETERS')
  })
})
