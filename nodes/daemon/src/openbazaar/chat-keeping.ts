/** Marking as read and removing; both touch this device alone, but for the receipt of what was unread. Spec: OBG-10. */
import { parseMessageId, requestIdOf, subjectOf } from './names.ts'
import type { Ask, Routes } from './routes.ts'
import type { Session } from './session.ts'

export const keepingRoutes: Routes = {
  'POST markchatasread': markAsRead,
  'DELETE chatmessage': deleteMessage,
  'DELETE chatconversation': deleteConversation,
}

/** Without a peer: the whole subject. Where nothing is unread nothing happens, and nobody is told. */
async function markAsRead({ session, rest, query }: Ask): Promise<unknown> {
  const { client, people } = session
  const peerId = rest[0] ?? ''
  const subject = subjectOf(query.get('subject') ?? '')
  if (subject === undefined) return {}
  if (subject === '') await markRequestsAsSeen(session, peerId)
  const person = people.near(peerId)
  const only = person?.type === 'contact' ? person.contact.conversation : undefined
  if (peerId !== '' && (only === undefined || !session.unread.mayBeIn(only))) return {}
  for (const { conversation, unread } of await client.call('discussions.list', { subject })) {
    const isMeant = only === undefined || conversation === only
    if (isMeant && unread > 0) await client.call('conversations.read', { conversation, subject })
  }
  if (only !== undefined) await session.unread.settle(only)
  return {}
}

/** Nobody is told: who asks learns of an answer alone. Those that were answered meanwhile are forgotten. */
async function markRequestsAsSeen({ people, seen }: Session, peerId: string): Promise<void> {
  const pending = [...people.requests]
  const meant = pending.filter(([peer]) => peerId === '' || peer === peerId).map(([, { id }]) => id)
  await seen.update((before) => {
    if (meant.every((id) => before.includes(id))) return before
    const ids = new Set([...before, ...meant])
    return pending.map(([, { id }]) => id).filter((id) => ids.has(id))
  })
}

async function deleteMessage({ session, rest }: Ask): Promise<unknown> {
  const { client, people, waiting, aliases } = session
  const named = parseMessageId(rest[0] ?? '')
  if (named?.type === 'request') {
    const request = [...people.requests].find(([, { id }]) => requestIdOf(id) === named.name)?.[1]
    if (request !== undefined) await client.call('requests.decline', { id: request.id })
    return {}
  }
  if (named?.type === 'copy') await waiting.remove(({ copy }) => copy === named.copy)
  for (const { conversation, id } of await aliases.find(client, named)) {
    await client.call('messages.hide', { conversation, message: id })
  }
  return {}
}

/** What was said about orders stays. */
async function deleteConversation({ session, rest }: Ask): Promise<unknown> {
  const { client, people, waiting } = session
  const peerId = rest[0] ?? ''
  await waiting.remove((text) => text.peerId === peerId && text.subject === '')
  const person = await people.find(peerId)
  if (person?.type === 'request') await client.call('requests.decline', { id: person.request.id })
  if (person?.type === 'contact') {
    await client.call('conversations.clear', { conversation: person.contact.conversation, subject: '' })
  }
  return {}
}
