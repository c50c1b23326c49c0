/** OpenBazaar's door over real engines: what waits, what was told, what was removed. */
import type { ApiClient } from '@parley/engine'
import { DAY_MS, openBazaarPeerId, parseAccount } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { FETCHES_MAX } from '../../nodes/daemon/src/openbazaar/limits.ts'
import { openSession, type Session } from '../../nodes/daemon/src/openbazaar/session.ts'
import { writingRoutes } from '../../nodes/daemon/src/openbazaar/chat-writing.ts'
import { profileRoutes } from '../../nodes/daemon/src/openbazaar/profile-routes.ts'
import type { Ask, Routes } from '../../nodes/daemon/src/openbazaar/routes.ts'
import { settingsRoutes } from '../../nodes/daemon/src/openbazaar/settings-routes.ts'
import { createCopy } from '../../nodes/daemon/src/openbazaar/names.ts'
import { Teller } from '../../nodes/daemon/src/openbazaar/teller.ts'
import type { WaitingText } from '../../nodes/daemon/src/openbazaar/waiting.ts'
import { lookedUp } from './profile-stage.ts'
import { ask as askFor, befriend, createWorld, messages, send, texts, type Person, type World } from './world.ts'

const log = { log: () => undefined }
const qm = (person: Person): string => openBazaarPeerId(parseAccount(person.account) ?? new Uint8Array(0))
const waitingText = (peerId: string, text: string, subject = ''): WaitingText => ({
  peerId,
  copy: createCopy(),
  subject,
  text,
  // before anything that the world's clock, which stands at another time, says
  writtenAt: 0,
})
const publish = ({ engine }: Person) => engine.call('profile.update', { visibility: 'public' })
/** Everything that real timers and the world's clock have to do. */
const settle = async (world: World, ms = 30_000) => {
  for (let round = 0; round < 6; round++) {
    await world.pass(ms / 6)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A client whose calls can be held up or fail. */
function tapped(client: ApiClient, before: (name: string, params: unknown) => Promise<void> | void): ApiClient {
  return {
    call: async (name, params) => {
      await before(name, params)
      return client.call(name, params)
    },
    stream: (name, params, signal) => client.stream(name, params, signal),
    live: (name, params) => client.live(name, params),
    on: (event, handler) => client.on(event, handler),
  }
}

/** Whoever was away for a month: the record still holds, the invite in it does not. */
const AWAY_MS = 31 * DAY_MS

describe('attack: what waits for people who are not known yet', () => {
  test('[OBG-12] one reader who cannot be asked keeps nobody else from being looked for', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    const mallory = await world.open('Mallory', { skewMs: -AWAY_MS })
    await publish(mallory)
    await settle(world)
    await mallory.stop()
    const bob = await world.open('Bob')
    await using session = await openSession(alice.engine, log)
    await session.waiting.add([waitingText(qm(mallory), 'to Mallory')])
    await settle(world)
    await session.waiting.add([waitingText(qm(bob), 'to Bob')])
    await settle(world)
    await publish(bob)
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    expect((await session.waiting.all()).map(({ text }) => text)).toEqual(['to Mallory'])
  })

  test('[OBG-12] whose profile had a dead invite is looked for again, and written to when there is a new one', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    const mallory = await world.open('Mallory', { skewMs: -AWAY_MS })
    await publish(mallory)
    await settle(world)
    await lookedUp(world, alice, [qm(mallory)])
    await using session = await openSession(alice.engine, log)
    await session.waiting.add([waitingText(qm(mallory), 'to Mallory')])
    await settle(world)
    await world.restart(mallory)
    await settle(world, 120_000)
    await world.pass(3_700_000)
    session.waiting.tryAll()
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    expect((await session.waiting.all()).map(({ text }) => text)).toEqual([])
  })

  test('[OBG-10] [OBG-12] what was removed while others go out is not sent', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const held = Promise.withResolvers<void>()
    let sends = 0
    const client = tapped(alice.engine, (name) =>
      name === 'messages.send' && ++sends === 1 ? held.promise : undefined,
    )
    await using session = await openSession(client, log)
    const [first, second] = [waitingText(qm(bob), 'first', 'order'), waitingText(qm(bob), 'second', 'order')]
    await session.waiting.add([first, second])
    await publish(bob)
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    expect(sends).toBe(1)
    await session.waiting.remove(({ copy }) => copy === second.copy)
    held.resolve()
    await settle(world)
    const [contact] = await alice.engine.call('contacts.list', {})
    expect(await texts(alice, contact?.conversation ?? '')).toEqual(['first'])
  })

  test('[OBG-12] a kill right after the request went out: its words are said once', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await publish(bob)
    await settle(world)
    let [isDead, isAsked] = [false, false]
    const client = tapped(alice.engine, (name) => {
      if (isDead) throw new Error('the process is gone')
      isDead = isAsked
      isAsked ||= name === 'contacts.add'
    })
    {
      await using session = await openSession(client, log)
      await session.waiting.add([waitingText(qm(bob), 'hello')])
      await settle(world)
    }
    expect(isDead).toBe(true)
    await using session = await openSession(alice.engine, log)
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    const [contact] = await alice.engine.call('contacts.list', {})
    expect(await texts(alice, contact?.conversation ?? '')).toEqual(['hello'])
    expect(await session.waiting.all()).toEqual([])
  })
})

