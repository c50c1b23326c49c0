import {
  blockCid,
  challengeDigest,
  DAY_MS,
  decodeResponse,
  encodeRequest,
  ENVELOPE_BUCKETS_BYTES,
  HOLDER_ANNOUNCED_LIFETIME_MS,
  HOLDER_ANNOUNCED_MAX,
  HOLDER_ANNOUNCED_PER_PEER_MAX,
  MAILBOX_BODY_BYTES_MAX,
  verifyReceipt,
  WAITING_LIFETIME_MS,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { createHolderScene, crypto, nameOf } from '../testing/holder.ts'
import { Announced } from './announced.ts'

describe('blocks of a holder', () => {
  it('[HLD-1] [HLD-4] are announced, sent, receipted, fetched, dropped', async () => {
    const { alice, bob, ask, block, clock, holder, holderId } = await createHolderScene()
    const blocks = [block(), block(2_048)]
    const cids = blocks.map(blockCid)
    const store = { type: 'store', blocks: blocks.map(nameOf) } as const
    expect(await ask(alice, store, 'missing')).toEqual({ type: 'missing', cids, receipt: undefined })
    const receipt = await ask(alice, { type: 'blocks', blocks }, 'receipt')
    expect(receipt).toMatchObject({ cids, expiresAt: clock.now() + WAITING_LIFETIME_MS })
    const { expiresAt, signature } = receipt
    expect(await verifyReceipt(crypto, holderId, alice, cids, expiresAt, signature)).toBe(true)
    expect(await ask(bob, { type: 'fetch', cids }, 'blocks')).toEqual({ type: 'blocks', blocks })
    expect(holder.figures()).toMatchObject({ blocks: 2, bytes: 2_560 })
    await ask(alice, { type: 'drop', cids: cids.slice(0, 1) }, 'done')
    expect(await ask(bob, { type: 'fetch', cids }, 'blocks')).toEqual({ type: 'blocks', blocks: blocks.slice(1) })
    expect(holder.figures()).toMatchObject({ blocks: 1, bytes: 2_048 })
  })

  it('[HLD-1] that are held already are receipted without being sent', async () => {
    const { alice, ask, block, clock, deposit, holderId } = await createHolderScene()
    const [here, absent] = [block(), block()]
    await deposit(alice, here)
    clock.elapse(2 * DAY_MS)
    const store = { type: 'store', blocks: [nameOf(here), nameOf(absent), nameOf(here)] } as const
    const { cids, receipt } = await ask(alice, store, 'missing')
    expect(cids).toEqual([blockCid(absent)])
    if (receipt === undefined) throw new Error('it holds one of them')
    expect(receipt.cids).toEqual([blockCid(here)])
    expect(receipt.expiresAt).toBe(clock.now() + WAITING_LIFETIME_MS)
    expect(await verifyReceipt(crypto, holderId, alice, receipt.cids, receipt.expiresAt, receipt.signature)).toBe(true)
    const again = await ask(alice, { type: 'blocks', blocks: [here] }, 'receipt')
    expect(again.cids).toEqual([blockCid(here)])
  })

  it('[HLD-2] that were not announced, are others, or have another size are not taken', async () => {
    const { alice, bob, ask, block, holder } = await createHolderScene()
    const [announced, other, odd] = [block(), block(), block(513)]
    const missing = await ask(alice, { type: 'store', blocks: [nameOf(announced), nameOf(odd)] }, 'missing')
    expect(missing.cids).toEqual([blockCid(announced)])
    expect(await ask(alice, { type: 'blocks', blocks: [other, odd] }, 'receipt')).toMatchObject({ cids: [] })
    expect(await ask(bob, { type: 'blocks', blocks: [announced] }, 'receipt')).toMatchObject({ cids: [] })
    const lied = { cid: blockCid(other), size: 2_048 }
    await ask(bob, { type: 'store', blocks: [lied] }, 'missing')
    expect(await ask(bob, { type: 'blocks', blocks: [other] }, 'receipt')).toMatchObject({ cids: [] })
    expect(holder.figures()).toMatchObject({ blocks: 0, bytes: 0 })
  })

  it('[HLD-2] are expected for HOLDER_ANNOUNCED_LIFETIME_MS, and so many of them', async () => {
    const { alice, ask, block, clock } = await createHolderScene()
    const late = block()
    await ask(alice, { type: 'store', blocks: [nameOf(late)] }, 'missing')
    clock.elapse(HOLDER_ANNOUNCED_LIFETIME_MS)
    expect(await ask(alice, { type: 'blocks', blocks: [late] }, 'receipt')).toMatchObject({ cids: [] })

    const announced = new Announced()
    const digests = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        digest: new Uint8Array(new Uint32Array([from, index]).buffer),
        size: 512,
      }))
    for (let round = 0; round < 10; round++) announced.expect('mallory', digests(round, 1_024), 0)
    expect(announced.count).toBe(HOLDER_ANNOUNCED_PER_PEER_MAX)
    for (let peer = 0; peer < 100; peer++) announced.expect(`sybil ${peer}`, digests(peer, 1_024), 0)
    expect(announced.count).toBe(HOLDER_ANNOUNCED_MAX)
    const isExpected = (peer: number) =>
      digests(peer, 1).every(({ digest }) => announced.isExpected(`sybil ${peer}`, digest, 512, 1))
    expect([isExpected(0), isExpected(99)]).toEqual([false, true])
    for (const { digest } of digests(99, 1_024)) announced.settle('sybil 99', digest)
    expect(announced.count).toBe(HOLDER_ANNOUNCED_MAX - 1_024)
  })

  it('[HLD-2] are forgotten by time, and dropped by nobody but who stored them', async () => {
    const { alice, bob, ask, block, clock, deposit, holder } = await createHolderScene()
    const stored = block()
    const cids = [blockCid(stored)]
    await deposit(alice, stored)
    await ask(bob, { type: 'drop', cids }, 'done')
    await deposit(bob, block())
    await ask(bob, { type: 'drop', cids }, 'done')
    expect(await ask(bob, { type: 'fetch', cids }, 'blocks')).toMatchObject({ blocks: [stored] })
    clock.jump(WAITING_LIFETIME_MS)
    expect(await ask(bob, { type: 'fetch', cids }, 'blocks')).toMatchObject({ blocks: [] })
    const { blocks } = await ask(bob, { type: 'fetch', cids }, 'blocks')
    expect(blocks).toEqual([])
    await holder.collect()
    expect(holder.figures()).toMatchObject({ blocks: 0, bytes: 0, collected: 2 })
  })

  it('[HLD-2] announced again live longer, whatever the clock does', async () => {
    const { alice, ask, block, clock, deposit } = await createHolderScene()
    const stored = block()
    await deposit(alice, stored)
    const first = clock.now() + WAITING_LIFETIME_MS
    const store = { type: 'store', blocks: [nameOf(stored)] } as const
    clock.jump(DAY_MS - 1)
    expect((await ask(alice, store, 'missing')).receipt?.expiresAt).toBe(first)
    clock.jump(-2 * DAY_MS)
    expect((await ask(alice, store, 'missing')).receipt?.expiresAt).toBe(first)
    clock.jump(20 * DAY_MS)
    expect((await ask(alice, store, 'missing')).receipt?.expiresAt).toBe(clock.now() + WAITING_LIFETIME_MS)
    clock.jump(WAITING_LIFETIME_MS)
    expect((await ask(alice, store, 'missing')).cids).toEqual([blockCid(stored)])
    expect((await deposit(alice, stored)).expiresAt).toBe(clock.now() + WAITING_LIFETIME_MS)
  })

  it('[HLD-3] find no room beyond the quota of a peer or of all; nothing receipted is lost', async () => {
    const limits = { bytesPerPeerMax: 1_200, bytesMax: 1_600 }
    const { alice, bob, ask, block, deposit, holder, peerId, reason } = await createHolderScene({ limits })
    const blocks = [block(), block(), block()]
    const missing = await ask(alice, { type: 'store', blocks: blocks.map(nameOf) }, 'missing')
    expect(missing.cids).toEqual(blocks.slice(0, 2).map(blockCid))
    expect((await deposit(alice, ...blocks)).cids).toEqual(missing.cids)
    expect(await reason(alice, { type: 'store', blocks: [nameOf(block())] })).toBe('full')
    const [his, hers] = [block(), block()]
    await ask(bob, { type: 'store', blocks: [nameOf(his)] }, 'missing')
    const carol = await peerId()
    await ask(carol, { type: 'store', blocks: [nameOf(hers)] }, 'missing')
    const answers = await Promise.all([
      ask(bob, { type: 'blocks', blocks: [his] }, 'receipt'),
      reason(carol, { type: 'blocks', blocks: [hers] }),
    ])
    expect(answers).toMatchObject([{ cids: [blockCid(his)] }, 'full'])
    expect(await ask(bob, { type: 'fetch', cids: missing.cids }, 'blocks')).toMatchObject({
      blocks: blocks.slice(0, 2),
    })
    expect((await ask(bob, { type: 'info' }, 'info')).bytesFree).toBe(64)
    await ask(alice, { type: 'drop', cids: missing.cids }, 'done')
    expect((await deposit(carol, hers)).cids).toEqual([blockCid(hers)])
    expect(holder.figures()).toMatchObject({ blocks: 2, bytes: 1_024, bytesMax: 1_600 })
  })

  it('[HLD-1] of every size are fetched in answers that fit a frame, to the last', async () => {
    const { alice, ask, block, deposit } = await createHolderScene()
    const blocks = ENVELOPE_BUCKETS_BYTES.flatMap((size) => [block(size), block(size)])
    for (const one of blocks) await deposit(alice, one)
    let wanted = [blockCid(block()), ...blocks.map(blockCid)]
    const fetched: Uint8Array[] = []
    for (let rounds = 0; wanted.length > 0 && rounds < 20; rounds++) {
      const answer = await ask(alice, { type: 'fetch', cids: wanted }, 'blocks')
      const last = answer.blocks.at(-1)
      if (last === undefined) break
      fetched.push(...answer.blocks)
      const lastCid = blockCid(last).toString()
      wanted = wanted.slice(wanted.findIndex((cid) => cid.toString() === lastCid) + 1)
    }
    expect(fetched.map((one) => one.length)).toEqual(blocks.map((one) => one.length))
    expect(fetched.every((one, index) => one.toString() === blocks[index]?.toString())).toBe(true)
  })

  it('[HLD-5] answer a challenge, and only so many at once', async () => {
    const { alice, bob, ask, block, deposit, random, reason } = await createHolderScene()
    const [small, large] = [block(), block(524_288)]
    await deposit(alice, small)
    await deposit(alice, large)
    const nonce = random(32)
    const cids = [small, block(), large].map(blockCid)
    const { digests } = await ask(bob, { type: 'challenge', nonce, cids }, 'digests')
    expect(digests).toEqual([challengeDigest(nonce, small), new Uint8Array(0), challengeDigest(nonce, large)])
    const thrice = [large, large, large].map(blockCid)
    expect(await reason(bob, { type: 'challenge', nonce, cids: thrice })).toBe('too-many')
  })

  it('[HLD-9] are not taken by a node that holds pointers only', async () => {
    const { alice, ask, block, reason, random } = await createHolderScene({ isPushNode: false })
    const cids = [blockCid(block())]
    expect(await ask(alice, { type: 'info' }, 'info')).toMatchObject({ isPushNode: false, bytesFree: 0 })
    expect(await reason(alice, { type: 'store', blocks: [nameOf(block())] })).toBe('unsupported')
    expect(await reason(alice, { type: 'blocks', blocks: [block()] })).toBe('unsupported')
    expect(await reason(alice, { type: 'fetch', cids })).toBe('unsupported')
    expect(await reason(alice, { type: 'drop', cids })).toBe('unsupported')
    expect(await reason(alice, { type: 'challenge', nonce: random(32), cids })).toBe('unsupported')
    await ask(alice, { type: 'point', records: [] }, 'statuses')
    await ask(alice, { type: 'find', prefixes: [] }, 'records')
  })

  it('[HLD-1] fill an answer to the brim and not beyond', async () => {
    const { alice, block, deposit, holder } = await createHolderScene()
    const blocks = Array.from({ length: 40 }, () => block(32_768))
    for (let start = 0; start < 40; start += 20) await deposit(alice, ...blocks.slice(start, start + 20))
    const answer = await holder.serve(alice, encodeRequest({ type: 'fetch', cids: blocks.map(blockCid) }))
    expect(answer?.length).toBeLessThanOrEqual(MAILBOX_BODY_BYTES_MAX)
    const response = answer && decodeResponse(answer)
    expect(response?.type === 'blocks' ? response.blocks.length : 0).toBe(31)
  })
})
