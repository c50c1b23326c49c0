/** What strangers can leave where mail waits, and repeat, and what it costs the reader. */
import {
  blockCid,
  decodeRequest,
  encodeCbor,
  INBOX_BUCKET_RECORDS_MAX,
  pointerKey,
  REQUESTS_PENDING_MAX,
  sha256,
  toHex,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { describe, expect, test } from 'vitest'
import {
  ask,
  asked,
  bucketOf,
  bytesOf,
  crypto,
  leave,
  named,
  ringOf,
  watchPlaces,
  worked,
  createTalk,
} from './rogue.ts'
import { ask as befriendAsk, onlyRequest, send, texts } from './world.ts'

const random = seededRandom(43)
const BLOCK_BYTES = 512

/** CIDs that were fetched from `push` since `start`, in hex. */
const fetched = (requests: readonly Uint8Array[], start: number): readonly string[] =>
  requests.slice(start).flatMap((bytes) => {
    const request = decodeRequest(bytes)
    return request?.type === 'fetch' ? request.cids.map(toHex) : []
  })

describe('mail of strangers', () => {
  test('[OFF-16] a record that names many blocks or a large one, or stands under the key of a conversation, is nobody’s', async () => {
    const { world, push, alice, bob, conversation } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    await bob.stop()
    await send(alice, conversation, 'one')
    await world.pass(2_000)
    const many = Array.from({ length: 30 }, () => ({ cid: blockCid(random(8)), size: 524_288 }))
    const single = { cid: blockCid(random(8)), size: 512 }
    const large = { cid: blockCid(random(8)), size: 262_144 }
    const ring = await ringOf(alice)
    const chainKey = pointerKey(await crypto.ed25519PublicKey(ring(9).seed))
    await leave(world, mallory, push, {
      records: [
        worked(await bucketOf(world, bob, alice), world, { blocks: many, holders: [push.address] }),
        worked(await bucketOf(world, bob, alice), world, { blocks: [large], holders: [push.address] }),
        worked(chainKey, world, { blocks: [single], holders: [push.address] }),
      ],
    })
    const start = push.requests.length
    alice.wire.setOnline(false)
    const back = await world.restart(bob)
    await world.pass(5_000)
    expect(await texts(back, conversation)).toEqual(['one'])
    const cids = new Set(fetched(push.requests, start))
    expect([...many, single, large].filter(({ cid }) => cids.has(toHex(cid)))).toEqual([])
  })

  test('[OFF-16] names places of its own: a reader that has push nodes asks only them', async () => {
    const { world, push, alice, bob } = await createTalk()
    await using _ = world
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    const places = watchPlaces(bob)
    const trap = ['/ip4/203.0.113.7/tcp/4001/p2p/trap', '/memory/trap/p2p/trap', 'https://trap.example/x']
    await leave(world, mallory, push, {
      records: [worked(await bucketOf(world, bob, alice), world, { blocks: named(random(512)), holders: trap })],
    })
    await world.pass(60_000)
    expect(new Set(places)).toEqual(new Set([push.address]))
  })

  test('[OFF-6] a request from the future is not asked for again and again', async () => {
    const { world, push, alice, bob } = await createTalk()
    await using _ = world
    const bucket = await bucketOf(world, bob, alice)
    const { link } = await bob.engine.call('invites.create', {})
    await world.pass(3_000)
    await bob.stop()
    const carol = await world.open('Carol', { skewMs: 3_600_000 })
    await carol.engine.call('contacts.add', { link, text: 'hello from later' })
    await world.pass(20_000)
    const block = bytesOf(carol.disk.store.all("SELECT bytes FROM outbox WHERE kind = 'request'")[0]?.['bytes'])
    await carol.stop()
    const records = [worked(bucket, world, { blocks: named(block), holders: [push.address] })]
    expect(await leave(world, alice, push, { blocks: [block], records })).toEqual(['kept'])
    const start = push.requests.length
    const back = await world.restart(bob)
    await world.pass(60_000)
    expect(asked(push, 'fetch', start)).toBeLessThan(10)
    expect(asked(push, 'find', start)).toBeLessThan(20)
    await world.pass(2 * 3_600_000)
    expect((await onlyRequest(back)).text).toBe('hello from later')
  })

  test('[OFF-16] [OFF-17] [HLD-6] a full bucket: the request in it is found at once, and the bucket read ever less often', async () => {
    const { world, push, alice, bob } = await createTalk()
    await using _ = world
    const { link } = await bob.engine.call('invites.create', {})
    await world.pass(3_000)
    const bucket = await bucketOf(world, bob, alice)
    await bob.stop()
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    const junk = () =>
      Array.from({ length: 500 }, (_each, index) =>
        worked(bucket, world, {
          blocks: named(encodeCbor(random(600)).slice(0, BLOCK_BYTES)),
          holders: [`/memory/no${index}/p2p/no${index}`],
        }),
      )
    await leave(world, mallory, push, { records: junk() })
    const carol = await world.open('Carol')
    await carol.engine.call('contacts.add', { link, text: 'real' })
    await world.pass(20_000)
    await leave(world, mallory, push, { records: junk() })
    const back = await world.restart(bob)
    const places = watchPlaces(back)
    await world.pass(3_000)
    expect((await onlyRequest(back)).text).toBe('real')
    expect(places.filter((place) => place.includes('/no'))).toEqual([])
    let answered = 0
    push.bend = (answer, request) => {
      if (decodeRequest(request)?.type === 'find') answered += answer?.length ?? 0
      return answer
    }
    await world.pass(10 * 60_000)
    // About a thousand records are half a megabyte: read about twice in ten minutes, not thirty times.
    expect(answered).toBeLessThan(4 * INBOX_BUCKET_RECORDS_MAX * 512)
  })

  test('[HLD-6] beyond a full bucket the oldest go: whoever pays for a thousand records pushes a request out until it is put again', async () => {
    const { world, push, alice, bob } = await createTalk()
    await using _ = world
    const bucket = await bucketOf(world, bob, alice)
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    const record = (): Uint8Array => worked(bucket, world, { blocks: named(random(512)), holders: [push.address] })
    const real = record()
    await leave(world, alice, push, { records: [real] })
    const isThere = async (): Promise<boolean> => {
      const answer = await ask(world, alice, push, { type: 'find', prefixes: [bucket.slice(0, 8)] })
      return answer?.type === 'records' && answer.records.some((each) => toHex(sha256(each)) === toHex(sha256(real)))
    }
    expect(await isThere()).toBe(true)
    await leave(world, mallory, push, { records: Array.from({ length: INBOX_BUCKET_RECORDS_MAX }, record) })
    expect(await isThere()).toBe(false)
    // Its sender puts it again within the hour (OFF-10), and it is the newest.
    await leave(world, alice, push, { records: [real] })
    expect(await isThere()).toBe(true)
  })

  test('[FST-22] at most REQUESTS_PENDING_MAX requests wait, however many come', async () => {
    const { world, alice } = await createTalk()
    await using _ = world
    const rows = () => Number(alice.disk.store.all('SELECT count(*) AS n FROM requests')[0]?.['n'])
    for (let number = 0; number < REQUESTS_PENDING_MAX + 20; number++) {
      alice.disk.store.run(
        `INSERT INTO requests SELECT ?, ?, peer_id, 'junk', x'00', bundle, 0, ? FROM devices LIMIT 1`,
        [`junk${number}`, `did:key:junk${number}`, number],
      )
    }
    const carol = await world.open('Carol')
    await befriendAsk(world, carol, alice, 'real')
    expect(rows()).toBe(REQUESTS_PENDING_MAX)
    expect(alice.disk.store.all('SELECT 1 AS found FROM requests WHERE account = ?', [carol.account])).toHaveLength(1)
  })
})

describe('hints', () => {
  async function replay(
    hint: (talk: Awaited<ReturnType<typeof createTalk>>, heard: readonly Heard[]) => Promise<readonly Heard[]>,
  ) {
    const talk = await createTalk()
    const { world, push, alice, bob, conversation } = talk
    const heard: Heard[] = []
    const { mailbox } = alice.wire.network
    const wake = mailbox.wake.bind(mailbox)
    mailbox.wake = (topic, bytes) => {
      heard.push({ topic, bytes })
      wake(topic, bytes)
    }
    const mallory = await world.open('Mallory')
    await world.pass(1_000)
    bob.wire.setOnline(false)
    await send(alice, conversation, 'hinted')
    await world.pass(5_000)
    expect(await texts(bob, conversation)).toEqual(['hinted'])
    const hints = await hint(talk, heard)
    const start = push.requests.length
    for (let time = 0; time < 1_000; time++) {
      for (const { topic, bytes } of hints) mallory.wire.network.mailbox.wake(topic, bytes)
      await world.pass(10)
    }
    const finds = asked(push, 'find', start)
    bob.wire.setOnline(true)
    await send(alice, conversation, 'after it')
    await world.pass(10_000)
    expect(await texts(bob, conversation)).toEqual(['hinted', 'after it'])
    await world[Symbol.asyncDispose]()
    return finds
  }

  test('[OFF-17] a hint that is repeated a thousand times in ten seconds costs ten questions, then one a second', async () => {
    expect(await replay((_, heard) => Promise.resolve(heard))).toBeLessThan(25)
  })

  test('[OFF-17] and one about the inbox a question in five seconds', async () => {
    const finds = await replay(async ({ world, bob, alice }) => {
      const key = await bucketOf(world, bob, alice)
      return [{ topic: key[0] ?? 0, bytes: key.slice(0, 8) }]
    })
    expect(finds).toBeLessThan(8)
  })

  test('[MBX-5] hints of any bytes cost nothing', async () => {
    const finds = await replay(() =>
      Promise.resolve([8, 16, 512].map((length, topic) => ({ topic, bytes: random(length) }))),
    )
    expect(finds).toBeLessThan(8)
  })
})

interface Heard {
  readonly topic: number
  readonly bytes: Uint8Array
}
