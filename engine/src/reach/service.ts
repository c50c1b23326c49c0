/** How far this node reaches, and what was proven of it; its push nodes. Spec: NET-10…NET-16. */
import { INFRASTRUCTURE_PEERS_MAX, LOCAL_TAG_ROTATION_MS } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Network, PushNodeTest, Reach, Reachability } from '../api/schema.ts'
import { giveBundle } from '../contact/contacts.ts'
import { refreshInvites } from '../contact/invites.ts'
import type { Context } from '../context.ts'
import type { ReachView } from '../live/views.ts'
import { peerOfAddress, pushNodesAmong } from '../mailbox/places.ts'
import type { Cancel } from '../ports/clock.ts'
import { allContacts, contactByAccount, displayName, isBlockedAccount } from '../store/contacts.ts'
import { devicesOf } from '../store/devices.ts'
import { localNames } from './local-tags.ts'
import { ReachProof } from './proof.ts'
import { keptPushNodes, readPushNode, savePushNodes, type KeptPushNode } from './push-nodes.ts'

/** Others are told of new addresses a moment after they changed, and then no more often than this. */
export const TELL_DELAY_MS = 1_000
export const TELL_PAUSE_MS = 5_000
const OFFERED_MAX = 32
const TRY_TIMEOUT_MS = 20_000

export interface ReachEvents {
  /** What the view of the network shows changed. */
  changed(): void
  /** Invites say where to reach us: theirs is to be brought up to date. */
  addressesChanged(): void
}

export class ReachService implements ReachView {
  readonly #context: () => Context
  readonly #events: ReachEvents
  readonly #proof: ReachProof
  /** A flag or variable said so at the start. */
  readonly #isGiven: boolean
  #addresses = ''
  #toldAt = Number.NEGATIVE_INFINITY
  #telling: Cancel | undefined
  #naming: Cancel | undefined
  #soughtByTag: ReadonlyMap<string, readonly string[]> = new Map()
  #changes: Promise<unknown> = Promise.resolve()
  #isStopped = true

  constructor(context: () => Context, events: ReachEvents, isGiven: boolean) {
    this.#context = context
    this.#events = events
    this.#isGiven = isGiven
    this.#proof = new ReachProof(context, () => events.changed())
  }

  start(): void {
    this.#isStopped = false
    this.#addresses = this.#context().sessions.status.addresses.join(' ')
    this.#proof.start()
    this.#nameLater(TELL_DELAY_MS)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#proof.stop()
    this.#telling?.()
    this.#naming?.()
    await this.#changes
  }

