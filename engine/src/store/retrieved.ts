/** What was found at holders and dealt with, so that nothing is fetched or processed twice. Spec: OFF-6, PTR-6. */
import { concat, sha256, utf8 } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { flagOf, numberOf, optionalBytes, optionalText } from './rows.ts'

/** The greatest sequence that was dealt with under a key; 0 when none was. */
export const pointerRead = (store: StorePort, key: Uint8Array): number => {
  const row = store.all('SELECT sequence FROM pointers_read WHERE key = ?', [key])[0]
  return row === undefined ? 0 : numberOf(row, 'sequence')
}

export function savePointerRead(store: StorePort, key: Uint8Array, sequence: number, expiresAt: number): void {
  store.run(
    `INSERT INTO pointers_read (key, sequence, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET sequence = max(sequence, excluded.sequence), expires_at = max(expires_at, excluded.expires_at)`,
    [key, sequence, expiresAt],
  )
}

export interface ReadBlock {
  /** Device that left it; absent for a stranger's. */
  readonly peerId: string | undefined
  /** Envelope id, for an answer. */
  readonly envelope: Uint8Array | undefined
  /** Its sender is told again when it turns up again. */
  readonly isAnswered: boolean
}

/**
 * Whoever knows the CID of somebody else's block can name it in a pointer of his own. What he named so must neither count
 * as read when its author names it, nor show him whether it was read before: so each device has marks of its own. PTR-6
 */
const markOf = (cid: Uint8Array, peerId: string | undefined): Uint8Array => sha256(concat(cid, utf8(peerId ?? '')))

/** `peerId`: the device whose pointer names the block; `undefined` for strangers. */
export function blockRead(store: StorePort, cid: Uint8Array, peerId: string | undefined): ReadBlock | undefined {
  const row = store.all('SELECT * FROM blocks_read WHERE cid = ?', [markOf(cid, peerId)])[0]
  return row === undefined
    ? undefined
    : {
        peerId: optionalText(row, 'peer_id'),
        envelope: optionalBytes(row, 'envelope'),
        isAnswered: flagOf(row, 'is_answered'),
      }
}

export function saveBlockRead(store: StorePort, cid: Uint8Array, read: ReadBlock, expiresAt: number): void {
  store.run(
    `INSERT INTO blocks_read (cid, peer_id, envelope, is_answered, expires_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (cid) DO NOTHING`,
    [markOf(cid, read.peerId), read.peerId ?? null, read.envelope ?? null, read.isAnswered ? 1 : 0, expiresAt],
  )
}

/** Whatever a holder may still have expires before this is forgotten. */
export function forgetRetrieved(store: StorePort, now: number): void {
  store.run('DELETE FROM pointers_read WHERE expires_at <= ?', [now])
  store.run('DELETE FROM blocks_read WHERE expires_at <= ?', [now])
}
