/** What waits for devices that cannot read a conversation any more. */
import { toHex, type MessageIdBytes } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { optionalBytes } from './rows.ts'

/**
 * A new group has exactly the devices `peerIds` besides this one: what was sealed for others in this conversation would
 * wait for ever. It is dropped, and the contents in it are to be sealed again. CNV-10
 */
export function readdress(store: StorePort, conversation: string, peerIds: readonly string[]): void {
  const others = `conversation = ? AND kind IN ('content', 'status', 'acknowledgement', 'commit')
    AND peer_id NOT IN (${peerIds.map(() => '?').join(', ')})`
  const rows = store.all(`SELECT DISTINCT message FROM outbox WHERE ${others}`, [conversation, ...peerIds])
  const messages = new Map<string, MessageIdBytes>()
  for (const row of rows) {
    const message = optionalBytes(row, 'message')
    if (message !== undefined) messages.set(toHex(message), message)
  }
  for (const message of messages.values())
    store.run('UPDATE entries SET is_posted = 0, state = CASE state WHEN 1 THEN 0 ELSE state END WHERE id = ?', [
      message,
    ])
  store.run(`DELETE FROM outbox WHERE ${others}`, [conversation, ...peerIds])
}
