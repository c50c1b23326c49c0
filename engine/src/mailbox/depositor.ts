/**
 * Leaves what waits in the outbox with others when its reader does not answer: blocks with push nodes and the own
 * storage, then a pointer where the reader will look, then a hint. Nobody waits for it. Spec: OFF-1…OFF-4.
 */
import {
  assert,
  blockCid,
  chainSecret,
  dayOf,
  encodeHint,
  groupInfo,
  pointerKey,
  POINTER_BLOCKS_MAX,
  POINTER_HOLDERS_MAX,
  sealPointer,
  tagOf,
  toHex,
  WAITING_LIFETIME_MS,
  wakeTopic,
  POINTER_LOCATIONS_MAX,
  type PointerSecret,
} from '@parley/core'
import type { Context } from '../context.ts'
import { epochByTag } from '../conversation/epochs.ts'
import type { Epoch } from '../conversation/state.ts'
import type { Cancel } from '../ports/clock.ts'
import { isBlockedAccount } from '../store/contacts.ts'
import {
  changeDeposit,
  deleteDeposit,
  depositById,
  depositPlace,
  depositsOfChain,
  holdingsOf,
  markPlaced,
  unplacedDeposits,
  insertDeposit,
  saveHolding,
  type Deposit,
  type NewDeposit,
} from '../store/deposits.ts'
import { deviceByPeer } from '../store/devices.ts'
import {
  isAnswerOnly,
  peersWithOutbox,
  undeposited,
  undepositedSince,
  waitAnswersOnly,
  type OutboxRow,
} from '../store/outbox.ts'
import type { Commit } from '../turn/commit.ts'
import { inboxPointer } from './inbox-pointer.ts'
import { copiesWanted, placesFor } from './places.ts'
import { isFromFuture, renewDeposit } from './renewal.ts'
import { chooseSlot } from './ring.ts'
import type { Copies, OwnCopies, Warehouse } from './warehouse.ts'
import { encodeSecret } from './slot-secret.ts'
import { markStored } from './stored.ts'
import type { Block } from './holders.ts'

/** How long an absent device may take to answer before what waits for it is left with others. */
export const DEPOSIT_DELAY_MS = 400
/** … up to that much longer: an observer cannot tell when exactly something was written. */
const DEPOSIT_JITTER_MS = 400
/** An answer follows a fetch anyway, and its reader may close the lid at any moment. */
const ANSWER_DELAY_MS = 50
/** How long a connected device may take. */
export const DEPOSIT_PATIENCE_MS = 5_000
/** Pause after a deposit that nobody took; it doubles. */
const RETRY_MIN_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000
/** Of one deposit: a push node takes all of it or nothing, and what it gives one peer is bounded. */
const BATCH_BYTES_MAX = 4 * 1_048_576

interface Waiting {
  cancel: Cancel
  failures: number
  /** The device was connected when the pause began. */
  isPatient: boolean
  isRunning: boolean
  isDueAgain: boolean
}

export class Depositor {
  readonly #context: () => Context
  readonly #warehouse: Warehouse
  readonly #waiting = new Map<string, Waiting>()
  #isStopped = false

  constructor(context: () => Context, warehouse: Warehouse) {
    this.#context = context
    this.#warehouse = warehouse
  }

