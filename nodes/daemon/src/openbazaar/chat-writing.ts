/** Writing: `chat` and `groupchat`. Answers once what was written is durable; the network comes later. Spec: OBG-11, OBG-12. */
import { countLetters, OPENBAZAAR_CHAT_LETTERS_MAX, OPENBAZAAR_SUBJECT_LETTERS_MAX, sanitizeText } from '@parley/core'
import { EngineError, type Message } from '@parley/engine'
import { chatMessage, chatOfWaiting } from './chat-views.ts'
import { type Given, parseObject, textIn, textsIn } from './given.ts'
import { GROUP_PEERS_MAX } from './limits.ts'
import { copyIdOf, createCopy, idOfNothing, isPeerId, subjectOf } from './names.ts'
import { notAPeer, Refusal } from './refusal.ts'
import type { Ask, Routes } from './routes.ts'

export const writingRoutes: Routes = { 'POST chat': postChat, 'POST groupchat': postGroupChat }

interface Words {
  readonly subject: string
  readonly text: string
}

/** @throws Refusal 400. Letters are counted, not bytes. */
function wordsIn(given: Given): Words {
  const [about, text] = [textIn(given, 'subject'), textIn(given, 'message')]
  if (countLetters(about) > OPENBAZAAR_SUBJECT_LETTERS_MAX) throw new Refusal(400, 'Subject line is too long')
  if (countLetters(text) > OPENBAZAAR_CHAT_LETTERS_MAX) throw new Refusal(400, 'Message is too long')
  if (text !== '' && sanitizeText(text) === '') throw new Refusal(400, 'Message shows nothing')
  const subject = subjectOf(about)
  // Nothing visible is no subject, and what is about an order does not belong into the conversation itself.
  if (subject === undefined) throw new Refusal(400, 'Subject line shows nothing')
  return { subject, text }
}

async function postChat(ask: Ask): Promise<unknown> {
  const given = parseObject(ask.body, 'repo.ChatMessage')
  const words = wordsIn(given)
  const peerId = textIn(given, 'peerId')
  await assertReachable(ask, peerId)
  if (words.text === '') return typing(ask, [peerId], words.subject)
  const conversation = await conversationWith(ask, peerId)
  if (conversation === undefined) return wait(ask, [peerId], words, createCopy())
  return ask.told.whileWriting(async () => {
    const message = await send(ask, conversation, words, undefined)
    const messageId = ask.session.aliases.idOf(message)
    tell(ask, message, messageId, peerId)
    return { messageId }
  })
}

async function postGroupChat(ask: Ask): Promise<unknown> {
  const given = parseObject(ask.body, 'repo.GroupChatMessage')
  const words = wordsIn(given)
  // The desktop's list may name oneself.
  const peerIds = [...new Set(textsIn(given, 'peerIds'))].filter((peerId) => peerId !== ask.session.people.peerId)
  if (words.subject === '') {
    throw new Refusal(400, 'Group chats must include a unique subject to be used as the group chat ID')
  }
  if (peerIds.length > GROUP_PEERS_MAX) throw new Refusal(400, `At most ${GROUP_PEERS_MAX} people at once`)
  if (peerIds.length === 0) throw notAPeer()
  // All of them before any: nobody gets what others would not.
  for (const peerId of peerIds) await assertReachable(ask, peerId)
  if (words.text === '') return typing(ask, peerIds, words.subject)
  const copy = createCopy()
  return ask.told.whileWriting(async () => {
    const unknown: string[] = []
    const conversations: string[] = []
    for (const peerId of peerIds) {
      const conversation = await conversationWith(ask, peerId)
      if (conversation === undefined) unknown.push(peerId)
      else conversations.push(conversation)
    }
    if (unknown.length > 0) await wait(ask, unknown, words, copy)
    const messageId = copyIdOf(copy)
    for (const [index, conversation] of conversations.entries()) {
      const message = await send(ask, conversation, words, copy)
      if (index === 0 && unknown.length === 0) tell(ask, message, messageId, '')
    }
    return { messageId }
  })
}

/** @throws Refusal 500 for what is no peer, for oneself and for blocked ones. */
async function assertReachable({ session }: Ask, peerId: string): Promise<void> {
  if (!isPeerId(peerId)) throw notAPeer()
  if (peerId === session.people.peerId) throw new Refusal(500, 'A message needs somebody else to read it.')
  if (await session.blocks.isBlocked(peerId))
    throw new Refusal(500, 'You blocked this person. Unblock them to write again.')
}

/** Where to write to them now; writing to somebody who asked for contact accepts. `undefined`: not in contact. */
async function conversationWith({ session }: Ask, peerId: string): Promise<string | undefined> {
  const { client, people, waiting } = session
  const person = people.near(peerId) ?? (await people.find(peerId))
  // What was written before goes first.
  const isQueued = (await waiting.all()).some((text) => text.peerId === peerId)
  if (isQueued) return undefined
  if (person?.type === 'contact') return person.contact.conversation
  if (person?.type !== 'request') return undefined
  const { id } = person.request
  await client.call('requests.accept', { id }).catch((error: unknown) => {
    // Another window answered them just now.
    if (!(error instanceof EngineError) || error.code !== 'REQUEST_NOT_FOUND') throw error
  })
  await people.refresh()
  const accepted = people.near(peerId)
  return accepted?.type === 'contact' ? accepted.contact.conversation : undefined
}

const send = ({ session }: Ask, conversation: string, { subject, text }: Words, copy: string | undefined) =>
  session.client.call('messages.send', {
    conversation,
    text,
    ...(subject === '' ? {} : { subject }),
    ...(copy === undefined ? {} : { copy }),
  })

/** Tells the caller's other windows. */
function tell({ told, origin }: Ask, message: Message, messageId: string, peerId: string): void {
  const view = chatMessage(message, { messageId, peerId, outgoing: true, read: false })
  if (view !== undefined) told.written(view, origin)
}

async function wait(ask: Ask, peerIds: readonly string[], { subject, text }: Words, copy: string): Promise<unknown> {
  const writtenAt = Date.now()
  const texts = peerIds.map((peerId) => ({ peerId, copy, subject, text, writtenAt }))
  await ask.session.waiting.add(texts)
  const [first] = texts
  if (first !== undefined) {
    const view = chatOfWaiting(first)
    ask.told.written(texts.length > 1 ? { ...view, peerId: '' } : view, ask.origin)
  }
  return { messageId: copyIdOf(copy) }
}

/** Only those who are in contact learn of it. */
async function typing({ session }: Ask, peerIds: readonly string[], subject: string): Promise<unknown> {
  for (const peerId of peerIds) {
    const person = session.people.near(peerId)
    if (person?.type !== 'contact' || person.contact.status !== 'active') continue
    const { conversation } = person.contact
    await session.client.call('conversations.typing', { conversation, ...(subject === '' ? {} : { subject }) })
  }
  return { messageId: idOfNothing() }
}
