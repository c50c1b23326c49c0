import {
  blockCid,
  chainSecret,
  DAY_MS,
  decodeResponse,
  encodeCbor,
  encodeRequest,
  HOLDER_ALLOWANCE_MAX,
  HOLDER_COLLECT_PAUSE_MS,
  HOLDER_COLLECT_SLICE,
  HOLDER_PEERS_REMEMBERED_MAX,
  MAILBOX_BODY_BYTES_MAX,
  type MailboxRequest,
  keyPrefix,
  pointerKey,
  sealPointer,
  toHex,
  WAITING_LIFETIME_MS,
} from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PortError } from '../ports/port-error.ts'
import { createHolderScene, crypto, nameOf, PICTURE } from '../testing/holder.ts'
import { Allowances } from './allowance.ts'

describe('a holder', () => {
  it('[HLD-8] [MBX-2] answers any bytes from anybody, and changes nothing for them', async () => {
    const { alice, holder } = await createHolderScene()
    const outcome = async (bytes: Uint8Array) => {
      const answer = await holder.serve(alice, bytes)
      const response = answer && decodeResponse(answer)
      return response?.type === 'refused' ? response.reason : response?.type
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(['malformed', 'unsupported', 'info', 'too-many']).toContain(await outcome(bytes))
      }),
    )
    expect(await outcome(encodeCbor([11, 'later']))).toBe('unsupported')
    expect(await outcome(encodeCbor([4, 'never']))).toBe('malformed')
    expect(await outcome(new Uint8Array(2 * MAILBOX_BODY_BYTES_MAX))).toBe('malformed')
    expect(holder.figures()).toMatchObject({ blocks: 0, pointers: 0, bytes: 0, storeFailure: undefined })
  })

  it('[HLD-8] answers damaged requests of every kind, and never holds what it was not given', async () => {
    const { alice, block, clock, deposit, holder, random } = await createHolderScene({ limits: { workBits: 0 } })
    const here = block()
    const announced = [block(), block(2_048)]
    await deposit(alice, here)
    const facts = { sequence: 1, expiresAt: clock.now() + DAY_MS, nonce: random(24) }
    const record = await sealPointer(crypto, chainSecret(random(32), 0, 0), facts, { blocks: [], holders: [] })
    const requests: readonly MailboxRequest[] = [
      { type: 'store', blocks: announced.map(nameOf) },
      { type: 'blocks', blocks: announced },
      { type: 'fetch', cids: [blockCid(here)] },
      { type: 'challenge', nonce: random(32), cids: [blockCid(here)] },
      { type: 'point', records: [record] },
      { type: 'find', prefixes: [random(8)] },
      { type: 'info' },
    ]
    const damaged = fc.tuple(fc.constantFrom(...requests.map(encodeRequest)), fc.nat(), fc.nat(255), fc.boolean())
    await fc.assert(
      fc.asyncProperty(damaged, async ([bytes, position, value, isCut]) => {
        clock.elapse(1_000)
        const changed = isCut ? bytes.slice(0, position % bytes.length) : bytes.slice()
        if (!isCut) changed[position % bytes.length] = value
        const answer = await holder.serve(alice, changed)
        expect(answer && decodeResponse(answer)).toBeDefined()
      }),
      { numRuns: 400 },
    )
    // A changed byte may leave a request whole: then it holds what was sent, or the record that was signed.
    expect(holder.figures().blocks).toBeLessThanOrEqual(3)
    expect(holder.figures().pointers).toBeLessThanOrEqual(1)
    expect(holder.figures().storeFailure).toBeUndefined()
  })

  it('[HLD-8] counts what happened and logs nobody', async () => {
    const { alice, ask, block, deposit, holder, log } = await createHolderScene()
    await deposit(alice, block())
    await ask(alice, { type: 'info' }, 'info')
    await ask(alice, { type: 'info' }, 'info')
    await holder.serve(alice, new Uint8Array(1))
    await ask(alice, { type: 'challenge', nonce: new Uint8Array(32), cids: [] }, 'digests')
    expect(holder.figures().requests).toEqual([
      { type: 'store', outcome: 'answered', count: 1 },
      { type: 'blocks', outcome: 'answered', count: 1 },
      { type: 'info', outcome: 'answered', count: 2 },
      { type: 'unknown', outcome: 'malformed', count: 1 },
      { type: 'challenge', outcome: 'answered', count: 1 },
    ])
    expect(log.entries).toEqual([])
  })

  it('[HLD-10] gives each peer an allowance that comes back with time', async () => {
    const { alice, bob, ask, clock, reason } = await createHolderScene()
    for (let count = 0; count < HOLDER_ALLOWANCE_MAX; count++) await ask(alice, { type: 'info' }, 'info')
    expect(await reason(alice, { type: 'info' })).toBe('too-many')
    await ask(bob, { type: 'info' }, 'info')
    clock.elapse(1_000)
    await ask(alice, { type: 'info' }, 'info')
    clock.jump(-10_000)
    await ask(alice, { type: 'info' }, 'info')
    for (let count = 0; count < 254; count++) await ask(alice, { type: 'info' }, 'info')
    expect(await reason(alice, { type: 'info' })).toBe('too-many')
  })

  it('[HLD-10] counts what is large for more, and answers too', async () => {
    const { alice, ask, block, clock, deposit, holder, reason } = await createHolderScene()
    const prefixes = Array.from({ length: 8_192 }, () => new Uint8Array(8))
    for (let count = 0; count < 15; count++) await ask(alice, { type: 'find', prefixes }, 'records')
    expect(await reason(alice, { type: 'find', prefixes })).toBe('too-many')
    clock.elapse(10_000)
    const large = block(524_288)
    await deposit(alice, large)
    let fetched = 0
    const fetch = encodeRequest({ type: 'fetch', cids: [blockCid(large)] })
    for (; fetched < 1_000; fetched++) {
      const answer = await holder.serve(alice, fetch)
      if (answer === undefined || answer.length < large.length) break
    }
    expect(fetched).toBeGreaterThan(HOLDER_ALLOWANCE_MAX / 10)
    expect(fetched).toBeLessThan(HOLDER_ALLOWANCE_MAX / 8)
    const allowances = new Allowances()
    for (let peer = 0; peer < HOLDER_PEERS_REMEMBERED_MAX + 10; peer++) allowances.take(`peer ${peer}`, 1, 0)
    expect(allowances.peers).toBe(HOLDER_PEERS_REMEMBERED_MAX)
  })

  it('[HLD-7] has after a crash what it acknowledged', async () => {
    const scene = await createHolderScene()
    const { alice, ask, block, clock, crash, deposit, random } = scene
    const stored = [block(), block(8_192)]
    await deposit(alice, ...stored)
    const secret = chainSecret(random(32), 0, 0)
    const facts = { sequence: 1, expiresAt: clock.now() + 1_000, nonce: random(24) }
    const record = await sealPointer(crypto, secret, facts, { blocks: stored.map(nameOf), holders: [] })
    await ask(alice, { type: 'point', records: [record] }, 'statuses')
    const before = scene.holder.figures()
    crash()
    const prefix = keyPrefix(pointerKey(await crypto.ed25519PublicKey(secret.seed)))
    expect((await ask(alice, { type: 'fetch', cids: stored.map(blockCid) }, 'blocks')).blocks).toEqual(stored)
    expect((await ask(alice, { type: 'find', prefixes: [prefix] }, 'records')).records).toEqual([record])
    const { blocks, bytes, pointers } = scene.holder.figures()
    expect({ blocks, bytes, pointers }).toEqual({ blocks: before.blocks, bytes: before.bytes, pointers: 1 })
  })

  it('[HLD-4] [HLD-7] gives no receipt for what is not on the disk', async () => {
    let failure: PortError | undefined
    const beforeCommit = () => {
      if (failure !== undefined) throw failure
    }
    const scene = await createHolderScene({}, { beforeCommit })
    const { alice, ask, block, deposit, holder, log, reason } = scene
    const [first, second] = [block(), block()]
    await ask(alice, { type: 'store', blocks: [first, second].map(nameOf) }, 'missing')
    failure = new PortError('STORE_FULL', 'no space left', true)
    expect(await reason(alice, { type: 'blocks', blocks: [first] })).toBe('full')
    expect(holder.figures()).toMatchObject({ blocks: 0, bytes: 0, storeFailure: 'STORE_FULL' })
    expect(holder.probe()).toBe('STORE_FULL')
    failure = new PortError('STORE_FAILED', 'input/output error', true)
    expect(await holder.serve(alice, encodeRequest({ type: 'blocks', blocks: [second] }))).toBeUndefined()
    expect(await holder.collect()).toBe(false)
    expect(holder.probe()).toBe('STORE_FAILED')
    failure = undefined
    expect((await deposit(alice, first, second)).cids).toHaveLength(2)
    expect(holder.figures()).toMatchObject({ blocks: 2, bytes: 1_024, storeFailure: 'STORE_FAILED' })
    await holder.collect()
    expect(holder.figures().storeFailure).toBeUndefined()
    failure = new PortError('STORE_CORRUPT', 'malformed', false)
    expect(holder.probe()).toBe('STORE_CORRUPT')
    failure = undefined
    expect(holder.probe()).toBe('STORE_CORRUPT')
    expect(log.entries.map(({ message, fields }) => [message, fields['code']])).toEqual([
      ['the store of held blocks failed', 'STORE_FULL'],
      ['the store of held blocks failed', 'STORE_FAILED'],
      ['the store of held blocks failed', 'STORE_CORRUPT'],
    ])
    const logged = JSON.stringify(log.entries)
    expect(logged).not.toContain(alice)
    expect(logged).not.toContain(toHex(blockCid(first)))
  })

  it('[HLD-7] writes requests together; one that cannot be written does not take the others with it', async () => {
    let commits = 0
    let failing = new Set<number>()
    const beforeCommit = () => {
      commits += 1
      if (failing.has(commits)) throw new PortError('STORE_FULL', 'no space left', true)
    }
    const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
    const { ask, block, holder, peerId } = await createHolderScene({ breathe }, { beforeCommit })
    const senders: { readonly peer: string; readonly block: Uint8Array }[] = []
    for (let count = 0; count < 20; count++) senders.push({ peer: await peerId(), block: block() })
    for (const one of senders) await ask(one.peer, { type: 'store', blocks: [nameOf(one.block)] }, 'missing')
    const send = (some: typeof senders) =>
      Promise.all(
        some.map(async (one) => {
          const answer = await holder.serve(one.peer, encodeRequest({ type: 'blocks', blocks: [one.block] }))
          return answer && decodeResponse(answer)?.type
        }),
      )
    commits = 0
    expect(await send(senders.slice(0, 10))).toEqual(Array.from({ length: 10 }, () => 'receipt'))
    expect(commits).toBe(1)
    commits = 0
    failing = new Set([1, 4])
    const outcomes = await send(senders.slice(10))
    expect(outcomes.filter((type) => type === 'receipt')).toHaveLength(9)
    expect(outcomes[2]).toBe('refused')
    expect(holder.figures()).toMatchObject({ blocks: 19, bytes: 19 * 512 })
  })

  it('[HLD-2] forgets what is over in slices, by its own timer', async () => {
    const { alice, block, clock, deposit, holder } = await createHolderScene()
    const count = 2 * HOLDER_COLLECT_SLICE + 7
    for (let start = 0; start < count; start += 100) {
      await deposit(alice, ...Array.from({ length: Math.min(100, count - start) }, () => block()))
    }
    await clock.run(HOLDER_COLLECT_PAUSE_MS)
    expect(holder.figures().blocks).toBe(count)
    await clock.run(WAITING_LIFETIME_MS - HOLDER_COLLECT_PAUSE_MS - 1)
    expect(holder.figures().blocks).toBe(count)
    await clock.run(60 * 60_000)
    expect(holder.figures()).toMatchObject({ blocks: 0, bytes: 0, collected: count })
    expect(await holder.collect()).toBe(false)
  })

  it('[HLD-2] lets requests in between two slices', async () => {
    const { alice, block, clock, deposit, holder } = await createHolderScene()
    for (let round = 0; round < 3; round++) {
      await deposit(alice, ...Array.from({ length: HOLDER_COLLECT_SLICE }, () => block()))
    }
    clock.jump(WAITING_LIFETIME_MS)
    expect(await holder.collect()).toBe(true)
    expect(holder.figures().blocks).toBe(2 * HOLDER_COLLECT_SLICE)
  })

  it('[HLD-7] stops at once: what was promised is written, nothing else is answered', async () => {
    const { alice, ask, block, clock, holder, store } = await createHolderScene()
    const stored = block()
    await ask(alice, { type: 'store', blocks: [nameOf(stored)] }, 'missing')
    const answer = holder.serve(alice, encodeRequest({ type: 'blocks', blocks: [stored] }))
    holder.stop()
    holder.stop()
    await answer
    expect(store.all('SELECT count(*) AS total FROM held_blocks')[0]?.['total']).toBe(1)
    expect(await holder.serve(alice, encodeRequest({ type: 'info' }))).toBeUndefined()
    expect(await holder.collect()).toBe(false)
    expect(clock.timers).toBe(0)
  })

  it('[HLD-3] [HLD-7] [HLD-12] counts exactly what it has, whatever is asked and whenever it dies', async () => {
    const counts = { pointersPerPeerMax: 3, pointersMax: 5, profilesPerPeerMax: 2, profilesMax: 3 }
    const limits = { bytesPerPeerMax: 6_000, bytesMax: 9_000, ...counts, workBits: 0 }
    let countdown = Number.POSITIVE_INFINITY
    const beforeCommit = () => {
      countdown -= 1
      if (countdown === 0) throw new PortError('STORE_FULL', 'no space left', true)
    }
    const scene = await createHolderScene({ limits }, { beforeCommit })
    const { alice, bob, block, clock, random } = scene
    const blocks = [block(), block(), block(2_048), block(2_048), block(2_048)]
    const epoch = random(32)
    const roots = Array.from({ length: 4 }, () => random(32))
    const seal = (slot: number, sequence: number) => {
      const facts = { sequence, expiresAt: clock.now() + DAY_MS, nonce: random(24) }
      return sealPointer(crypto, chainSecret(epoch, 0, slot), facts, { blocks: [], holders: [] })
    }
    const ask = (from: string, request: MailboxRequest) => scene.holder.serve(from, encodeRequest(request))
    const act = async (from: string, [kind, number]: readonly [number, number]): Promise<unknown> => {
      const some = blocks.slice(number % 5, (number % 5) + 3)
      if (kind < 3) await ask(from, { type: 'store', blocks: some.map(nameOf) })
      if (kind < 3) return ask(from, { type: 'blocks', blocks: some })
      if (kind === 3) return ask(from, { type: 'drop', cids: some.slice(0, 1).map(blockCid) })
      if (kind === 4) return ask(from, { type: 'point', records: [await seal(number % 6, number)] })
      if (kind === 5) return scene.holder.collect()
      if (kind === 6) {
        countdown = Number.POSITIVE_INFINITY
        return scene.crash()
      }
      if (kind === 7) countdown = 1 + (number % 3)
      if (kind === 10) {
        const facts = { avatar: number % 2 === 0 ? blockCid(PICTURE) : undefined, sequence: 1 + (number % 7) }
        const rootSeed = roots[number % 4] ?? epoch
        const { bytes } = await scene.profile(rootSeed, { ...facts, notAfter: clock.now() + (number % 3) * DAY_MS + 1 })
        return ask(from, { type: 'profile.put', record: bytes, avatar: number % 4 === 0 ? PICTURE : undefined })
      }
      return clock.jump(kind === 8 ? DAY_MS : number % 7 === 0 ? WAITING_LIFETIME_MS : 1)
    }
    const step = fc.tuple(fc.boolean(), fc.tuple(fc.nat(10), fc.nat(99)))
    const one = <T>(rows: readonly T[]): T | undefined => rows[0]
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        for (const [isAlice, what] of steps) await act(isAlice ? alice : bob, what)
        const { store, holder } = scene
        const figures = holder.figures()
        const real = one(
          store.all(`SELECT (SELECT count(*) FROM held_blocks) AS blocks, (SELECT count(*) FROM held_bytes) AS rests,
            (SELECT count(*) FROM held_pointers) AS pointers, (SELECT count(*) FROM held_profiles) AS profiles,
            (SELECT coalesce(sum(size), 0) FROM held_blocks) + (SELECT coalesce(sum(size), 0) FROM held_pointers) +
            (SELECT coalesce(sum(length(bytes)), 0) FROM held_profiles) +
            (SELECT coalesce(sum(length(bytes)), 0) FROM held_avatars) AS bytes`),
        )
        const { blocks: count, pointers, profiles, bytes } = figures
        expect({ ...real }).toEqual({ blocks: count, rests: count, pointers, profiles, bytes })
        const lost = 'SELECT 1 FROM held_avatars WHERE id NOT IN (SELECT id FROM held_profiles WHERE bytes NOT NULL)'
        expect(store.all(lost)).toEqual([])
        const sums = one(
          store.all(`SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(pointers), 0) AS pointers,
            coalesce(sum(profiles), 0) AS profiles FROM held_peers`),
        )
        expect({ ...sums }).toEqual({ bytes, pointers, profiles })
        expect(store.all('SELECT 1 FROM held_peers WHERE bytes = 0 AND pointers = 0 AND profiles = 0')).toEqual([])
        expect(bytes).toBeLessThanOrEqual(limits.bytesMax)
        expect(pointers).toBeLessThanOrEqual(limits.pointersMax)
        expect(profiles).toBeLessThanOrEqual(limits.profilesMax)
      }),
      { numRuns: 80 },
    )
  })

  it('refuses a database of a later version', async () => {
    const scene = await createHolderScene()
    scene.store.run('UPDATE held_version SET version = 99')
    expect(() => scene.crash()).toThrow('newer version of Parley')
  })
})
