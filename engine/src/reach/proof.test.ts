import { createTestClock, noReach } from '@parley/adapter-memory'
import type { DialBackAnswer } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { Context } from '../context.ts'
import type { NetworkStatus } from '../ports/network.ts'
import { REACH_TEST_DELAY_MS, REACH_TEST_INTERVAL_MS, ReachProof } from './proof.ts'

const PUSH = '12D3KooWPush'
const HOME = '/ip4/192.168.1.10/tcp/4100'
const OUTSIDE = '/ip4/203.0.113.7/tcp/4100'

type Answer = DialBackAnswer | Error

/** A network at `addresses` whose push node answers with `answer`. */
function scene(addresses: readonly string[], answer: Answer) {
  const clock = createTestClock()
  const asked: string[] = []
  const confirmed: [string, boolean][] = []
  const wish = { addresses, answer, relay: 'none' as 'none' | 'reserved', transport: 'direct' as 'direct' | 'tor' }
  const status = (): NetworkStatus => ({
    transport: wish.transport,
    reach: 'anyone',
    isReachFixed: false,
    portMapping: { state: 'mapped', address: OUTSIDE },
    isListening: true,
    addresses: wish.addresses.map((address) => `${address}/p2p/12D3KooWOwn`),
    infrastructure: [
      { address: `/ip4/203.0.113.1/tcp/4001/p2p/${PUSH}`, peerId: PUSH, isConnected: true, relay: wish.relay },
    ],
    connections: 1,
  })
  const reach = {
    ...noReach,
    async askDialBack(peerId: string) {
      asked.push(peerId)
      if (wish.answer instanceof Error) throw wish.answer
      return wish.answer
    },
    confirm: (address: string, isTrue: boolean) => void confirmed.push([address, isTrue]),
  }
  const sessions = {
    get status() {
      return status()
    },
    reach,
    open: [],
  }
  const context: unknown = { clock, log: { log: () => undefined }, sessions, store: undefined }
  const proof = new ReachProof(
    () => context as Context,
    () => undefined,
  )
  const settle = async (ms: number) => {
    await clock.run(ms)
  }
  return { clock, proof, asked, confirmed, wish, settle }
}

describe('what was proven of our reach', () => {
  it('[NET-13] is public only after somebody outside dialled an address that carries anywhere', async () => {
    const { proof, asked, confirmed, wish, settle, clock } = scene([HOME], { type: 'reached', address: OUTSIDE })
    proof.start()
    expect(proof.current()).toEqual({ state: 'network', isTesting: false })
    await settle(REACH_TEST_DELAY_MS)
    expect(asked).toEqual([PUSH])
    expect(proof.current()).toEqual({ state: 'public', testedAt: clock.now(), by: 'push-node', isTesting: false })
    expect(confirmed).toEqual([[OUTSIDE, true]])
    wish.answer = { type: 'unreached' }
    await settle(REACH_TEST_INTERVAL_MS)
    expect(proof.current()).toEqual({ state: 'network', isTesting: false })
    expect(confirmed.slice(1)).toEqual([
      [OUTSIDE, false],
      [OUTSIDE, false],
    ])
    proof.stop()
    await settle(2 * REACH_TEST_INTERVAL_MS)
    expect(asked).toHaveLength(2)
  })

  it('[NET-13] a dial from the own network proves the own network, and a refusal nothing', async () => {
    const { proof, wish, clock } = scene([HOME], { type: 'reached', address: HOME })
    proof.start()
    await proof.test()
    expect(proof.current()).toEqual({ state: 'network', testedAt: clock.now(), isTesting: false })
    wish.answer = { type: 'reached', address: OUTSIDE }
    await proof.test()
    expect(proof.current().state).toBe('public')
    wish.answer = { type: 'refused', reason: 'busy' }
    await proof.test()
    wish.answer = new Error('gone')
    await proof.test()
    expect(proof.current().state).toBe('public')
    proof.stop()
  })

  it('[NET-13] is void when the address is gone', async () => {
    const { proof, wish } = scene([HOME, OUTSIDE], { type: 'reached', address: OUTSIDE })
    proof.start()
    await proof.test()
    proof.moved([`${OUTSIDE}/p2p/12D3KooWOwn`])
    expect(proof.current().state).toBe('public')
    wish.relay = 'reserved'
    proof.moved([`${HOME}/p2p/12D3KooWOwn`])
    expect(proof.current().state).toBe('relayed')
    proof.stop()
  })

  it('[NET-13] nobody is asked about this computer alone, or over Tor', async () => {
    const own = scene(['/ip4/127.0.0.1/tcp/1'], { type: 'reached', address: OUTSIDE })
    own.proof.start()
    await own.proof.test()
    expect(own.asked).toEqual([])
    expect(own.proof.current()).toEqual({ state: 'computer', isTesting: false })
    own.proof.stop()
    const tor = scene(['/onion3/abc:4001'], { type: 'reached', address: OUTSIDE })
    tor.wish.transport = 'tor'
    tor.proof.start()
    await tor.proof.test()
    expect(tor.asked).toEqual([])
    expect(tor.proof.current()).toEqual({ state: 'public', isTesting: false })
    tor.proof.stop()
  })

  it('[NET-13] questions that run are shared', async () => {
    const { proof, asked } = scene([HOME], { type: 'unreached' })
    proof.start()
    const both = [proof.test(), proof.test()]
    expect(proof.current().isTesting).toBe(true)
    await Promise.all(both)
    expect(asked).toHaveLength(1)
    proof.stop()
  })
})