  view(): ReturnType<ReachView['view']> {
    const { store, sessions, settings } = this.#context()
    const { reach, isReachFixed, portMapping } = sessions.status
    return {
      reach,
      isReachChosen: isReachFixed || this.#isGiven || settings.current.reach !== undefined,
      isReachFixed,
      reachability: this.#proof.current(),
      portMapping: { ...portMapping },
      infrastructure: infrastructureOf(this.#context(), keptPushNodes(store)),
      offeredPushNodes: this.#offered(),
    }
  }

  get reachability(): Reachability {
    return this.#proof.current()
  }

  async test(): Promise<Reachability> {
    await this.#proof.test()
    return this.#proof.current()
  }

  /** @throws EngineError `REACH_FIXED`, `REACH_FAILED`: everything is as it was. */
  change(reach: Reach): Promise<void> {
    return this.#oneByOne(async () => {
      const { sessions, settings, turns } = this.#context()
      const before = sessions.status
      if (before.isReachFixed) throw new EngineError('REACH_FIXED')
      await sessions.reach.change(reach).catch((cause: unknown) => {
        throw new EngineError('REACH_FAILED', String(cause), { cause })
      })
      try {
        await turns.run('command', () => (commit) => {
          settings.save({ reach })
          commit.touch('network')
        })
      } catch (error) {
        settings.reload()
        await sessions.reach.change(before.reach)
        throw error
      }
      this.moved()
      this.#nameLater(0)
    })
  }

  /** @throws EngineError `PUSH_NODE_MALFORMED`, `PUSH_NODES_TOO_MANY`. */
  async add(text: string): Promise<void> {
    const node = readPushNode(text)
    if (node === undefined) throw new EngineError('PUSH_NODE_MALFORMED')
    const offered = this.#offered().find(({ peerId }) => peerId === node.peerId)
    await this.addAll([offered === undefined ? node : { ...node, account: offered.account }])
  }

  /** Those that are ours already stay as they are. @throws as {@link add}. */
  addAll(nodes: readonly KeptPushNode[]): Promise<void> {
    return this.#oneByOne(async () => {
      const { store, sessions } = this.#context()
      const used = new Set(sessions.status.infrastructure.map(({ peerId }) => peerId))
      const fresh = nodes.filter(({ peerId }) => !used.has(peerId))
      if (fresh.length === 0) return
      if (used.size + fresh.length > INFRASTRUCTURE_PEERS_MAX) throw new EngineError('PUSH_NODES_TOO_MANY')
      const kept = keptPushNodes(store)
      await this.#use([...kept, ...fresh], kept)
    })
  }

  /** @throws EngineError `PUSH_NODE_NOT_FOUND`, `PUSH_NODE_CONFIGURED`. */
  remove(peerId: string): Promise<void> {
    return this.#oneByOne(async () => {
      const { store, sessions } = this.#context()
      const kept = keptPushNodes(store)
      if (kept.some((node) => node.peerId === peerId)) {
        await this.#use(
          kept.filter((node) => node.peerId !== peerId),
          kept,
        )
      } else {
        const isOurs = sessions.status.infrastructure.some((node) => node.peerId === peerId)
        throw new EngineError(isOurs ? 'PUSH_NODE_CONFIGURED' : 'PUSH_NODE_NOT_FOUND')
      }
    })
  }

  /** @throws EngineError `PUSH_NODE_MALFORMED`. */
  async try(text: string): Promise<PushNodeTest> {
    const { clock, sessions } = this.#context()
    const node = readPushNode(text)
    if (node === undefined) throw new EngineError('PUSH_NODE_MALFORMED')
    const aborter = new AbortController()
    const cancel = clock.after(TRY_TIMEOUT_MS, () => aborter.abort(new Error('it took too long')))
    try {
      return { ...(await sessions.reach.tryPushNode(node.addresses, aborter.signal)) }
    } catch (error) {
      if (!aborter.signal.aborted) throw error
      return { isReachable: false, offersRelay: false, offersMailbox: false, problem: 'Nobody answered in time.' }
    } finally {
      cancel()
    }
  }

  /** The status of the network changed: perhaps our addresses. */
  moved(): void {
    if (this.#isStopped) return
    const { addresses } = this.#context().sessions.status
    const joined = addresses.join(' ')
    if (joined === this.#addresses) return
    this.#addresses = joined
    this.#proof.moved(addresses)
    if (this.#telling !== undefined) return
    const { clock } = this.#context()
    const delayMs = Math.max(TELL_DELAY_MS, this.#toldAt + TELL_PAUSE_MS - clock.now())
    this.#telling = clock.after(delayMs, () => this.#tell())
  }

  pushNodesChanged(): void {
    if (!this.#isStopped) this.#proof.soon()
  }

  /** Sessions, contacts or invites came or went. */
  peopleChanged(): void {
    if (!this.#isStopped && this.#naming !== undefined) this.#nameLater(TELL_DELAY_MS)
  }

  /** NET-15 */
  found(tag: string, address: string): void {
    const { sessions } = this.#context()
    if (this.#isStopped) return
    for (const peerId of this.#soughtByTag.get(tag) ?? []) sessions.found(peerId, `${address}/p2p/${peerId}`)
  }

  /** Contacts on open links get our bundle, invites and what lies at push nodes say it from now on. */
  #tell(): void {
    const context = this.#context()
    const { clock, turns, sessions, store, log } = context
    this.#telling = undefined
    this.#toldAt = clock.now()
    if (sessions.status.addresses.length === 0) return
    const work = async (): Promise<void> => {
      await turns.run('input', () => (commit) => refreshInvites(context, commit))
      this.#events.addressesChanged()
      for (const session of sessions.open) {
        const { account } = session
        const isContact = account !== undefined && contactByAccount(store, account)?.status === 'active'
        if (isContact && !this.#isStopped) await giveBundle(context, session)
      }
    }
    this.#oneByOne(work).catch((error: unknown) =>
      log.log('warn', 'new addresses were not told', { error: String(error) }),
    )
  }

  /** Who is looked for on the local network; computed only where that network is used. */
  #name(): void {
    const { sessions, clock } = this.#context()
    const { reach, isReachFixed, transport } = sessions.status
    const isLocal = reach !== 'computer' && !isReachFixed && transport === 'direct'
    const now = clock.now()
    this.#nameLater(LOCAL_TAG_ROTATION_MS - (now % LOCAL_TAG_ROTATION_MS))
    if (!isLocal) return
    const { soughtByTag, own } = localNames(this.#context(), now)
    this.#soughtByTag = soughtByTag
    sessions.reach.seek({ sought: new Set(soughtByTag.keys()), own })
  }

  #nameLater(delayMs: number): void {
    this.#naming?.()
    if (!this.#isStopped) this.#naming = this.#context().clock.after(delayMs, () => this.#name())
  }

  /** The network first: it says whether they can be used. */
  async #use(wanted: readonly KeptPushNode[], before: readonly KeptPushNode[]): Promise<void> {
    const { store, sessions, turns } = this.#context()
    const use = (nodes: readonly KeptPushNode[]) => sessions.reach.usePushNodes(nodes.map(({ addresses }) => addresses))
    use(wanted)
    const used = new Set(sessions.status.infrastructure.map(({ peerId }) => peerId))
    try {
      if (!wanted.every(({ peerId }) => used.has(peerId))) throw new EngineError('PUSH_NODE_MALFORMED')
      await turns.run('command', () => (commit) => {
        savePushNodes(store, wanted)
        commit.touch('network')
      })
    } catch (error) {
      use(before)
      throw error
    }
  }

  #offered(): Network['offeredPushNodes'] {
    const { store, sessions } = this.#context()
    const known = new Set(sessions.status.infrastructure.map(({ peerId }) => peerId))
    const offered: Network['offeredPushNodes'] = []
    for (const contact of allContacts(store)) {
      const { account } = contact
      if (isBlockedAccount(store, account)) continue
      const addresses = pushNodesAmong(devicesOf(store, account).flatMap((device) => device.addresses))
      for (const address of addresses) {
        const peerId = peerOfAddress(address)
        if (known.has(peerId) || offered.length === OFFERED_MAX) continue
        known.add(peerId)
        offered.push({ address, peerId, account, name: displayName(contact) })
      }
    }
    return offered
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work)
    this.#changes = done.catch(() => undefined)
    return done
  }
}

function infrastructureOf({ sessions, store }: Context, kept: readonly KeptPushNode[]): Network['infrastructure'] {
  const keptByPeer = new Map(kept.map((node) => [node.peerId, node]))
  return sessions.status.infrastructure.map((node) => {
    const { account } = keptByPeer.get(node.peerId) ?? {}
    const contact = account === undefined ? undefined : contactByAccount(store, account)
    const source = !keptByPeer.has(node.peerId) ? 'config' : account === undefined ? 'added' : 'contact'
    return { ...node, source, ...(contact === undefined ? {} : { contact: displayName(contact) }) }
  })
}
