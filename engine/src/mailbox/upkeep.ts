/**
 * Looks after what was left with others: whether they still have it, whether its reader gave a sign, and whether anybody
 * still needs it. Spec: OFF-8, OFF-10, OFF-11.
 */
import { blockCid, DAY_MS, toHex, WAITING_LIFETIME_MS, type PointedBlock } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import {
  abandonedDeposits,
  deleteDeposit,
  forgetHoldings,
  holdingsOf,
  markReleased,
  markVoid,
  placedDeposits,
  saveHolding,
  unreleasedDeposits,
  type Deposit,
} from '../store/deposits.ts'
import { unrequest } from '../store/contacts.ts'
import { failEntry } from '../store/entries.ts'
import { deleteOutbox, expiredOutbox, isAnswerOnly, outboxOfDeposit } from '../store/outbox.ts'
import { forgetRetrieved } from '../store/retrieved.ts'
import type { Block, Holders } from './holders.ts'
import { placesFor } from './places.ts'
import { isFromFuture, renewDeposit } from './renewal.ts'
import { markStored } from './stored.ts'
import type { Copies, Warehouse } from './warehouse.ts'

/** Every deposit is looked at once in this time. */
export const UPKEEP_INTERVAL_MS = 60 * 60_000
/** After a push node came or went: long enough for it to settle. */
export const UPKEEP_SOON_MS = 30_000
/** A holder that did not answer for that long is replaced, as one that lost what it had is at once. */
export const HOLDER_SILENT_MS = 3 * UPKEEP_INTERVAL_MS
/** A reader that gave no sign gets a newer pointer, so that it answers again: its answer may have been lost. */
export const RENEWAL_MS = DAY_MS
/** How long an answer is looked after; its reader asks for it anew as long as it needs it. */
const ANSWER_CARE_MS = 2 * RENEWAL_MS
/** Work is taken up after what was released a moment ago has come together. */
const RELEASE_DELAY_MS = 1_000
const BATCH = 32

