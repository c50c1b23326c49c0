/** Messages and conversations in OpenBazaar's words. Spec: OBG-8…OBG-10. */
import type { Content, ContactRequest, Message } from '@parley/engine'
import { copyIdOf, requestIdOf, timestampOf } from './names.ts'
import type { WaitingText } from './waiting.ts'

/** As in `chatmessages` and in `message` frames. Text is raw: escaping belongs to whoever shows it. */
export interface ChatMessage {
  readonly message: string
  readonly messageId: string
  readonly outgoing: boolean
  /** Empty for what was said to several people at once. */
  readonly peerId: string
  readonly read: boolean
  readonly subject: string
  readonly timestamp: string
}

/** As in `chatconversations`. */
export interface ChatConversation {
  readonly lastMessage: string
  readonly outgoing: boolean
  readonly peerId: string
  readonly timestamp: string
  readonly unread: number
}

/** What stands in for the words of a request that came without any. */
const ASKS = '(asks to write to you; your answer accepts)'

/** `undefined` for what is not shown here: its author deleted it. */
export function textOf(content: Content): string | undefined {
  if (content.type === 'text') return content.text
  return content.type === 'unknown' ? content.fallback : undefined
}

export interface MessageFacts {
  readonly messageId: string
  readonly peerId: string
  readonly outgoing: boolean
  readonly read: boolean
}

export function chatMessage(message: Message, facts: MessageFacts): ChatMessage | undefined {
  const text = textOf(message.content)
  if (text === undefined) return undefined
  return { message: text, ...facts, subject: message.subject ?? '', timestamp: timestampOf(message.sentAt) }
}

export const chatOfRequest = (request: ContactRequest, peerId: string, read: boolean): ChatMessage => ({
  message: request.text === '' ? ASKS : request.text,
  messageId: requestIdOf(request.id),
  outgoing: false,
  peerId,
  read,
  subject: '',
  timestamp: timestampOf(request.receivedAt),
})

export const chatOfWaiting = ({ text, copy, peerId, subject, writtenAt }: WaitingText): ChatMessage => ({
  message: text,
  messageId: copyIdOf(copy),
  outgoing: true,
  peerId,
  read: false,
  subject,
  timestamp: timestampOf(writtenAt),
})

export const conversationOf = (last: ChatMessage, unread: number): ChatConversation => ({
  lastMessage: last.message,
  outgoing: last.outgoing,
  peerId: last.peerId,
  timestamp: last.timestamp,
  unread,
})
