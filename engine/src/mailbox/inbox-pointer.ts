/** A pointer to a sealed envelope, in the bucket of somebody's inbox, with the work that a stranger owes. Spec: OFF-13, PTR-7. */
import {
  dayOf,
  inboxBucketKey,
  POINTER_HOLDERS_MAX,
  sealWorked,
  searchWork,
  toHex,
  topicOfKey,
  verifyDeviceBundle,
  WAITING_LIFETIME_MS,
  WORK_BITS,
  WORK_BITS_MAX,
  workOf,
} from '@parley/core'
import type { Context } from '../context.ts'
import { deviceByPeer } from '../store/devices.ts'
import type { Prepared } from './depositor.ts'
import type { Block } from './holders.ts'
import type { Copies, Warehouse } from './warehouse.ts'

/** Tries between two looks at what else is to be done. */
const TRIES_PER_SLICE = 2_048

export interface InboxDeposit {
  readonly peerId: string
  readonly blocks: readonly Block[]
  readonly copies: Copies
  readonly places: readonly string[]
  readonly warehouse: Warehouse
  /** When the envelope was sealed. */
  readonly sealedAt: number
}

export async function inboxPointer(context: Context, deposit: InboxDeposit): Promise<Prepared> {
  const { store, crypto, clock } = context
  const { peerId, blocks, copies, places, warehouse } = deposit
  const now = clock.now()
  const held = deviceByPeer(store, peerId)?.bundle
  // What was sealed while their keys were good is carried there, also when that takes until after they are over. FST-25
  const bundle = held === undefined ? undefined : await goodAt(crypto, held, [now, deposit.sealedAt])
  if (bundle === undefined) throw new Error('the keys of the device are not known, or expired')
  const key = inboxBucketKey(bundle.inboxKeyId, dayOf(now))
  const expiresAt = now + WAITING_LIFETIME_MS
  const holders = [...copies.holders.map(({ address }) => address), ...copies.locations].slice(0, POINTER_HOLDERS_MAX)
  const payload = { blocks: copies.blocks, holders }
  const work = workOf(key, expiresAt, payload)
  if (work === undefined) throw new Error('too many holders for a pointer')
  const bits = Math.min(WORK_BITS_MAX, await warehouse.workBits(places, WORK_BITS))
  const nonce = await search(context, work, bits)
  const record = sealWorked(key, expiresAt, payload, nonce)
  if (record === undefined) throw new Error('too many holders for a pointer')
  const chain = `inbox/${toHex(blocks[0]?.cid ?? key)}`
  const rest = { sequence: 0, secretSealed: undefined, slot: 0, extends: undefined }
  return { ...rest, chain, key, topic: topicOfKey(key), record, blocks, expiresAt }
}

/** The bundle, when it is good at one of `times`. */
async function goodAt(crypto: Context['crypto'], bytes: Uint8Array, times: readonly number[]) {
  for (const time of times) {
    const bundle = await verifyDeviceBundle(crypto, bytes, time)
    if (bundle.ok) return bundle.value
  }
  return undefined
}

async function search({ breathe }: Context, work: Uint8Array, bits: number): Promise<Uint8Array> {
  for (let start = 0; ; start += TRIES_PER_SLICE) {
    const nonce = searchWork(work, bits, start, TRIES_PER_SLICE)
    if (nonce !== undefined) return nonce
    await breathe()
  }
}
