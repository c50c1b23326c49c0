import { createMemoryNetworkHub, createTestClock } from '@parley/adapter-memory'
import { AUTH_TIMEOUT_MS, decodeFrame, encodeFrame, envelopeId, peerIdOfKey, type Frame } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { Context } from '../context.ts'
import type { Outcome } from '../conversation/receive.ts'
import type { Link, LinkHandlers } from '../ports/network.ts'
import { insertOutbox, outboxAfter } from '../store/outbox.ts'
import { createTestNode } from '../testing/node.ts'
import { INBOX_LIMITS } from './envelope-inbox.ts'
import { InboxTotal } from './inbox-total.ts'
import { Session, type SessionDelegate } from './session.ts'
import { Sessions } from './sessions.ts'

const ENVELOPE = new Uint8Array(16).fill(7)
const sealed = (fill: number) => new Uint8Array(16).fill(fill)

/** Two devices on one network, each with everything that its links report. */
async function createScene() {
  const clock = createTestClock()
  const hub = createMemoryNetworkHub({ clock })
  const join = async (seed: number) => {
    const { context, logged } = await createTestNode(clock, seed)
    const happened: string[] = []
    const received: Uint8Array[] = []
    const answer: { outcome: Outcome | Error } = { outcome: { type: 'acknowledge' } }
    const settled = { isFull: false }
    const bundles = { done: Promise.resolve() }
    const delegate: SessionDelegate = {
      opened: (session) => happened.push(`opened ${session.account === undefined ? 'nobody' : 'somebody'}`),
      closed: () => happened.push('closed'),
      networkChanged: () => undefined,
      woken: () => undefined,
      pushNodesChanged: () => undefined,
      mayAskDialBack: () => false,
      localPeerFound: () => undefined,
      async receive(_session, envelope) {
        received.push(envelope)
        if (answer.outcome instanceof Error) throw answer.outcome
        return answer.outcome
      },
      async acknowledged(_session, rows) {
        if (settled.isFull) throw new Error('full')
        happened.push(`acknowledged ${rows.length}`)
        for (const { seq } of rows) context.store.run('DELETE FROM outbox WHERE seq = ?', [seq])
      },
      async refused(_session, row, reason) {
        happened.push(`refused ${reason}`)
        context.store.run('DELETE FROM outbox WHERE seq = ?', [row.seq])
        return 'settled'
      },
      liveRefused: (_session, reason) => happened.push(`live refused ${reason}`),
      bundleWanted() {
        happened.push('bundle wanted')
        return bundles.done
      },
      async bundleReceived() {
        happened.push('bundle received')
        await bundles.done
        return true
      },
      exchanged: () => undefined,
      drained: () => undefined,
      profileHeard: () => undefined,
    }
    const network = hub.createNetwork(context.self.peerId)
    const sessions = new Sessions(() => context, network, delegate)
    await sessions.start()
    return {
      context,
      network,
      sessions,
      happened,
      received,
      answer,
      settled,
      bundles,
      logged,
      peerId: context.self.peerId,
    }
  }
  const [alice, bob] = [await join(1), await join(2)]
  /** A peer of any key that says what it likes. */
  const intrude = async (fill: number, target = alice) => {
    const key = await alice.context.crypto.ed25519PublicKey(new Uint8Array(32).fill(fill))
    const network = hub.createNetwork(peerIdOfKey(key))
    const heard: Frame[] = []
    const state = { link: undefined as Link | undefined, isClosed: false }
    await network.start({
      onStatus: () => undefined,
      onNetworkChanged: () => undefined,
      onWake: () => undefined,
      onPushNodes: () => undefined,
      onProfile: () => undefined,
      onLink(link) {
        state.link = link
        link.listen({
          onDrain: () => undefined,
          onFrame: (frame) => void heard.push(decodeFrame(frame) ?? { type: 'unknown' }),
          onClose: () => (state.isClosed = true),
        })
      },
    })
    const connected = network.connect(target.peerId, [], new AbortController().signal)
    await clock.run(10)
    await connected
    return {
      heard,
      state,
      say: (frame: Parameters<typeof encodeFrame>[0] | Uint8Array) =>
        state.link?.send(frame instanceof Uint8Array ? frame : encodeFrame(frame)),
    }
  }
  const meet = async () => {
    const connected = bob.network.connect(alice.peerId, [], new AbortController().signal)
    await clock.run(50)
    await connected
  }
  return { clock, alice, bob, meet, intrude, pass: (ms: number) => clock.run(ms) }
}
const put = (context: Context, peerId: string, bytes: Uint8Array) =>
  insertOutbox(context.store, {
    peerId,
    kind: 'status',
    conversation: undefined,
    message: undefined,
    bytes,
    createdAt: 0,
  })

