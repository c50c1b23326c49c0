/** A group that one side cannot read any more: its keys are asked for again, or another group is made. Spec: CNV-10. */
import { verifyDeviceBundle } from '@parley/core'
import type { Context } from '../context.ts'
import { contactByConversation } from '../store/contacts.ts'
import { devicesOf } from '../store/devices.ts'
import { askForBundle } from './contacts.ts'
import { startGroup } from './groups.ts'

/** A new group for a contact whose device cannot read the old one; same conversation, same history. CNV-10 */
export async function restartGroup(context: Context, conversation: string): Promise<void> {
  const { store, turns, clock, crypto, log } = context
  const contact = contactByConversation(store, conversation)
  const device =
    contact === undefined ? undefined : devicesOf(store, contact.account).find(({ bundle }) => bundle !== undefined)
  if (device?.bundle === undefined) return
  const now = clock.now()
  const bundle = await verifyDeviceBundle(crypto, device.bundle, now)
  if (!bundle.ok) {
    askForKeys(context, conversation)
    return
  }
  const reusable = bundle.value.keyPackages.slice(-1)
  log.log('warn', 'the other side cannot read this group: making a new one', {})
  const theirs = { ...bundle.value, keyPackages: reusable }
  await turns.runAlone('input', () => startGroup(context, conversation, theirs, { now, judgedAt: now }))
}

/** Asks the contact for its bundle, over the links to it. */
export function askForKeys(context: Context, conversation: string): void {
  const { store, sessions } = context
  const contact = contactByConversation(store, conversation)
  if (contact === undefined) return
  for (const session of sessions.ofAccount(contact.account)) askForBundle(context, session)
}
