/**
 * What was left with others for devices that are away: one row for each pointer, the blocks that it names, and who holds
 * them. Spec: OFF-3, OFF-8, OFF-10.
 */
import {
  decodeCbor,
  encodeCbor,
  isBlockCid,
  isList,
  isText,
  isUint,
  type MessageIdBytes,
  type PointedBlock,
} from '@parley/core'
import { PortError } from '../ports/port-error.ts'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, flagOf, numberOf, optionalBytes, textOf } from './rows.ts'

/** `placing`: nobody took its pointer yet. `placed`: it waits. `void`: nobody needs it any more; it is kept so that its slot is not used with an older sequence. */
export type DepositState = 'placing' | 'placed' | 'void'

export interface NewDeposit {
  readonly peerId: string
  /** Whose slots these are: an epoch and a leaf, an inbox, an invite. */
  readonly chain: string
  readonly slot: number
  /** 32 bytes, of its pointer. */
  readonly key: Uint8Array
  /** Signs the next record; absent for a worked one. Sealed by the vault under {@link depositPlace}. */
  readonly secretSealed: Uint8Array | undefined
  readonly sequence: number
  readonly record: Uint8Array
  readonly blocks: readonly PointedBlock[]
  /** Of the own storage. */
  readonly locations: readonly string[]
  /** Copies that push nodes should hold. */
  readonly wanted: number
  /** Of the wake-up that tells its reader. */
  readonly topic: number
  readonly createdAt: number
  /** When the reader was last given a reason to answer. */
  readonly renewedAt: number
  readonly expiresAt: number
}

export interface Deposit extends NewDeposit {
  readonly id: number
  readonly state: DepositState
}

/** The vault's name for the secret of a deposit. */
export const depositPlace = (chain: string, slot: number): string => `deposits/${chain}/${slot}`

/** Takes the place of what was in the slot: nothing, or nothing that is still needed, which is void from now on. */
export function insertDeposit(store: StorePort, deposit: NewDeposit): number {
  const former = 'FROM deposits WHERE chain = ? AND slot = ?'
  const place = [deposit.chain, deposit.slot]
  store.run(`DELETE FROM outbox WHERE deposit IN (SELECT id ${former})`, place)
  store.run(`DELETE ${former} AND state = 'void' AND blocks = x'80'`, place)
  // Its blocks are still with others. Counted on, so that no change that was begun before finds it; its secret is in use anew.
  store.run(
    `UPDATE deposits SET chain = 'former/' || id, slot = 0, state = 'void', sequence = sequence + 1, secret_sealed = NULL
     WHERE chain = ? AND slot = ?`,
    place,
  )
  store.run(
    `INSERT INTO deposits (peer_id, chain, slot, key, secret_sealed, sequence, record, blocks, locations, wanted, topic,
       state, created_at, renewed_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'placing', ?, ?, ?)`,
    [
      deposit.peerId,
      deposit.chain,
      deposit.slot,
      deposit.key,
      deposit.secretSealed ?? null,
      deposit.sequence,
      deposit.record,
      encodeBlocks(deposit.blocks),
      encodeCbor([...deposit.locations]),
      deposit.wanted,
      deposit.topic,
      deposit.createdAt,
      deposit.renewedAt,
      deposit.expiresAt,
    ],
  )
  return numberOf(store.all('SELECT last_insert_rowid() AS id')[0] ?? {}, 'id')
}

export interface DepositChange {
  readonly sequence: number
  readonly record: Uint8Array
  readonly blocks: readonly PointedBlock[]
  readonly locations: readonly string[]
  readonly renewedAt: number
  readonly expiresAt: number
}

/** A newer record under the same key. @returns false when the deposit is gone or was changed since `before`. */
export const changeDeposit = (store: StorePort, before: Deposit, change: DepositChange, state: DepositState): boolean =>
  store.run(
    `UPDATE deposits SET sequence = ?, record = ?, blocks = ?, locations = ?, renewed_at = ?, expires_at = ?, state = ?
     WHERE id = ? AND sequence = ?`,
    [
      change.sequence,
      change.record,
      encodeBlocks(change.blocks),
      encodeCbor([...change.locations]),
      change.renewedAt,
      change.expiresAt,
      state,
      before.id,
      before.sequence,
    ],
  ) === 1

export function depositById(store: StorePort, id: number): Deposit | undefined {
  const row = store.all('SELECT * FROM deposits WHERE id = ?', [id])[0]
  return row === undefined ? undefined : readDeposit(row)
}

/** Deposits for `peerId` of which nobody took the pointer yet. */
export const unplacedDeposits = (store: StorePort, peerId: string): readonly Deposit[] =>
  store.all("SELECT * FROM deposits WHERE peer_id = ? AND state = 'placing' ORDER BY id", [peerId]).map(readDeposit)

/** The pointer was taken, as of this sequence. */
export function markPlaced(store: StorePort, { id, sequence }: Deposit): void {
  store.run("UPDATE deposits SET state = 'placed' WHERE id = ? AND sequence = ? AND state = 'placing'", [id, sequence])
}

export const depositsOfChain = (store: StorePort, chain: string): readonly Deposit[] =>
  store.all('SELECT * FROM deposits WHERE chain = ? ORDER BY id', [chain]).map(readDeposit)

/** Deposits that still wait, oldest first, from behind `id` on. */
export const placedDeposits = (store: StorePort, afterId: number, limit: number): readonly Deposit[] =>
  store
    .all("SELECT * FROM deposits WHERE state <> 'void' AND id > ? ORDER BY id LIMIT ?", [afterId, limit])
    .map(readDeposit)

