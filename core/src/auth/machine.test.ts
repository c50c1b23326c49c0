import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCbor } from '../base/cbor.ts'
import { AssertionError } from '../base/assert.ts'
import { AUTH_TIMEOUT_MS, DAY_MS } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { issueDeviceCertificate } from '../identity/index.ts'
import { createPerson, NOW, type TestPerson } from '../identity/testing/people.ts'
import { encodeFlight } from './codec.ts'
import { createEnd, deliver, type End, type EndOptions, outcomeOf, shake } from './testing/pair.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(7)
const alice = await createPerson(crypto, random)
const bob = await createPerson(crypto, random)

const end = (options: EndOptions): End => createEnd(crypto, random, options)
const initiator = (options: Partial<EndOptions> = {}) =>
  end({ role: 'initiator', own: alice, remotePeerId: bob.peerId, ...options })
const responder = (options: Partial<EndOptions> = {}) =>
  end({ role: 'responder', own: bob, remotePeerId: alice.peerId, ...options })
const certificateOf = async (signer: TestPerson, device: TestPerson, notAfter = NOW + DAY_MS) =>
  (
    await issueDeviceCertificate(crypto, signer.secrets.rootSeed, {
      deviceKey: device.deviceKey,
      capabilities: [],
      notBefore: NOW - DAY_MS,
      notAfter,
      logHead: new Uint8Array(32),
    })
  ).bytes