describe('a link', () => {
  it('[WIRE-3] opens when both have proven themselves, and carries what waited', async () => {
    const { alice, bob, meet, pass } = await createScene()
    put(bob.context, alice.peerId, ENVELOPE)
    await meet()
    await pass(50)
    expect([alice.happened, bob.happened]).toEqual([['opened somebody'], ['opened somebody', 'acknowledged 1']])
    expect([alice.received, outboxAfter(bob.context.store, alice.peerId, 0, 9)]).toEqual([[ENVELOPE], []])
    expect(alice.sessions.ofAccount(bob.context.self.account)).toHaveLength(1)
  })

  it.each([
    ['an envelope', { type: 'envelope', bytes: ENVELOPE }],
    ['a bundle', { type: 'bundle', bundle: ENVELOPE }],
    ['a request for the bundle', { type: 'bundle.get' }],
    ['an acknowledgement', { type: 'ack', ids: [ENVELOPE] }],
    ['a refusal', { type: 'refuse', ids: [ENVELOPE], reason: 'x' }],
    ['nonsense', Uint8Array.of(0xff)],
    ['a flight that is none', { type: 'auth', flight: ENVELOPE }],
  ] satisfies readonly (readonly [string, Parameters<typeof encodeFrame>[0] | Uint8Array])[])(
    '[WIRE-3] [WIRE-2] that begins with %s is closed, and nobody hears of it',
    async (_what, frame) => {
      const { alice, intrude, pass } = await createScene()
      const { say, state, heard } = await intrude(9)
      say(frame)
      await pass(50)
      expect([state.isClosed, alice.happened, alice.received, heard]).toEqual([true, [], [], []])
    },
  )

  it('[WIRE-3] whose other end says nothing is closed when its time is over', async () => {
    const { alice, intrude, pass } = await createScene()
    const { state } = await intrude(9)
    await pass(AUTH_TIMEOUT_MS - 100)
    expect(state.isClosed).toBe(false)
    await pass(200)
    expect([state.isClosed, alice.happened]).toEqual([true, []])
  })

  it('[WIRE-2] that is open closes at a malformed frame or a second handshake, and stays at an unknown one', async () => {
    for (const bad of [Uint8Array.of(0xff), encodeFrame({ type: 'auth', flight: ENVELOPE })]) {
      const { alice, bob, meet, pass } = await createScene()
      await meet()
      const [session] = bob.sessions.open
      session?.link.send(Uint8Array.of(0x82, 0x18, 0x63, 0x00))
      await pass(10)
      expect(alice.sessions.open).toHaveLength(1)
      session?.link.send(bad)
      await pass(10)
      expect([alice.happened.at(-1), alice.sessions.open]).toEqual(['closed', []])
    }
  })

  it('[DLV-14] makes and reads one bundle at a time, however fast the other end asks and sends', async () => {
    const { alice, bob, meet, pass } = await createScene()
    await meet()
    const [session] = bob.sessions.open
    const flood = async () => {
      for (let round = 0; round < 50; round++) {
        session?.sendFrame({ type: 'bundle.get' })
        session?.sendFrame({ type: 'bundle', bundle: ENVELOPE })
      }
      await pass(10)
      return alice.happened.splice(0)
    }
    const gate = Promise.withResolvers<void>()
    alice.bundles.done = gate.promise
    alice.happened.length = 0
    expect(await flood()).toEqual(['bundle wanted', 'bundle received'])
    expect(await flood()).toEqual([])
    gate.reject(new Error('full disk'))
    await pass(10)
    alice.bundles.done = new Promise(() => undefined)
    expect(await flood()).toEqual(['bundle wanted', 'bundle received'])
  })

  it('[WIRE-5] [DLV-5] acknowledges what was stored, refuses what cannot be read, and is silent about the rest', async () => {
    const { alice, bob, meet, pass } = await createScene()
    await meet()
    const send = async (fill: number, outcome: Outcome | Error) => {
      alice.answer.outcome = outcome
      put(bob.context, alice.peerId, sealed(fill))
      bob.sessions.wake(alice.peerId)
      await pass(50)
    }
    await send(1, { type: 'acknowledge' })
    await send(2, { type: 'refuse', reason: 'undecryptable' })
    await send(3, { type: 'nothing' })
    await send(4, new Error('full disk'))
    expect(bob.happened).toEqual(['opened somebody', 'acknowledged 1', 'refused undecryptable'])
    alice.answer.outcome = { type: 'acknowledge' }
    await pass(5_000)
    expect(bob.happened.slice(3)).toEqual(['acknowledged 2'])
    expect(outboxAfter(bob.context.store, alice.peerId, 0, 9)).toEqual([])
  })

  it('[DLV-3] [DLV-12] an acknowledgement that could not be stored is asked for again', async () => {
    const { alice, bob, meet, pass } = await createScene()
    await meet()
    bob.settled.isFull = true
    put(bob.context, alice.peerId, ENVELOPE)
    bob.sessions.wake(alice.peerId)
    await pass(1_000)
    bob.settled.isFull = false
    await pass(6_000)
    expect([bob.happened.at(-1), alice.received.length > 1]).toEqual(['acknowledged 1', true])
  })

  it('[DLV-9] what is refused and was never in the outbox is told apart', async () => {
    const { alice, bob, meet, pass } = await createScene()
    await meet()
    alice.answer.outcome = { type: 'refuse', reason: 'unknown-epoch' }
    bob.sessions.sendToAccount(alice.context.self.account, ENVELOPE)
    await pass(50)
    expect(bob.happened.at(-1)).toBe('live refused unknown-epoch')
    expect(bob.happened.some((event) => event.startsWith('acknowledged'))).toBe(false)
  })

  it('[FST-23] a block ends it at once, also one that comes while the handshake is under way', async () => {
    const { alice, bob, meet, pass } = await createScene()
    const block = () =>
      alice.context.store.run('INSERT INTO blocks (account, created_at) VALUES (?, 0)', [bob.context.self.account])
    await meet()
    block()
    alice.sessions.drop(bob.context.self.account)
    await pass(50)
    expect(alice.sessions.open).toEqual([])
    const open = await halfOpen(await createScene())
    await open[0]()
    expect(open[1]()).toBe(true)
    const second = await createScene()
    const [end, opened] = await halfOpen(second)
    second.alice.context.store.run('INSERT INTO blocks (account, created_at) VALUES (?, 0)', [
      second.bob.context.self.account,
    ])
    await end()
    expect(opened()).toBe(false)
  })

  it('[DLV-13] at most 64 may be open that have proven nothing; more are closed at once, and the others go on', async () => {
    const { alice, bob, meet, intrude, pass } = await createScene()
    await meet()
    const silent = []
    for (let fill = 10; fill < 76; fill++) silent.push(await intrude(fill))
    const closed = silent.map(({ state }) => state.isClosed)
    expect(closed.filter(Boolean)).toHaveLength(2)
    expect(closed.slice(0, 64)).not.toContain(true)
    put(bob.context, alice.peerId, ENVELOPE)
    bob.sessions.wake(alice.peerId)
    await pass(50)
    expect(bob.happened.at(-1)).toBe('acknowledged 1')
    await pass(AUTH_TIMEOUT_MS)
    expect((await intrude(99)).state.isClosed).toBe(false)
  })

  it('[WIRE-3] [DLV-7] is not read on while the handshake looks at a frame that came too early', async () => {
    const { alice, bob } = await createScene()
    const seen: { handlers?: LinkHandlers; isClosed: boolean } = { isClosed: false }
    const link: Link = {
      peerId: bob.peerId,
      direction: 'inbound',
      remoteAddress: '',
      isRelayed: false,
      listen: (handlers) => (seen.handlers = handlers),
      close: () => (seen.isClosed = true),
      send: () => true,
    }
    const events = { opened: () => undefined, closed: () => undefined }
    new Session(alice.context, link, QUIET, events, new InboxTotal(INBOX_LIMITS)).start()
    const wait = seen.handlers?.onFrame(encodeFrame({ type: 'envelope', bytes: ENVELOPE }))
    expect([wait instanceof Promise, seen.isClosed]).toEqual([true, false])
    await wait
    expect(seen.isClosed).toBe(true)
  })

  it('[DLV-10] stopping ends every link and leaves no timer', async () => {
    const { clock, alice, bob, meet, pass } = await createScene()
    await meet()
    await alice.sessions.stop()
    await bob.sessions.stop()
    await pass(100)
    expect([alice.sessions.open, bob.sessions.open, clock.timers]).toEqual([[], [], 0])
  })
})

