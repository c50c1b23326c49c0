/** Two things at once: a link that answers while a deposit is on its way, guests of one invite, a busy conversation. */
import { decodeRequest, invitePointerSecret, MAILBOX_TIMEOUT_MS, parseInvite } from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { expect, test } from 'vitest'
import { createTalk, leave, named, ringOf, signed } from './rogue.ts'
import { befriend, createWorld, onlyRequest, send, states, texts, type Person, type World } from './world.ts'

const random = seededRandom(53)

/** Everything that `person` asks of push nodes takes `ms` longer. */
function delay(world: World, person: Person, ms: number): void {
  const { mailbox } = person.wire.network
  const request = mailbox.request.bind(mailbox)
  mailbox.request = async (address, bytes, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => reject(signal.reason))
    world.clock.after(ms, resolve)
    await promise
    return request(address, bytes, signal)
  }
}

test('[OFF-8] the reader answers over a link while its deposit is carried away: nothing is left with anybody', async () => {
  for (const ms of [300, 900, 2_000, 4_000]) {
    const { world, push, alice, bob, conversation } = await createTalk()
    await world.pass(10_000)
    const before = push.figures().blocks
    bob.wire.setOnline(false)
    bob.wire.network.mailbox.pushNodes = () => []
    delay(world, alice, ms)
    await send(alice, conversation, 'both ways')
    await world.pass(ms + 700)
    bob.wire.setOnline(true)
    await world.pass(60_000)
    expect(await texts(bob, conversation)).toEqual(['both ways'])
    expect(await states(alice, conversation)).toEqual(['delivered'])
    await world.pass(60_000)
    expect(alice.disk.store.all("SELECT 1 AS found FROM outbox WHERE kind = 'content'")).toEqual([])
    expect(
      alice.disk.store.all("SELECT 1 AS found FROM deposits WHERE state <> 'void' AND chain NOT LIKE 'invite/%'"),
    ).toEqual([])
    expect(push.figures().blocks).toBeLessThanOrEqual(before)
    await world[Symbol.asyncDispose]()
  }
})

test('[OFF-17] a contact whose places are all dead keeps nobody else waiting', async () => {
  const { world, push, alice, bob, conversation } = await createTalk()
  await using _ = world
  const mallory = await world.open('Mallory')
  const other = await befriend(world, mallory, bob)
  bob.wire.setOnline(false)
  await send(mallory, other, 'so that there is a ring')
  await world.pass(3_000)
  const ring = await ringOf(mallory)
  // A place that is known and serves nothing takes as long as a request may.
  const { mailbox } = bob.wire.network
  const request = mailbox.request.bind(mailbox)
  mailbox.request = async (address, bytes, signal) => {
    if (!address.includes('dead')) return request(address, bytes, signal)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => reject(signal.reason))
    world.clock.after(MAILBOX_TIMEOUT_MS, resolve)
    await promise
    throw new Error('dead')
  }
  const dead = (slot: number) =>
    Array.from({ length: 8 }, (_each, at) => `/memory/dead${slot}-${at}/p2p/dead${slot}-${at}`)
  for (let slot = 8; slot < 16; slot++) {
    const record = await signed(ring(slot), world, { blocks: named(random(512)), holders: dead(slot) })
    await leave(world, mallory, push, { records: [record] })
  }
  await world.pass(25_000)
  const sentAt = world.clock.now()
  await send(alice, conversation, 'in time')
  while (!(await texts(bob, conversation)).includes('in time') && world.clock.now() < sentAt + 120_000)
    await world.pass(250)
  expect(world.clock.now() - sentAt).toBeLessThan(4_000)
})

test('[PTR-8] a guest puts a record of its own under the invite: the next guest still asks when the maker is there', async () => {
  const world = await createWorld()
  await using _ = world
  const push = await world.openPushNode()
  const alice = await world.open('Alice')
  const { link } = await alice.engine.call('invites.create', {})
  await world.pass(3_000)
  const mallory = await world.open('Mallory')
  await world.pass(1_000)
  const invite = parseInvite(link, world.clock.now())
  if (!invite.ok) throw new Error(invite.reason)
  const payload = { blocks: named(random(2_048)), holders: [push.address] }
  const record = await signed(invitePointerSecret(invite.value.secret), world, payload, Number.MAX_SAFE_INTEGER)
  expect(await leave(world, mallory, push, { records: [record] })).toEqual(['kept'])
  alice.wire.setOnline(false)
  const carol = await world.open('Carol')
  await carol.engine.call('contacts.add', { link, text: 'may I?' })
  await world.pass(60_000)
  expect(await alice.engine.call('requests.list', {})).toEqual([])
  alice.wire.setOnline(true)
  await world.pass(60_000)
  expect((await onlyRequest(alice)).text).toBe('may I?')
})

test('[OFF-5] the push node goes away between its pointer and its block: both are there when it is', async () => {
  const { world, push, alice, bob, conversation } = await createTalk()
  await using _ = world
  await bob.stop()
  await send(alice, conversation, 'half of it')
  await world.pass(3_000)
  alice.wire.setOnline(false)
  push.bend = (answer, request) => (decodeRequest(request)?.type === 'fetch' ? undefined : answer)
  const back = await world.restart(bob)
  await world.pass(2_000)
  expect(await texts(back, conversation)).toEqual([])
  push.stop()
  push.bend = undefined
  await world.pass(1_000)
  push.resume()
  await world.pass(2_000)
  expect(await texts(back, conversation)).toEqual(['half of it'])
})
