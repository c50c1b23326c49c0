/** Devices of other accounts: where they were last reached, and their newest bundle. */
import { decodeCbor, encodeCbor, isList, isText } from '@parley/core'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, numberOf, optionalBytes, optionalNumber, textOf } from './rows.ts'

export interface Device {
  readonly peerId: string
  readonly account: string
  readonly addresses: readonly string[]
  readonly bundle: Uint8Array | undefined
  readonly bundleSequence: number
  /** Hash of the first event of the account's identity log, once a bundle showed it. */
  readonly inception: Uint8Array | undefined
  readonly addedAt: number
  readonly lastHeardAt: number | undefined
}

export function saveDevice(store: StorePort, device: Device): void {
  store.run(
    `INSERT INTO devices (peer_id, account, addresses, bundle, bundle_sequence, inception, added_at, last_heard_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (peer_id) DO UPDATE SET addresses = excluded.addresses, bundle = excluded.bundle,
       bundle_sequence = excluded.bundle_sequence, inception = excluded.inception, last_heard_at = excluded.last_heard_at
     WHERE devices.account = excluded.account`,
    [
      device.peerId,
      device.account,
      encodeAddresses(device.addresses),
      device.bundle ?? null,
      device.bundleSequence,
      device.inception ?? null,
      device.addedAt,
      device.lastHeardAt ?? null,
    ],
  )
}

export function devicesOf(store: StorePort, account: string): readonly Device[] {
  return store.all('SELECT * FROM devices WHERE account = ? ORDER BY added_at, peer_id', [account]).map(readDevice)
}

export function deviceByPeer(store: StorePort, peerId: string): Device | undefined {
  const row = store.all('SELECT * FROM devices WHERE peer_id = ?', [peerId])[0]
  return row === undefined ? undefined : readDevice(row)
}

/** How exactly it is known when a device was last heard: not every acknowledgement is worth a write. */
export const HEARD_RESOLUTION_MS = 30_000

/** @returns false when it is known well enough already. */
export function heardFrom(store: StorePort, peerId: string, now: number): boolean {
  return (
    store.run(
      `UPDATE devices SET last_heard_at = ?
       WHERE peer_id = ? AND (last_heard_at IS NULL OR abs(? - last_heard_at) >= ?)`,
      [now, peerId, now, HEARD_RESOLUTION_MS],
    ) === 1
  )
}

export const addressesOf = (store: StorePort, peerId: string): readonly string[] =>
  deviceByPeer(store, peerId)?.addresses ?? []

/** Devices of contacts that are not blocked, the last heard first. */
export function wantedPeers(store: StorePort, limit: number): readonly string[] {
  return store
    .all(
      `SELECT peer_id FROM devices JOIN contacts USING (account)
       WHERE account NOT IN (SELECT account FROM blocks) ORDER BY last_heard_at DESC LIMIT ?`,
      [limit],
    )
    .map((row) => textOf(row, 'peer_id'))
}

export const isWanted = (store: StorePort, peerId: string): boolean =>
  store.all(
    `SELECT 1 AS found FROM devices LEFT JOIN contacts USING (account)
     WHERE peer_id = ? AND account NOT IN (SELECT account FROM blocks)
       AND (contacts.account IS NOT NULL OR EXISTS (SELECT 1 FROM outbox WHERE outbox.peer_id = devices.peer_id))`,
    [peerId],
  ).length === 1

const encodeAddresses = (addresses: readonly string[]): Uint8Array => encodeCbor([...addresses])

function readDevice(row: SqlRow): Device {
  const addresses = decodeCbor(bytesOf(row, 'addresses'))
  return {
    peerId: textOf(row, 'peer_id'),
    account: textOf(row, 'account'),
    addresses: isList(addresses) ? addresses.filter((address) => isText(address)) : [],
    bundle: optionalBytes(row, 'bundle'),
    bundleSequence: numberOf(row, 'bundle_sequence'),
    inception: optionalBytes(row, 'inception'),
    addedAt: numberOf(row, 'added_at'),
    lastHeardAt: optionalNumber(row, 'last_heard_at'),
  }
}