  start(): void {
    for (const peerId of peersWithOutbox(this.#context().store)) this.schedule(peerId)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { cancel } of this.#waiting.values()) cancel()
  }

  /** The link to this device ended: what was to be given to it directly waits no longer for that. */
  disconnected(peerId: string): void {
    if (this.#isStopped) return
    const waiting = this.#waiting.get(peerId)
    if (waiting?.isPatient === true && !waiting.isRunning) this.#later(peerId, waiting, this.#delay(peerId))
    else this.schedule(peerId)
  }

  /** Something waits for this device. */
  schedule(peerId: string): void {
    if (this.#isStopped) return
    const waiting = this.#waiting.get(peerId)
    if (waiting !== undefined) {
      waiting.isDueAgain ||= waiting.isRunning
      return
    }
    const fresh = { cancel: () => undefined, failures: 0, isPatient: false, isRunning: false, isDueAgain: false }
    this.#waiting.set(peerId, fresh)
    this.#later(peerId, fresh, this.#delay(peerId))
  }

  /** A push node is there: whatever found nobody is tried now. */
  hurry(): void {
    for (const [peerId, waiting] of this.#waiting)
      if (waiting.failures > 0 && !waiting.isRunning) this.#later(peerId, waiting, 0)
  }

  #delay(peerId: string): number {
    const { random, sessions, store } = this.#context()
    if (sessions.isConnected(peerId)) return DEPOSIT_PATIENCE_MS
    if (waitAnswersOnly(store, peerId)) return ANSWER_DELAY_MS
    return DEPOSIT_DELAY_MS + ((random(1)[0] ?? 0) / 255) * DEPOSIT_JITTER_MS
  }

  #later(peerId: string, waiting: Waiting, delayMs: number): void {
    waiting.cancel()
    waiting.isPatient = this.#context().sessions.isConnected(peerId)
    waiting.cancel = this.#context().clock.after(delayMs, () => this.#run(peerId, waiting))
  }

  #run(peerId: string, waiting: Waiting): void {
    if (this.#isStopped) return
    waiting.isRunning = true
    waiting.isDueAgain = false
    this.#depositAll(peerId).then(
      () => this.#ended(peerId, waiting, true),
      (error: unknown) => {
        this.#context().log.log('info', 'nobody took what waits', { error: String(error) })
        this.#ended(peerId, waiting, false)
      },
    )
  }

  #ended(peerId: string, waiting: Waiting, isDone: boolean): void {
    waiting.isRunning = false
    if (this.#isStopped) return
    if (!isDone) this.#later(peerId, waiting, Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** waiting.failures++))
    else if (waiting.isDueAgain || this.#reasonSince(peerId) !== undefined)
      this.#later(peerId, waiting, this.#delay(peerId))
    else this.#waiting.delete(peerId)
  }

  async #depositAll(peerId: string): Promise<void> {
    for (const deposit of unplacedDeposits(this.#context().store, peerId)) await this.#place(deposit)
    while (!this.#isStopped && this.#isDue(peerId)) {
      const limit = this.#warehouse.hasOwnLocations ? POINTER_LOCATIONS_MAX : POINTER_BLOCKS_MAX
      const rows = nextBatch(undeposited(this.#context().store, peerId, limit))
      await this.#deposit(peerId, rows)
    }
  }

  /** Since when something waits that is to be deposited. */
  #reasonSince(peerId: string): number | undefined {
    const { store } = this.#context()
    const device = deviceByPeer(store, peerId)
    const isWanted = device !== undefined && !isBlockedAccount(store, device.account)
    return isWanted ? undepositedSince(store, peerId) : undefined
  }

  /** A connected device gets DEPOSIT_PATIENCE_MS to acknowledge it. */
  #isDue(peerId: string): boolean {
    const { clock, sessions } = this.#context()
    const since = this.#reasonSince(peerId)
    if (since === undefined) return false
    return !sessions.isConnected(peerId) || clock.now() - since >= DEPOSIT_PATIENCE_MS
  }

  async #deposit(peerId: string, rows: readonly OutboxRow[]): Promise<void> {
    const context = this.#context()
    const [first] = rows
    assert(first !== undefined, 'there is a reason')
    const blocks = rows.map(({ bytes }): Block => ({ cid: blockCid(bytes), size: bytes.length, bytes }))
    const places = placesFor(context, peerId)
    const wanted = copiesWanted(places)
    const copies = await this.#warehouse.keep(places, blocks, wanted)
    const isSealed = first.kind === 'request' || first.kind === 'welcome'
    const pointer = isSealed
      ? await inboxPointer(context, {
          peerId,
          blocks,
          copies,
          places,
          warehouse: this.#warehouse,
          sealedAt: first.createdAt,
        })
      : undefined
    const id = await context.turns.run('input', async () => {
      const prepared = pointer ?? (await this.#chainPointer(first, copies))
      return (commit) => this.#write(commit, { peerId, rows, wanted, copies }, prepared)
    })
    const deposit = depositById(context.store, id)
    if (deposit !== undefined) await this.#place(deposit)
    copies.later
      ?.then((own) => this.#addOwn(id, own, places))
      .catch((error: unknown) =>
        context.log.log('warn', 'a pointer does not name the own storage yet', { error: String(error) }),
      )
  }

  /** Puts the pointer and tells the reader. A deposit whose pointer nobody takes stays `placing` and is tried again. */
  async #place(unplaced: Deposit): Promise<void> {
    const context = this.#context()
    const deposit = await this.#timely(unplaced)
    if (deposit === undefined) return
    const { record, key, peerId, topic } = deposit
    await this.#warehouse.point(record, key, placesFor(context, peerId))
    await context.turns.run('input', () => (commit) => {
      markPlaced(context.store, deposit)
      markStored(context, commit, deposit)
    })
    context.sessions.mailbox.wake(topic, encodeHint([key]))
  }

  /** A pointer that was made while our clock was ahead is made anew. `undefined`: with its deposit, in the next round. */
  async #timely(deposit: Deposit): Promise<Deposit | undefined> {
    const context = this.#context()
    const { store, turns, clock } = context
    if (!isFromFuture(deposit, clock.now())) return deposit
    if (deposit.secretSealed !== undefined) {
      const holders = holdingsOf(store, deposit.id).flatMap(({ holder, isLost }) => (isLost ? [] : [holder]))
      const { blocks, locations, state } = deposit
      return renewDeposit(context, deposit, { blocks, holders, locations, state })
    }
    await turns.run('input', () => () => {
      store.run('UPDATE outbox SET deposit = NULL WHERE deposit = ?', [deposit.id])
      deleteDeposit(store, deposit.id)
    })
    return undefined
  }

  /** The own storage took its time: the pointer names it too from now on. */
  async #addOwn(id: number, own: OwnCopies, places: readonly string[]): Promise<void> {
    const context = this.#context()
    const deposit = depositById(context.store, id)
    if (this.#isStopped) return
    if (deposit === undefined || deposit.state === 'void') {
      const cids = own.blocks.map(({ cid }) => cid)
      // Acknowledged while the own storage was at it.
      await this.#warehouse.discard(cids, [])
      return
    }
    if (!own.isKept) return
    const locations = new Map(own.blocks.map((block) => [toHex(block.cid), block]))
    const renewed = await renewDeposit(context, deposit, {
      blocks: deposit.blocks.map((block) => locations.get(toHex(block.cid)) ?? block),
      holders: holdingsOf(context.store, id).flatMap(({ holder, isLost }) => (isLost ? [] : [holder])),
      locations: own.locations,
      state: deposit.state,
    })
    if (renewed !== undefined) await this.#warehouse.point(renewed.record, renewed.key, places)
  }

  /** The next slot of the ring that we have in the epoch of the first envelope: its reader knows that one. PTR-3 */
  async #chainPointer(first: OutboxRow, copies: Copies): Promise<Prepared> {
    const { store, crypto, random, clock, vault } = this.#context()
    const { epoch, leaf } = this.#ringOf(first)
    const chain = `${epoch.id}/${leaf}`
    const held = depositsOfChain(store, chain)
    const slot = chooseSlot(held, copies, ({ id }) => isAnswerOnly(store, id))
    if (slot === undefined) throw new Error('all slots of the epoch are in use')
    const secret: PointerSecret = chainSecret(epoch.keys.mailboxSecret, leaf, slot.number)
    const now = clock.now()
    const all = [...(slot.extends?.blocks ?? []), ...slot.blocks]
    // More than all others of the ring, whatever the clock says: its reader takes them in this order. PTR-5
    const sequence = held.reduce((least, { sequence: taken }) => Math.max(least, taken + 1), now)
    const expiresAt = now + WAITING_LIFETIME_MS
    const before = slot.extends === undefined ? [] : holdingsOf(store, slot.extends.id)
    const pushNodes = [
      ...copies.holders.map(({ address }) => address),
      ...before.flatMap(({ holder, isLost }) => (isLost ? [] : [holder])),
    ]
    const holders = [...new Set([...pushNodes, ...copies.locations])].slice(0, POINTER_HOLDERS_MAX)
    const facts = { sequence, expiresAt, nonce: random(24) }
    const record = await sealPointer(crypto, secret, facts, { blocks: all, holders })
    return {
      chain,
      slot: slot.number,
      key: pointerKey(await crypto.ed25519PublicKey(secret.seed)),
      topic: wakeTopic(epoch.keys.mailboxSecret, dayOf(now)),
      secretSealed: vault.seal(depositPlace(chain, slot.number), encodeSecret(secret)),
      sequence,
      record,
      blocks: all,
      expiresAt,
      extends: slot.extends,
    }
  }

  #ringOf(row: OutboxRow): { readonly epoch: Epoch; readonly leaf: number } {
    const { conversations } = this.#context()
    const state = row.conversation === undefined ? undefined : conversations.get(row.conversation)
    const tagged = tagOf(row.bytes)
    assert(state?.headEpoch !== undefined && tagged !== undefined, 'an outer envelope belongs to a conversation')
    // Of an epoch that is not retained any more nobody has the keys: its reader may still know the oldest that is.
    const epoch = epochByTag(state, tagged) ?? [...state.epochs.values()].sort((a, b) => a.createdAt - b.createdAt)[0]
    assert(epoch !== undefined, 'a conversation with a head has epochs')
    return { epoch, leaf: groupInfo(conversations.groupOf(epoch)).ownLeaf }
  }

  /** @returns the id of the deposit. */
  #write(commit: Commit, deposit: Parts, prepared: Prepared): number {
    const { store, clock } = this.#context()
    const { peerId, rows, wanted, copies } = deposit
    const now = clock.now()
    const fields = { ...prepared, locations: copies.locations, renewedAt: now }
    const held = prepared.extends
    if (held !== undefined && !changeDeposit(store, held, fields, 'placing')) throw new Error('the deposit changed')
    const id = held?.id ?? insertDeposit(store, { ...fields, peerId, wanted, createdAt: now })
    for (const { address, receipt } of copies.holders) {
      saveHolding(store, id, { holder: address, receipt, checkedAt: now, isLost: false })
    }
    for (const { seq } of rows) store.run('UPDATE outbox SET deposit = ? WHERE seq = ?', [id, seq])
    commit.touch('network')
    // Acknowledged while it was carried away.
    commit.release()
    return id
  }
}

interface Parts {
  readonly peerId: string
  readonly rows: readonly OutboxRow[]
  readonly wanted: number
  readonly copies: Copies
}

/** A pointer as it will be written and put. */
export interface Prepared extends Pick<
  NewDeposit,
  'chain' | 'slot' | 'key' | 'topic' | 'secretSealed' | 'sequence' | 'record' | 'blocks' | 'expiresAt'
> {
  readonly extends: Deposit | undefined
}

/** Sealed envelopes have a pointer each; outer ones of one run share theirs, in order, as long as they are not too large. */
function nextBatch(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  const isSealed = ({ kind }: OutboxRow) => kind === 'request' || kind === 'welcome'
  const [first] = rows
  if (first === undefined || isSealed(first)) return rows.slice(0, 1)
  const end = rows.findIndex(isSealed)
  const run = end < 0 ? rows : rows.slice(0, end)
  const batch = run.filter(({ conversation }) => conversation === first.conversation)
  let bytes = 0
  const full = batch.findIndex((row) => (bytes += row.bytes.length) > BATCH_BYTES_MAX)
  return full < 0 ? batch : batch.slice(0, Math.max(1, full))
}
