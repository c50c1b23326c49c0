/** The next record of a deposit: other blocks, other holders, or the same again. Spec: PTR-5, OFF-8, OFF-10. */
import { POINTER_HOLDERS_MAX, sealPointer, WAITING_LIFETIME_MS, type PointedBlock } from '@parley/core'
import type { Context } from '../context.ts'
import { changeDeposit, depositPlace, type Deposit, type DepositState } from '../store/deposits.ts'
import { decodeSecret } from './slot-secret.ts'

export interface Renewal {
  readonly blocks: readonly PointedBlock[]
  /** Push nodes that have all of them. */
  readonly holders: readonly string[]
  /** Of the own storage. */
  readonly locations: readonly string[]
  readonly state: DepositState
}

/** It was made while our clock was ahead: no holder takes a pointer that would live longer than WAITING_LIFETIME_MS. */
export const isFromFuture = ({ expiresAt }: Deposit, now: number): boolean => expiresAt > now + WAITING_LIFETIME_MS

/** Durable when this resolves. `undefined` for a worked pointer, which nobody can change, and when another change came first. */
export async function renewDeposit(context: Context, deposit: Deposit, renewal: Renewal): Promise<Deposit | undefined> {
  const { store, vault, crypto, clock, random, turns } = context
  const { secretSealed } = deposit
  if (secretSealed === undefined) return undefined
  const { blocks, holders, locations, state } = renewal
  const secret = decodeSecret(vault.open(depositPlace(deposit.chain, deposit.slot), secretSealed))
  const now = clock.now()
  const sequence = Math.max(now, deposit.sequence + 1)
  const expiresAt = Math.min(now + WAITING_LIFETIME_MS, Math.max(deposit.expiresAt, now + 1))
  const payload = { blocks, holders: [...holders, ...locations].slice(0, POINTER_HOLDERS_MAX) }
  const record = await sealPointer(crypto, secret, { sequence, expiresAt, nonce: random(24) }, payload)
  // What a void deposit was about is known until everybody was told to forget it.
  const kept = state === 'void' ? deposit : { blocks, locations }
  const change = { sequence, record, blocks: kept.blocks, locations: kept.locations, renewedAt: now, expiresAt }
  const isChanged = await turns.run('input', () => () => changeDeposit(store, deposit, change, state))
  return isChanged ? { ...deposit, ...change, state } : undefined
}