export class Upkeep {
  readonly #context: () => Context
  readonly #holders: Holders
  readonly #warehouse: Warehouse
  #timer: Cancel | undefined
  #releaseTimer: Cancel | undefined
  #work: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(context: () => Context, holders: Holders, warehouse: Warehouse) {
    this.#context = context
    this.#holders = holders
    this.#warehouse = warehouse
  }

  start(): void {
    this.#schedule(UPKEEP_SOON_MS)
    this.release()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.()
    this.#releaseTimer?.()
    await this.#work
  }

  /** Push nodes came or went. */
  soon(): void {
    this.#schedule(UPKEEP_SOON_MS)
  }

  /** Something that was deposited waits no longer. */
  release(): void {
    if (this.#isStopped) return
    this.#releaseTimer ??= this.#context().clock.after(RELEASE_DELAY_MS, () => {
      this.#releaseTimer = undefined
      this.#queue(() => this.#releaseAll())
    })
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer?.()
    const { clock, random } = this.#context()
    const jitter = ((random(1)[0] ?? 0) / 255) * (delayMs / 4)
    this.#timer = clock.after(delayMs + jitter, () => {
      this.#queue(() => this.#round())
      this.#schedule(UPKEEP_INTERVAL_MS)
    })
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) =>
        this.#context().log.log('warn', 'what waits with others was not looked after', { error: String(error) }),
      )
  }

  async #round(): Promise<void> {
    await this.#expire()
    await this.#releaseAll()
    const { store, log } = this.#context()
    let afterId = 0
    for (;;) {
      const deposits = placedDeposits(store, afterId, BATCH)
      for (const deposit of deposits) {
        if (this.#isStopped) return
        afterId = deposit.id
        if (deposit.chain.startsWith('invite/')) continue
        // Nobody takes one pointer: the other deposits are looked after all the same.
        await this.#care(deposit).catch((error: unknown) =>
          log.log('info', 'a deposit was not looked after', { error: String(error) }),
        )
      }
      if (deposits.length < BATCH) return
    }
  }

  /** Nobody fetched it in WAITING_LIFETIME_MS: said so, and kept for a retry. OFF-11 */
  async #expire(): Promise<void> {
    const { store, clock, turns } = this.#context()
    await turns.run('input', () => (commit) => {
      const now = clock.now()
      forgetRetrieved(store, now)
      store.run('DELETE FROM holdings WHERE deposit IN (SELECT id FROM deposits WHERE expires_at <= ?)', [now])
      store.run("DELETE FROM deposits WHERE state = 'void' AND expires_at <= ?", [now])
      for (const row of expiredOutbox(store, now - WAITING_LIFETIME_MS)) {
        deleteOutbox(store, row.seq)
        if (row.conversation === undefined) continue
        if (row.kind === 'request') unrequest(store, row.conversation)
        if (row.message === undefined) continue
        failEntry(store, row.message, 'expired')
        commit.touchMessage(row.conversation, toHex(row.message))
      }
    })
  }

  async #releaseAll(): Promise<void> {
    const { store } = this.#context()
    for (
      let deposits = abandonedDeposits(store, BATCH);
      deposits.length > 0;
      deposits = abandonedDeposits(store, BATCH)
    ) {
      for (const deposit of deposits) {
        if (this.#isStopped) return
        await this.#release(deposit)
      }
    }
    // Of a run before this one, that ended in the middle, and what the own storage could not be asked to forget.
    for (const deposit of unreleasedDeposits(store)) {
      if (this.#isStopped || !(await this.#discard(deposit))) return
    }
  }

  /** An empty record says that nothing waits under the key any more; then storage is emptied. OFF-8 */
  async #release(deposit: Deposit): Promise<void> {
    const nothing = { blocks: [], holders: [], locations: [], state: 'void' } as const
    const { store, turns, log } = this.#context()
    const emptied = await renewDeposit(this.#context(), deposit, nothing)
    // A worked record cannot be taken back; its block goes, so it leads to nothing.
    if (deposit.secretSealed === undefined) await turns.run('input', () => () => markVoid(store, deposit.id))
    // It was changed meanwhile, and may be needed again.
    else if (emptied === undefined) return
    await this.#discard(deposit)
    await (emptied && this.#point(emptied))?.catch((error: unknown) =>
      log.log('debug', 'nobody was told that nothing waits any more', { error: String(error) }),
    )
  }

  /**
   * Everybody is told to forget the blocks; a push node that is not there forgets them when their time is over, the own
   * storage does not. @returns whether it did, or else is to be asked again.
   */
  async #discard(deposit: Deposit): Promise<boolean> {
    const { store, turns } = this.#context()
    const holders = holdingsOf(store, deposit.id).map(({ holder }) => holder)
    const isForgotten = await this.#warehouse.discard(
      deposit.blocks.map(({ cid }) => cid),
      holders,
    )
    await turns.run('input', () => (commit) => {
      if (!isForgotten) forgetHoldings(store, deposit.id)
      else if (deposit.secretSealed === undefined) deleteDeposit(store, deposit.id)
      else markReleased(store, deposit.id)
      commit.touch('network')
    })
    return isForgotten
  }

  /** Answers are looked after for a while, or they would lie with the same liars each time that they are given again. */
  async #care(deposit: Deposit): Promise<void> {
    const { store, clock } = this.#context()
    const isYoung = clock.now() - deposit.createdAt < ANSWER_CARE_MS
    if (isYoung || !isAnswerOnly(store, deposit.id)) await this.#lookAfter(deposit)
  }

  async #lookAfter(deposit: Deposit): Promise<void> {
    const { clock } = this.#context()
    const blocks = this.#blocksOf(deposit)
    const isGone = await this.#narrow(deposit, blocks)
    const good = await this.#check(deposit, blocks)
    const now = clock.now()
    const isOld = now - deposit.renewedAt >= RENEWAL_MS
    // Whoever passes a challenge may still give nothing to the reader: one that is silent for a day gets another place.
    const missing = Math.max(deposit.wanted - good.length, isOld ? 1 : 0)
    const copies = missing > 0 ? await this.#mirror(deposit, blocks, good, missing) : undefined
    const isChanged = copies !== undefined || isOld || isGone || isFromFuture(deposit, now)
    if (isChanged && deposit.secretSealed !== undefined) {
      const holders = [...good, ...(copies?.holders.map(({ address }) => address) ?? [])]
      const locations = copies?.locations ?? deposit.locations
      const renewed = await renewDeposit(this.#context(), deposit, {
        blocks: copies?.blocks ?? (isGone ? blocks : deposit.blocks),
        holders,
        locations,
        state: deposit.state,
      })
      if (renewed !== undefined) await this.#point(renewed)
    } else await this.#point(deposit)
  }

  /**
   * What was acknowledged of it is nobody's any more. @returns whether the deposit is to name fewer blocks: not before they
   * are gone, or nobody would know of them. OFF-18
   */
  async #narrow(deposit: Deposit, waiting: readonly PointedBlock[]): Promise<boolean> {
    const still = new Set(waiting.map(({ cid }) => toHex(cid)))
    const gone = deposit.blocks.filter(({ cid }) => !still.has(toHex(cid)))
    if (gone.length === 0 || deposit.secretSealed === undefined) return false
    const holders = holdingsOf(this.#context().store, deposit.id).map(({ holder }) => holder)
    return this.#warehouse.discard(
      gone.map(({ cid }) => cid),
      holders,
    )
  }

  /** Envelopes of the deposit that still wait; their bytes are in the outbox. */
  #blocksOf(deposit: Deposit): readonly (Block & PointedBlock)[] {
    const { store } = this.#context()
    const locations = new Map(deposit.blocks.map(({ cid, location }) => [toHex(cid), location]))
    return outboxOfDeposit(store, deposit.id).map(({ bytes }) => {
      const cid = blockCid(bytes)
      const location = locations.get(toHex(cid))
      return { cid, size: bytes.length, bytes, ...(location === undefined ? {} : { location }) }
    })
  }

  /** Asks every holder to show that it has what it said. @returns those that did, or may be silent for a while. HLD-5 */
  async #check(deposit: Deposit, blocks: readonly Block[]): Promise<readonly string[]> {
    const { store, turns, clock, log } = this.#context()
    const good: string[] = []
    for (const { holder, isLost, checkedAt } of holdingsOf(store, deposit.id)) {
      const now = clock.now()
      const hasAll = await this.#holders.challenge(holder, blocks).catch(() => undefined)
      const isSilent = hasAll === undefined && now - checkedAt >= HOLDER_SILENT_MS
      const isBad = hasAll === false || isSilent || (hasAll === undefined && isLost)
      if (!isBad) good.push(holder)
      if (hasAll === false) log.log('warn', 'a push node does not have what it took', { holder: holder.slice(-6) })
      if (hasAll === undefined && !isSilent) continue
      await turns.run('input', () => (commit) => {
        const at = hasAll === true ? now : checkedAt
        saveHolding(store, deposit.id, { holder, receipt: undefined, checkedAt: at, isLost: isBad })
        commit.touch('network')
      })
    }
    return good
  }

  /** Other push nodes for those that failed. OFF-10 */
  async #mirror(
    deposit: Deposit,
    blocks: readonly Block[],
    good: readonly string[],
    missing: number,
  ): Promise<Copies | undefined> {
    const context = this.#context()
    // Whoever failed before is asked again only when there is nobody else.
    const failed = new Set(
      holdingsOf(context.store, deposit.id).flatMap(({ holder, isLost }) => (isLost ? holder : [])),
    )
    const places = placesFor(context, deposit.peerId)
      .filter((address) => !good.includes(address))
      .sort((a, b) => Number(failed.has(a)) - Number(failed.has(b)))
    if (blocks.length === 0 || places.length === 0) return undefined
    const copies = await this.#warehouse.keep(places, blocks, missing).catch(() => undefined)
    if (copies === undefined || copies.holders.length === 0) return undefined
    await context.turns.run('input', () => (commit) => {
      for (const { address, receipt } of copies.holders) {
        const checkedAt = context.clock.now()
        saveHolding(context.store, deposit.id, { holder: address, receipt, checkedAt, isLost: false })
      }
      if (deposit.state === 'placed') markStored(context, commit, deposit)
      commit.touch('network')
    })
    return copies
  }

  #point({ peerId, record, key }: Deposit): Promise<void> {
    return this.#warehouse.point(record, key, placesFor(this.#context(), peerId))
  }
}
