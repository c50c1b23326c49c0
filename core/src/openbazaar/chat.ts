/** What people say to each other over OpenBazaar, and how a saying is named. Spec: OBZ-4, OBZ-8. */
import { concat, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { OPENBAZAAR_CHAT_LETTERS_MAX, OPENBAZAAR_SUBJECT_LETTERS_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { countLetters } from '../content/letters.ts'
import { OPENBAZAAR_MESSAGE_TYPES, openBazaarMessage, openBazaarPayload, typeUrlOf } from './message.ts'
import type { OpenBazaarMessage } from './message.ts'
import { multihashText } from './peer.ts'
import {
  int32Of,
  messageField,
  messageOf,
  readProtoFields,
  textField,
  textsOf,
  uint64Of,
  varintField,
} from './protobuf.ts'

/** A point in time, finer than JavaScript's own: an id is made of all of it. */
export interface OpenBazaarTime {
  /** Since 1970, UTC; the years 1 to 9999. */
  readonly seconds: number
  /** 0 to 999,999,999. */
  readonly nanos: number
}

/** A saying, a sign that somebody types, or one that everything up to `messageId` was read. */
export interface OpenBazaarChat {
  readonly flag: 'message' | 'typing' | 'read'
  /** As it was sent; {@link openBazaarChatId} says what it ought to be. */
  readonly messageId: string
  /** Empty, or the id of an order. */
  readonly subject: string
  readonly message: string
  /** By the sender's clock. A message has it always. */
  readonly timestamp: OpenBazaarTime | undefined
}

export type OpenBazaarChatRejection =
  | 'no-chat'
  | 'malformed'
  | 'unknown-flag'
  | 'no-timestamp'
  | 'bad-timestamp'
  | 'too-long'
  | 'ill-formed-text'

const FLAGS = ['message', 'typing', 'read'] as const
const TYPE = 'Chat'
const ID_LENGTH_MAX = 256
/** 0001-01-01 and 10000-01-01, in seconds. */
const SECONDS_MIN = -62_135_596_800
const SECONDS_END = 253_402_300_800
const NANOS_END = 1_000_000_000

/** RFC 3339 in UTC, nanoseconds without trailing zeros: the text that ids are made of. Spec: OBZ-4. */
function timeText(time: OpenBazaarTime): string {
  // oxlint-disable-next-line no-restricted-globals -- the calendar, not the clock
  const whole = new Date(time.seconds * 1_000).toISOString().slice(0, -'.000Z'.length)
  const fraction = String(time.nanos).padStart(9, '0').replace(/0+$/u, '')
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`
}

/**
 * `Qm…`: the id that OpenBazaar gives to these words at this time. Neither sender nor reader are in it, and what is moved
 * from the message into the subject gives the same id: it names, it proves nothing. Spec: OBZ-4.
 * @throws RangeError for a time that {@link OpenBazaarTime} does not allow; decoded ones are inside.
 */
export const openBazaarChatId = (message: string, subject: string, time: OpenBazaarTime): string =>
  multihashText(sha256(utf8(message + subject + timeText(time))))

/** The message that carries a chat, or why no node would take it. Spec: OBZ-8. */
export function encodeOpenBazaarChat(chat: OpenBazaarChat): Result<OpenBazaarMessage, OpenBazaarChatRejection> {
  const why = rejectionOf(chat)
  if (why !== undefined) return fail(why)
  const time = chat.timestamp
  const value = concat(
    textField(1, chat.messageId),
    textField(2, chat.subject),
    textField(3, chat.message),
    time === undefined
      ? new Uint8Array(0)
      : messageField(4, concat(varintField(1, time.seconds), varintField(2, time.nanos))),
    varintField(5, FLAGS.indexOf(chat.flag)),
  )
  return ok(openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.CHAT, openBazaarPayload(TYPE, value)))
}

/** The chat in a message. Never throws. Spec: OBZ-8. */
export function decodeOpenBazaarChat(carrier: OpenBazaarMessage): Result<OpenBazaarChat, OpenBazaarChatRejection> {
  const { messageType, payload } = carrier
  if (messageType !== OPENBAZAAR_MESSAGE_TYPES.CHAT || payload?.typeUrl !== typeUrlOf(TYPE)) return fail('no-chat')
  const fields = readProtoFields(payload.value)
  if (fields === undefined) return fail('malformed')
  const [messageId, subject, message] = [1, 2, 3].map((number) => {
    const texts = textsOf(fields, number)
    return texts === undefined ? undefined : (texts.at(-1) ?? '')
  })
  if (messageId === undefined || subject === undefined || message === undefined) return fail('malformed')
  const flag = FLAGS[int32Of(fields, 5)]
  if (flag === undefined) return fail('unknown-flag')
  const timeBytes = messageOf(fields, 4)
  const timeFields = timeBytes === undefined ? [] : readProtoFields(timeBytes)
  if (timeFields === undefined) return fail('malformed')
  const seconds = Number(BigInt.asIntN(64, uint64Of(timeFields, 1)))
  const timestamp = timeBytes === undefined ? undefined : { seconds, nanos: int32Of(timeFields, 2) }
  const chat = { flag, messageId, subject, message, timestamp }
  const why = rejectionOf(chat)
  return why === undefined ? ok(chat) : fail(why)
}

/** The same for reader and writer, so that neither takes what the other would not. */
function rejectionOf(chat: OpenBazaarChat): OpenBazaarChatRejection | undefined {
  const { messageId, subject, message, timestamp } = chat
  if (![messageId, subject, message].every((text) => text.isWellFormed())) return 'ill-formed-text'
  if (messageId.length > ID_LENGTH_MAX) return 'too-long'
  if (countLetters(subject) > OPENBAZAAR_SUBJECT_LETTERS_MAX) return 'too-long'
  if (countLetters(message) > OPENBAZAAR_CHAT_LETTERS_MAX) return 'too-long'
  if (timestamp === undefined) return chat.flag === 'message' ? 'no-timestamp' : undefined
  return isTime(timestamp) ? undefined : 'bad-timestamp'
}

const isTime = ({ seconds, nanos }: OpenBazaarTime): boolean =>
  Number.isInteger(seconds) &&
  seconds >= SECONDS_MIN &&
  seconds < SECONDS_END &&
  Number.isInteger(nanos) &&
  nanos >= 0 &&
  nanos < NANOS_END
