/** What a member, or somebody who knows the names of others' blocks, can say that is not so. */
import {
  blockCid,
  decodeCbor,
  decodeRequest,
  decodeResponse,
  encodeCbor,
  encodeResponse,
  toHex,
  utf8,
  type PointerPayload,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { PortError } from '@parley/engine'
import { describe, expect, test } from 'vitest'
import { asked, bucketOf, leave, named, ringOf, signed, voiceOf, waitingOf, worked, createTalk } from './rogue.ts'
import { befriend, send, states, texts } from './world.ts'

const random = seededRandom(44)

/** CIDs that were fetched from `push` since `start`, in hex. */
const fetched = (requests: readonly Uint8Array[], start: number): readonly string[] =>
  requests.slice(start).flatMap((bytes) => {
    const request = decodeRequest(bytes)
    return request?.type === 'fetch' ? request.cids.map(toHex) : []
  })

const recordType = (record: Uint8Array): unknown => {
  const fields = decodeCbor(record)
  return Array.isArray(fields) ? fields[0] : undefined
}

describe('CIDs of somebody else', () => {
  test('[PTR-6] named in the bucket of strangers, a block is still read when its author names it', async () => {
    const { world, push, alice, bob, conversation } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    const bucket = await bucketOf(world, bob, alice)
    await world.pass(1_000)
    await bob.stop()
    await send(alice, conversation, 'suppress me')
    await world.pass(2_000)
    const stolen = waitingOf(alice)
    const payloads = stolen.map((block): PointerPayload => ({ blocks: named(block), holders: [push.address] }))
    const records = payloads.map((payload) => worked(bucket, world, payload))
    expect(await leave(world, mallory, push, { records })).toEqual(['kept'])
    alice.wire.setOnline(false)
    // The push node is of the party: it shows the stranger's record first, alone.
    push.bend = (answer) => {
      const response = answer && decodeResponse(answer)
      if (response?.type !== 'records') return answer
      return encodeResponse({ type: 'records', records: response.records.filter((record) => recordType(record) === 2) })
    }
    const back = await world.restart(bob)
    await world.pass(5_000)
    expect(await texts(back, conversation)).toEqual([])
    push.bend = undefined
    await world.pass(40_000)
    expect(await texts(back, conversation)).toEqual(['suppress me'])
    expect(await states(alice, conversation)).toEqual(['delivered'])
  })

  test('[PTR-6] named by a contact, they are fetched and refused alike, whether they were read before or not', async () => {
    const { world, push, alice, bob, conversation } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    const other = await befriend(world, mallory, bob)
    await world.pass(2_000)
    await bob.stop()
    await send(alice, conversation, 'for Bob alone')
    await send(mallory, other, 'so that there is a ring')
    await world.pass(2_000)
    const [block = random(1)] = waitingOf(alice)
    const never = random(block.length).fill(1, 0, 1)
    const ring = await ringOf(mallory)
    let back = await world.restart(bob)
    await world.pass(5_000)
    await mallory.stop()
    const again = await world.restart(mallory)
    for (const [slot, bytes] of [block, never].entries()) {
      const record = await signed(ring(20 + slot), world, { blocks: named(bytes), holders: [push.address] })
      await leave(world, again, push, { blocks: [bytes], records: [record] })
    }
    await back.stop()
    const start = push.requests.length
    for (const person of [alice, again]) person.wire.setOnline(false)
    back = await world.restart(back)
    await world.pass(5_000)
    const cids = new Set(fetched(push.requests, start))
    expect([block, never].map((bytes) => cids.has(toHex(blockCid(bytes))))).toEqual([true, true])
    expect(await texts(back, conversation)).toEqual(['for Bob alone'])
  })
})

describe('acknowledgements that lie', () => {
  test('[OFF-8] name rows of others and ids that were never sent: nothing of anybody else is touched', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    await befriend(world, mallory, alice)
    await world.pass(3_000)
    await bob.stop()
    await send(alice, conversation, 'for Bob')
    await world.pass(2_000)
    const ids = alice.disk.store
      .all("SELECT envelope FROM outbox WHERE kind = 'content'")
      .map(({ envelope }) => envelope)
    const foreign = ids.flatMap((id) => (id instanceof Uint8Array ? [id] : []))
    expect(foreign).toHaveLength(1)
    const never = Array.from({ length: 250 }, () => random(16))
    const lie = await voiceOf(mallory).acknowledge([...foreign, ...foreign, ...never], [...foreign, ...never])
    alice.wire.inject(mallory.peerId, { type: 'envelope', bytes: lie })
    await world.pass(3_000)
    expect(await states(alice, conversation)).toEqual(['stored'])
    alice.wire.setOnline(false)
    const back = await world.restart(bob)
    await world.pass(5_000)
    expect(await texts(back, conversation)).toEqual(['for Bob'])
  })

  test('[OFF-9] [DLV-6] a member who refuses everything for ever has each message sealed a bounded number of times', async () => {
    const { world, push, alice, bob, conversation } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    // Bob hears nothing and says nothing: what he says is made up with his keys.
    bob.wire.setOnline(false)
    bob.wire.network.mailbox.request = () => Promise.reject(new PortError('UNREACHABLE', 'deaf', true))
    const voice = voiceOf(bob)
    await send(alice, conversation, 'seal me again')
    await world.pass(2_000)
    const ring = await ringOf(alice, 'other')
    const seen = new Set<string>()
    const start = push.requests.length
    for (let round = 0; round < 40; round++) {
      const rows = alice.disk.store.all("SELECT envelope FROM outbox WHERE peer_id = ? AND kind <> 'welcome'", [
        bob.peerId,
      ])
      const refused = rows.flatMap(({ envelope }) => (envelope instanceof Uint8Array ? [envelope] : []))
      for (const id of refused) seen.add(toHex(id))
      const block = await voice.acknowledge([], refused)
      const record = await signed(ring(round), world, { blocks: named(block), holders: [push.address] })
      await leave(world, mallory, push, { blocks: [block], records: [record] })
      await world.pass(30_000)
    }
    // Two rounds are answered with new seals, then a new group is offered; what is sealed in it waits for its Welcome.
    expect(seen.size).toBeLessThanOrEqual(5)
    expect(asked(push, 'store', start) - 40).toBeLessThan(10)
    expect(await texts(alice, conversation)).toEqual(['seal me again'])
  })

  test('[CNT-3] kinds and shapes that nobody knows, well sealed by a member, change nothing', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const junk = [random(100), utf8('no content'), encodeCbor([1, 2, 3]), new Uint8Array(0)]
    const voice = voiceOf(bob)
    for (const bytes of junk) {
      alice.wire.inject(bob.peerId, { type: 'envelope', bytes: await voice.say({ type: 'content', bytes }) })
      await world.pass(100)
    }
    expect(await texts(alice, conversation)).toEqual([])
  })
})