const QUIET: SessionDelegate = {
  opened: () => undefined,
  closed: () => undefined,
  networkChanged: () => undefined,
  woken: () => undefined,
  pushNodesChanged: () => undefined,
  mayAskDialBack: () => false,
  localPeerFound: () => undefined,
  receive: async () => ({ type: 'nothing' }),
  acknowledged: async () => undefined,
  refused: async () => 'settled',
  liveRefused: () => undefined,
  bundleWanted: async () => undefined,
  bundleReceived: async () => true,
  exchanged: () => undefined,
  drained: () => undefined,
  profileHeard: () => undefined,
}

/** A session of Alice that waits for Bob's last flight. @returns what delivers it, and what tells whether it opened. */
async function halfOpen({ clock, alice, bob }: Awaited<ReturnType<typeof createScene>>) {
  const frames: { readonly to: Session; readonly bytes: Uint8Array }[] = []
  const listeners = new Map<string, (frame: Uint8Array) => void>()
  let isOpened = false
  const ends: Session[] = []
  const link = (peerId: string, direction: Link['direction'], other: () => Session | undefined): Link => ({
    peerId,
    direction,
    remoteAddress: '',
    isRelayed: false,
    listen: (handlers) => listeners.set(peerId, (frame) => void handlers.onFrame(frame)),
    close: () => undefined,
    send(bytes) {
      const to = other()
      if (to !== undefined) frames.push({ to, bytes })
      return true
    },
  })
  const events = (opened: () => void) => ({ opened, closed: () => undefined })
  const atAlice = new Session(
    alice.context,
    link(bob.peerId, 'inbound', () => ends[1]),
    QUIET,
    events(() => (isOpened = true)),
    new InboxTotal(INBOX_LIMITS),
  )
  const atBob = new Session(
    bob.context,
    link(alice.peerId, 'outbound', () => ends[0]),
    QUIET,
    events(() => undefined),
    new InboxTotal(INBOX_LIMITS),
  )
  ends.push(atAlice, atBob)
  const deliver = async () => {
    const frame = frames.shift()
    if (frame !== undefined) listeners.get(frame.to === atAlice ? bob.peerId : alice.peerId)?.(frame.bytes)
    await clock.run(5)
  }
  atAlice.start()
  atBob.start()
  await clock.run(5)
  await deliver()
  await deliver()
  return [deliver, () => isOpened] as const
}

it('[WIRE-4] both ends name an envelope alike', () => {
  expect(envelopeId(ENVELOPE)).toEqual(ENVELOPE.slice(-16))
})