describe('attack: what the sockets are told', () => {
  test('[OBG-16] an old message whose reaction was taken back is not told as a new one', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const conversation = await befriend(world, alice, bob)
    await send(alice, conversation, 'long ago')
    await world.pass(5_000)
    const [message] = await messages(bob, conversation)
    await using session = await openSession(bob.engine, log)
    const frames: object[] = []
    const teller = new Teller({ send: (frame) => frames.push(frame), count: 1, closeAll: () => undefined }, log)
    const stop = teller.follow(session)
    const id = message?.id ?? ''
    await alice.engine.call('messages.react', { conversation, message: id, emoji: '👍', isOn: true })
    await settle(world)
    await alice.engine.call('messages.react', { conversation, message: id, emoji: '👍', isOn: false })
    await settle(world)
    stop()
    expect(frames.filter((frame) => 'message' in frame)).toEqual([])
  })

  test('[OBG-12] [OBG-13] one reader who was blocked elsewhere keeps nobody else from being looked for', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, mallory, bob] = [await world.open('Alice'), await world.open('Mallory'), await world.open('Bob')]
    await publish(mallory)
    await settle(world)
    await lookedUp(world, alice, [qm(mallory)])
    await alice.engine.call('blocks.add', { account: mallory.account })
    await using session = await openSession(alice.engine, log)
    await session.waiting.add([waitingText(qm(mallory), 'to Mallory')])
    await session.waiting.add([waitingText(qm(bob), 'to Bob')])
    await settle(world)
    await publish(bob)
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    expect((await session.waiting.all()).map(({ text }) => text)).not.toContain('to Bob')
  })

  test('[OBG-13] whoever was blocked elsewhere while they only asked is written to by nobody', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await publish(bob)
    await askFor(world, bob, alice)
    await lookedUp(world, alice, [bob.account])
    await alice.engine.call('blocks.add', { account: bob.account })
    await using session = await openSession(alice.engine, log)
    expect(await session.blocks.isBlocked(qm(bob))).toBe(true)
    expect(await session.blocks.list()).toEqual([qm(bob)])
  })
})

const asking = (session: Session, body: unknown, more: Partial<Ask> = {}): Ask => ({
  session,
  rest: [],
  query: new URLSearchParams(),
  body: JSON.stringify(body),
  origin: { address: '', userAgent: '' },
  signal: new AbortController().signal,
  told: { whileWriting: (write) => write(), written: () => undefined, say: () => undefined },
  node: { version: '1', shutDown: () => undefined },
  ...more,
})
const run = (routes: Routes, name: string, ask: Ask): Promise<unknown> => routes[name]?.(ask) ?? Promise.reject(name)

describe('attack: calls that come together', () => {
  test('[OBG-13] two patches at once are both kept', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    await using session = await openSession(alice.engine, log)
    await run(settingsRoutes, 'POST settings', asking(session, { country: 'CH', localCurrency: 'CHF' }))
    await Promise.all([
      run(settingsRoutes, 'PATCH settings', asking(session, { country: 'DE' })),
      run(settingsRoutes, 'PATCH settings', asking(session, { localCurrency: 'EUR' })),
    ])
    const kept = await run(settingsRoutes, 'GET settings', asking(session, {}))
    expect(kept).toMatchObject({ country: 'DE', localCurrency: 'EUR' })
  })

  test('[OBG-14] two patches of a profile at once are both kept', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    await using session = await openSession(alice.engine, log)
    const ending = new AbortController()
    const routes = profileRoutes(log, ending.signal)
    await Promise.all([
      run(routes, 'PATCH profile', asking(session, { shortDescription: 'short' })),
      run(routes, 'PATCH profile', asking(session, { vendor: true })),
    ])
    ending.abort()
    const kept = await run(routes, 'GET profile', asking(session, {}))
    expect(kept).toMatchObject({ shortDescription: 'short', vendor: true })
  })

  test('[OBG-15] [OBG-20] no more fetches than FETCHES_MAX are taken, however fast they come', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    await using session = await openSession(alice.engine, log)
    const ending = new AbortController()
    const routes = profileRoutes(log, ending.signal)
    const query = new URLSearchParams({ async: 'true' })
    const answers = await Promise.allSettled(
      Array.from({ length: 3 * FETCHES_MAX }, () => run(routes, 'POST fetchprofiles', asking(session, [], { query }))),
    )
    ending.abort()
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(FETCHES_MAX)
  })

  test('[OBG-11] [OBG-12] what shows nothing is refused, and mutes nobody for ever', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await publish(bob)
    await settle(world)
    await using session = await openSession(alice.engine, log)
    const say = (message: string) => run(writingRoutes, 'POST chat', asking(session, { peerId: qm(bob), message }))
    await say('\u200b').catch(() => undefined)
    await settle(world)
    await say('hello').catch(() => undefined)
    await settle(world)
    session.waiting.tryAll()
    await settle(world)
    const [contact] = await alice.engine.call('contacts.list', {})
    expect(await texts(alice, contact?.conversation ?? '')).toContain('hello')
  })
})