/** Deposits of envelopes that wait no longer: every outbox row of theirs is gone. Invites are not envelopes. */
export const abandonedDeposits = (store: StorePort, limit: number): readonly Deposit[] =>
  store
    .all(
      `SELECT * FROM deposits WHERE state <> 'void' AND chain NOT LIKE 'invite/%'
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.deposit = deposits.id) ORDER BY id LIMIT ?`,
      [limit],
    )
    .map(readDeposit)

/** Void deposits of which not everybody was told to forget the blocks. */
export const unreleasedDeposits = (store: StorePort): readonly Deposit[] =>
  store.all("SELECT * FROM deposits WHERE state = 'void' AND blocks <> x'80' ORDER BY id").map(readDeposit)

/** Nobody needs it any more, and its record cannot be changed. */
export function markVoid(store: StorePort, id: number): void {
  store.run("UPDATE deposits SET state = 'void' WHERE id = ?", [id])
}

/** The push nodes were told to forget it. */
export function forgetHoldings(store: StorePort, id: number): void {
  store.run('DELETE FROM holdings WHERE deposit = ?', [id])
}

/** Nobody has anything of it any more; what stays is the sequence of its slot. */
export function markReleased(store: StorePort, id: number): void {
  store.run("UPDATE deposits SET blocks = x'80', locations = x'80' WHERE id = ? AND state = 'void'", [id])
  forgetHoldings(store, id)
}

export function deleteDeposit(store: StorePort, id: number): void {
  store.run('DELETE FROM deposits WHERE id = ?', [id])
  forgetHoldings(store, id)
}

export interface Holding {
  /** Multiaddr of the push node. */
  readonly holder: string
  /** It claimed to hold what it does not. */
  readonly isLost: boolean
  readonly checkedAt: number
}

/** `receipt`: what the holder signed, or undefined when only a challenge shows it. */
export function saveHolding(
  store: StorePort,
  deposit: number,
  holding: Holding & { readonly receipt: Uint8Array | undefined },
): void {
  store.run(
    `INSERT INTO holdings (deposit, holder, receipt, checked_at, is_lost) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (deposit, holder) DO UPDATE SET receipt = coalesce(excluded.receipt, receipt),
       checked_at = excluded.checked_at, is_lost = excluded.is_lost`,
    [deposit, holding.holder, holding.receipt ?? null, holding.checkedAt, holding.isLost ? 1 : 0],
  )
}

export const holdingsOf = (store: StorePort, deposit: number): readonly Holding[] =>
  store.all('SELECT * FROM holdings WHERE deposit = ? ORDER BY holder', [deposit]).map((row) => ({
    holder: textOf(row, 'holder'),
    isLost: flagOf(row, 'is_lost'),
    checkedAt: numberOf(row, 'checked_at'),
  }))

/** How many push nodes hold the envelope of a message, of how many that should. */
export function copiesOfMessage(
  store: StorePort,
  message: MessageIdBytes,
): { readonly held: number; readonly wanted: number } | undefined {
  const [row] = store.all(
    `SELECT deposits.wanted AS wanted, count(holdings.holder) AS held FROM outbox
     JOIN deposits ON deposits.id = outbox.deposit
     LEFT JOIN holdings ON holdings.deposit = deposits.id AND holdings.is_lost = 0
     WHERE outbox.message = ? GROUP BY deposits.id ORDER BY held LIMIT 1`,
    [message],
  )
  return row === undefined ? undefined : { held: numberOf(row, 'held'), wanted: numberOf(row, 'wanted') }
}

const encodeBlocks = (blocks: readonly PointedBlock[]): Uint8Array =>
  encodeCbor(blocks.map(({ cid, size, location }) => [cid, size, location ?? null]))

function decodeBlocks(bytes: Uint8Array): readonly PointedBlock[] {
  const value = decodeCbor(bytes)
  if (!isList(value)) throw new PortError('STORE_CORRUPT', 'the blocks of a deposit are something else', false)
  return value.flatMap((item): readonly PointedBlock[] => {
    const [cid, size, location] = isList(item) ? item : []
    if (!isBlockCid(cid) || !isUint(size)) return []
    return [{ cid, size, ...(isText(location) ? { location } : {}) }]
  })
}

const STATES: readonly DepositState[] = ['placing', 'placed', 'void']

function stateOf(text: string): DepositState {
  const state = STATES.find((known) => known === text)
  if (state === undefined) throw new PortError('STORE_CORRUPT', 'the state of a deposit is something else', false)
  return state
}

function readDeposit(row: SqlRow): Deposit {
  const locations = decodeCbor(bytesOf(row, 'locations'))
  return {
    id: numberOf(row, 'id'),
    peerId: textOf(row, 'peer_id'),
    chain: textOf(row, 'chain'),
    slot: numberOf(row, 'slot'),
    key: bytesOf(row, 'key'),
    secretSealed: optionalBytes(row, 'secret_sealed'),
    sequence: numberOf(row, 'sequence'),
    record: bytesOf(row, 'record'),
    blocks: decodeBlocks(bytesOf(row, 'blocks')),
    locations: isList(locations) ? locations.filter((location) => isText(location)) : [],
    wanted: numberOf(row, 'wanted'),
    topic: numberOf(row, 'topic'),
    state: stateOf(textOf(row, 'state')),
    createdAt: numberOf(row, 'created_at'),
    renewedAt: numberOf(row, 'renewed_at'),
    expiresAt: numberOf(row, 'expires_at'),
  }
}