describe('mutual authentication', () => {
  it('[AUTH-1] proves both sides to each other in three flights', async () => {
    const [a, b] = [initiator({ expectedAccount: bob.account }), responder()]
    await shake(a, b)
    expect([a.sent.length, b.sent.length]).toEqual([2, 1])
    expect(a.events).toEqual([
      { type: 'auth.authenticated', account: bob.account, deviceKey: bob.deviceKey, certificate: bob.certificate },
    ])
    expect(b.events).toEqual([
      {
        type: 'auth.authenticated',
        account: alice.account,
        deviceKey: alice.deviceKey,
        certificate: alice.certificate,
      },
    ])
    expect([a.timerAt, b.timerAt, a.isClosed, b.isClosed]).toEqual([undefined, undefined, false, false])
  })

  it('[AUTH-1] authenticates nobody before the last proof', async () => {
    const [a, b] = [initiator(), responder()]
    await a.step({ type: 'link.opened' })
    await b.step({ type: 'link.opened' })
    await deliver(a, b)
    expect([outcomeOf(a), outcomeOf(b)]).toEqual([undefined, undefined])
    await deliver(b, a)
    expect([outcomeOf(a), outcomeOf(b)]).toEqual([bob.account, undefined])
  })

  it('[AUTH-1] shows the account first on the side that made the link', async () => {
    const b = responder()
    await b.step({ type: 'link.opened' })
    expect(b.sent).toEqual([])
  })

  it('[AUTH-1] refuses flights out of order', async () => {
    const [a, b] = [initiator(), responder()]
    await shake(a, b)
    const [hello, proof] = a.sent
    const [answer] = b.sent
    if (hello === undefined || answer === undefined || proof === undefined) throw new Error('three flights')
    for (const bytes of [answer, proof]) {
      const fresh = responder()
      await fresh.step({ type: 'link.opened' })
      await fresh.step({ type: 'net.received', bytes })
      expect(outcomeOf(fresh)).toBe('out-of-order')
    }
    for (const bytes of [hello, proof]) {
      const fresh = initiator()
      await fresh.step({ type: 'link.opened' })
      await fresh.step({ type: 'net.received', bytes })
      expect(outcomeOf(fresh)).toBe('out-of-order')
    }
    const twice = responder()
    await twice.step({ type: 'link.opened' })
    await twice.step({ type: 'net.received', bytes: hello })
    await twice.step({ type: 'net.received', bytes: hello })
    expect(outcomeOf(twice)).toBe('out-of-order')
    const early = responder()
    await early.step({ type: 'net.received', bytes: hello })
    expect([outcomeOf(early), early.isClosed]).toEqual(['out-of-order', true])
  })

  it('[AUTH-2] refuses another version and garbage', async () => {
    for (const [bytes, reason] of [
      [encodeCbor({ v: 2, type: 'hello' }), 'wrong-version'],
      [new Uint8Array(0), 'malformed'],
      [new Uint8Array(5_000), 'malformed'],
    ] as const) {
      const b = responder()
      await b.step({ type: 'link.opened' })
      await b.step({ type: 'net.received', bytes })
      expect([outcomeOf(b), b.isClosed, b.sent.length]).toEqual([reason, true, 0])
    }
  })

  it('[AUTH-5] refuses expired, foreign and broken certificates, of either side', async () => {
    const expired = await certificateOf(alice, alice, NOW)
    const b = responder()
    await b.step({ type: 'link.opened' })
    await b.step({
      type: 'net.received',
      bytes: encodeFlight({ type: 'hello', nonce: random(32), certificate: expired }),
    })
    expect([outcomeOf(b), b.sent.length]).toEqual(['bad-certificate', 0])
    const broken = alice.certificate.bytes.map((byte, index) => (index === 250 ? byte ^ 1 : byte))
    const c = responder()
    await c.step({ type: 'link.opened' })
    await c.step({
      type: 'net.received',
      bytes: encodeFlight({ type: 'hello', nonce: random(32), certificate: broken }),
    })
    expect(outcomeOf(c)).toBe('bad-certificate')
    const [a, late] = [initiator(), responder({ certificate: await certificateOf(bob, bob, NOW) })]
    await a.step({ type: 'link.opened' })
    await late.step({ type: 'link.opened' })
    await deliver(a, late)
    await deliver(late, a)
    expect([outcomeOf(a), a.sent.length]).toEqual(['bad-certificate', 1])
  })

  it('[AUTH-6] refuses somebody else than the one who was called', async () => {
    const [a, b] = [initiator({ expectedAccount: alice.account }), responder()]
    await a.step({ type: 'link.opened' })
    await b.step({ type: 'link.opened' })
    await deliver(a, b)
    await deliver(b, a)
    expect([outcomeOf(a), a.isClosed, a.sent.length]).toEqual(['unexpected-account', true, 1])
    await b.step({ type: 'link.closed' })
    expect(outcomeOf(b)).toBe('closed')
  })

  it('[AUTH-4] refuses links whose peer can be no device, and links to oneself', async () => {
    for (const remotePeerId of [alice.peerId, 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', '']) {
      const a = initiator({ remotePeerId })
      await a.step({ type: 'link.opened' })
      expect([outcomeOf(a), a.isClosed, a.sent.length]).toEqual(['wrong-peer', true, 0])
    }
  })

  it('[AUTH-4] will not start with a certificate of another device than its own', () => {
    expect(() => initiator({ certificate: bob.certificate.bytes })).toThrow(AssertionError)
    expect(() => initiator({ certificate: new Uint8Array(3) })).toThrow(AssertionError)
  })

  it('[AUTH-7] a blocked account hears nothing and sees no more than a dead network', async () => {
    const blocked: string[] = []
    const isBlocked = (account: string) => (blocked.push(account), account === alice.account)
    const [a, b] = [initiator(), responder({ isBlocked })]
    await a.step({ type: 'link.opened' })
    await b.step({ type: 'link.opened' })
    await deliver(a, b)
    expect(blocked).toEqual([alice.account])
    expect([outcomeOf(b), b.sent.length, b.isClosed, b.timerAt]).toEqual(['blocked', 0, false, NOW + AUTH_TIMEOUT_MS])
    await deliver(a, b)
    await b.step({ type: 'timer.fired' }, NOW + AUTH_TIMEOUT_MS - 1)
    expect([b.sent.length, b.isClosed, b.events.length]).toEqual([0, false, 1])
    await b.step({ type: 'timer.fired' }, NOW + AUTH_TIMEOUT_MS)
    expect([b.sent.length, b.isClosed, b.events.length]).toEqual([0, true, 1])
  })

  it('[AUTH-7] silence towards the blocked equals the silence of a side that never hears a flight', async () => {
    const observe = async (b: End, flight: Uint8Array | undefined) => {
      await b.step({ type: 'link.opened' })
      if (flight !== undefined) await b.step({ type: 'net.received', bytes: flight })
      await b.step({ type: 'timer.fired' }, NOW + AUTH_TIMEOUT_MS)
      return { sent: b.sent, isClosed: b.isClosed }
    }
    const a = initiator()
    await a.step({ type: 'link.opened' })
    const silent = await observe(responder({ isBlocked: () => true }), a.sent[0])
    expect(silent).toEqual(await observe(responder(), undefined))
  })

  it('[AUTH-7] a blocked account that answers our call gets no proof either; a blocked device is asked for too', async () => {
    const [a, b] = [initiator({ isBlocked: (_account, deviceKey) => deviceKey[0] === bob.deviceKey[0] }), responder()]
    await a.step({ type: 'link.opened' })
    await b.step({ type: 'link.opened' })
    await deliver(a, b)
    await deliver(b, a)
    expect([outcomeOf(a), a.sent.length, a.isClosed]).toEqual(['blocked', 1, false])
    await a.step({ type: 'link.closed' })
    expect([a.events.length, a.timerAt, a.state.type]).toEqual([1, undefined, 'refused'])
  })

  it('[AUTH-8] gives up after its time, in every waiting state, even when the timer is late', async () => {
    const late = NOW + AUTH_TIMEOUT_MS
    const waiting: End[] = [initiator(), responder()]
    for (const one of waiting) {
      await one.step({ type: 'link.opened' })
      expect(one.timerAt).toBe(late)
      await one.step({ type: 'timer.fired' }, late - 1)
      expect(outcomeOf(one)).toBeUndefined()
      await one.step({ type: 'timer.fired' }, late)
      expect([outcomeOf(one), one.isClosed]).toEqual(['timeout', true])
    }
    const [a, b] = [initiator(), responder()]
    await a.step({ type: 'link.opened' })
    await b.step({ type: 'link.opened' })
    await deliver(a, b)
    await deliver(b, a, late)
    await deliver(a, b, late)
    expect([outcomeOf(a), outcomeOf(b)]).toEqual(['timeout', 'timeout'])
  })
})

describe('any input', () => {
  const piece = fc.oneof(
    fc.record({ type: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 64 }) }),
    fc.record({ type: fc.constant('flight' as const), index: fc.nat(2) }),
    fc.record({
      type: fc.constant('damaged' as const),
      index: fc.nat(2),
      damage: fc.constantFrom(...DAMAGES),
      position: fc.nat(400),
      value: fc.nat(255),
    }),
    fc.record({
      type: fc.constantFrom('link.opened' as const, 'timer.fired' as const, 'link.closed' as const),
      delay: fc.nat(2 * AUTH_TIMEOUT_MS),
    }),
  )

  it('[AUTH-9] in any state and order gives one outcome at most, and final states stay silent', async () => {
    const [a, b] = [initiator(), responder()]
    await shake(a, b)
    const flights = [a.sent[0], b.sent[0], a.sent[1]].filter((flight) => flight !== undefined)
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.boolean(),
        fc.array(piece, { maxLength: 8 }),
        async (isInitiator, isBlocked, pieces) => {
          const one = isInitiator
            ? initiator({ isBlocked: () => isBlocked })
            : responder({ isBlocked: () => isBlocked })
          for (const input of pieces) {
            const before = one.state
            const wasFinal = before.type === 'authenticated' || before.type === 'refused'
            const transition =
              input.type === 'garbage'
                ? await one.step({ type: 'net.received', bytes: input.bytes })
                : input.type === 'flight'
                  ? await one.step({ type: 'net.received', bytes: flights[input.index] ?? new Uint8Array() })
                  : input.type === 'damaged'
                    ? await one.step({
                        type: 'net.received',
                        bytes: mutate(
                          flights[input.index] ?? new Uint8Array(),
                          input.damage,
                          input.position,
                          input.value,
                        ),
                      })
                    : await one.step({ type: input.type }, NOW + input.delay)
            if (wasFinal) expect(transition).toEqual({ state: before, effects: [], events: [] })
          }
          expect(one.events.length).toBeLessThanOrEqual(1)
          expect(one.events.some((event) => event.type === 'auth.authenticated')).toBe(false)
          expect(one.sent.length).toBeLessThanOrEqual(1)
          if (isBlocked && !isInitiator) expect(one.sent).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('[AUTH-9] damage to any flight never ends in two proven sides', async () => {
    const damage = fc.tuple(fc.nat(2), fc.constantFrom(...DAMAGES), fc.nat(500), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(damage, async ([index, kind, position, value]) => {
        const [a, b] = [initiator(), responder()]
        await a.step({ type: 'link.opened' })
        await b.step({ type: 'link.opened' })
        for (const [turn, from, to] of [
          [0, a, b],
          [1, b, a],
          [2, a, b],
        ] as const) {
          const bytes = from.sent.at(-1)
          if (bytes === undefined || from.isClosed) break
          await to.step({ type: 'net.received', bytes: turn === index ? mutate(bytes, kind, position, value) : bytes })
        }
        expect(outcomeOf(b)).not.toBe(alice.account)
      }),
      { numRuns: 100 },
    )
  })
})
