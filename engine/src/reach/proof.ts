/** Whether others reach us is asked of others, and remembered until our addresses change. Spec: NET-12, NET-13. */
import { addressScope, TOR_CONNECT_TIMEOUT_MS, widestScope, type DialBackAnswer } from '@parley/core'
import type { Reachability } from '../api/schema.ts'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import { contactByAccount } from '../store/contacts.ts'

/** How often what was proven is asked again. */
export const REACH_TEST_INTERVAL_MS = 30 * 60_000
/** After a change of push nodes or addresses, and between two tests that nobody asked for. */
export const REACH_TEST_DELAY_MS = 1_000
export const REACH_TEST_PAUSE_MS = 20_000
/** Who is asked, one after the other, until one of them reached us. */
const ASKED_MAX = 4
const CIRCUIT = '/p2p-circuit'

interface Proof {
  readonly address: string
  readonly testedAt: number
  readonly by: 'push-node' | 'contact'
}

interface Asked {
  readonly peerId: string
  readonly by: Proof['by']
}

export class ReachProof {
  readonly #context: () => Context
  readonly #changed: () => void
  #proof: Proof | undefined
  /** When a push node was last seen to hold a place for us. */
  #relayedAt: number | undefined
  /** When somebody of our own network reached us. */
  #localAt: number | undefined
  #running: Promise<void> | undefined
  #timer: Cancel | undefined
  #testedAt = Number.NEGATIVE_INFINITY
  #isStopped = true

  /** `changed`: what {@link current} says is another thing now. */
  constructor(context: () => Context, changed: () => void) {
    this.#context = context
    this.#changed = changed
  }

  start(): void {
    this.#isStopped = false
    this.#later(REACH_TEST_DELAY_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.()
  }

  current(): Reachability {
    const { transport, addresses, infrastructure } = this.#context().sessions.status
    const isTesting = this.#running !== undefined
    const direct = addresses.filter((address) => !address.includes(CIRCUIT))
    if (transport === 'tor' && direct.some((address) => address.startsWith('/onion3/')))
      return { state: 'public', isTesting }
    if (this.#proof !== undefined) {
      const { testedAt, by } = this.#proof
      return { state: 'public', testedAt, by, isTesting }
    }
    if (infrastructure.some(({ relay }) => relay === 'reserved'))
      return { state: 'relayed', isTesting, ...(this.#relayedAt === undefined ? {} : { testedAt: this.#relayedAt }) }
    if (widestScope(direct) === 'computer') return { state: 'computer', isTesting }
    return { state: 'network', isTesting, ...(this.#localAt === undefined ? {} : { testedAt: this.#localAt }) }
  }

  /** Our own addresses are others than before: what was proven of those that are gone is void. */
  moved(addresses: readonly string[]): void {
    const { address } = this.#proof ?? {}
    if (address !== undefined && !addresses.some((own) => own.startsWith(`${address}/`))) this.#proof = undefined
    this.#localAt = undefined
    this.soon()
  }

  /** Something changed about which others may know more. */
  soon(): void {
    this.#noteRelay()
    const { clock } = this.#context()
    this.#later(Math.max(REACH_TEST_DELAY_MS, this.#testedAt + REACH_TEST_PAUSE_MS - clock.now()))
  }

  /** Asks now, or waits for the questions that run. */
  test(): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      this.#changed()
      this.#later(REACH_TEST_INTERVAL_MS)
    })
    this.#changed()
    return this.#running
  }

  #later(delayMs: number): void {
    this.#timer?.()
    if (this.#isStopped) return
    this.#timer = this.#context().clock.after(delayMs, () => {
      this.test().catch((error: unknown) =>
        this.#context().log.log('warn', 'reach was not tested', { error: String(error) }),
      )
    })
  }

  async #run(): Promise<void> {
    const { clock } = this.#context()
    this.#noteRelay()
    let isUnreached = false
    for (const asked of this.#whom()) {
      const answer = await this.#ask(asked.peerId)
      this.#testedAt = clock.now()
      if (answer?.type === 'unreached') isUnreached = true
      if (answer?.type === 'reached' && this.#isProof(asked, answer.address)) return
    }
    if (isUnreached) this.#disprove()
  }

  /** Who is connected directly and can see us from elsewhere. Nobody, when we listen for this computer alone. */
  #whom(): readonly Asked[] {
    const { sessions, store } = this.#context()
    const { transport, addresses, infrastructure } = sessions.status
    const direct = addresses.filter((address) => !address.includes(CIRCUIT))
    if (transport === 'tor' || widestScope(direct) === 'computer') return []
    const pushNodes = infrastructure.filter(({ isConnected }) => isConnected).map(({ peerId }) => peerId)
    const contacts = sessions.open.filter(
      ({ account, link }) =>
        account !== undefined && !link.isRelayed && contactByAccount(store, account)?.status === 'active',
    )
    return [
      ...pushNodes.map((peerId): Asked => ({ peerId, by: 'push-node' })),
      ...contacts.map(({ peerId }): Asked => ({ peerId, by: 'contact' })),
    ].slice(0, ASKED_MAX)
  }

  async #ask(peerId: string): Promise<DialBackAnswer | undefined> {
    const { sessions, clock, log } = this.#context()
    const aborter = new AbortController()
    const cancel = clock.after(TOR_CONNECT_TIMEOUT_MS, () => aborter.abort(new Error('no answer')))
    try {
      return await sessions.reach.askDialBack(peerId, aborter.signal)
    } catch (error) {
      log.log('debug', 'nobody said whether we are reached', { peer: peerId.slice(-6), error: String(error) })
      return undefined
    } finally {
      cancel()
    }
  }

  /** An address of the local network or of this computer is no proof of anything beyond. */
  #isProof({ by }: Asked, address: string): boolean {
    const { sessions, clock } = this.#context()
    const scope = addressScope(address)
    if (scope === 'network') this.#localAt = clock.now()
    if (scope !== 'anywhere') return false
    this.#proof = { address, testedAt: clock.now(), by }
    sessions.reach.confirm(address, true)
    return true
  }

  #disprove(): void {
    const { reach, status } = this.#context().sessions
    const disproven = [this.#proof?.address, status.portMapping.address]
    this.#proof = undefined
    for (const address of disproven) if (address !== undefined) reach.confirm(address, false)
  }

  #noteRelay(): void {
    const { sessions, clock } = this.#context()
    const isRelayed = sessions.status.infrastructure.some(({ relay }) => relay === 'reserved')
    this.#relayedAt = isRelayed ? clock.now() : undefined
  }
}
