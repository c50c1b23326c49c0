/** How people, messages and times are called here. Spec: OBG-7…OBG-9. */
import {
  concat,
  fromHex,
  multihashText,
  openBazaarPeerId,
  parseAccount,
  OPENBAZAAR_SUBJECT_LETTERS_MAX,
  parseOpenBazaarId,
  sanitizeName,
  sha256,
  toHex,
  utf8,
} from '@parley/core'
import type { Message } from '@parley/engine'
import { randomBytes } from 'node:crypto'
import { PEER_IDS_REMEMBERED_MAX } from './limits.ts'

/** First byte of a name: our messages are version 1, the others are ours alone. */
const MESSAGE = 0x01
const COPY = 0x02
const REQUEST = 0x03
const NOTHING = 0x00
const COPY_BYTES = 31

const peerIds = new Map<string, string>()

/** `Qm…` of an account. @throws Error for what is no account; the engine gives none. */
export function peerIdOf(account: string): string {
  const known = peerIds.get(account)
  if (known !== undefined) return known
  const key = parseAccount(account)
  if (key === undefined) throw new Error('an account of the engine has a key')
  const peerId = openBazaarPeerId(key)
  if (peerIds.size >= PEER_IDS_REMEMBERED_MAX) peerIds.clear()
  peerIds.set(account, peerId)
  return peerId
}

/** A subject as the engine compares and shows it; `undefined` for one that has letters and shows nothing. */
export function subjectOf(given: string): string | undefined {
  const subject = sanitizeName(given, OPENBAZAAR_SUBJECT_LETTERS_MAX)
  return subject === '' && given !== '' ? undefined : subject
}

export const isPeerId = (text: string): boolean => parseOpenBazaarId(text) !== undefined

/** What a message id names: one message, the copies of one saying, or a request for contact. */
export type Named =
  | { readonly type: 'message'; readonly id: string }
  | { readonly type: 'copy'; readonly copy: string }
  | { readonly type: 'request'; readonly name: string }

/** The id of a message; of what was said to several people at once, the id that all copies share. */
export const messageIdOf = ({ id, copy }: Pick<Message, 'id' | 'copy'>): string =>
  copy === undefined ? multihashText(fromHex(id)) : copyIdOf(copy)

export const copyIdOf = (copy: string): string => multihashText(concat(Uint8Array.of(COPY), fromHex(copy)))

/** A request for contact is shown like a message, so it needs an id like one. */
export const requestIdOf = (request: string): string =>
  multihashText(concat(Uint8Array.of(REQUEST), sha256(utf8(request)).subarray(0, COPY_BYTES)))

/** For what has no message behind it, such as typing: never the same twice, and names nothing. */
export const idOfNothing = (): string => multihashText(concat(Uint8Array.of(NOTHING), randomBytes(COPY_BYTES)))

export const createCopy = (): string => randomBytes(COPY_BYTES).toString('hex')

/** `undefined` for what cannot be the id of anything here. */
export function parseMessageId(text: string): Named | undefined {
  const bytes = parseOpenBazaarId(text)
  switch (bytes?.[0]) {
    case MESSAGE:
      return { type: 'message', id: toHex(bytes) }
    case COPY:
      return { type: 'copy', copy: toHex(bytes.subarray(1)) }
    case REQUEST:
      return { type: 'request', name: text }
    default:
      return undefined
  }
}

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** RFC 3339 in UTC without trailing zeros, as Go writes it. Unix milliseconds. */
export function timestampOf(ms: number): string {
  const text = new Date(Math.max(0, Math.min(ms, LAST_MS))).toISOString()
  return text.replace(/\.?0*Z$/, 'Z')
}
