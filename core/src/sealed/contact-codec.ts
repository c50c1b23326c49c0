/** Bodies of the two messages of first contact. Form only: what they carry is verified by its own layer. */
import { decodeCbor, encodeCbor, isBytes, isRecord, isText } from '../base/cbor.ts'
import {
  BUNDLE_BYTES_MAX,
  CONVERSATION_ID_BYTES,
  GROUP_ID_BYTES_MAX,
  MLS_MESSAGE_BYTES_MAX,
  REQUEST_TEXT_LETTERS_MAX,
} from '../base/limits.ts'
import { countLetters } from '../content/letters.ts'
import { INVITE_ID_BYTES, INVITE_PROOF_BYTES } from '../identity/invite.ts'
import { hasExactKeys } from '../identity/signed-record.ts'

export const CONTACT_REQUEST = 'contact.request'
export const CONTACT_WELCOME = 'contact.welcome'

/** "May I?": sent to a device that an invite names. */
export interface ContactRequestBody {
  /** The requester's device bundle. */
  readonly bundle: Uint8Array
  /** First words; may be empty; at most REQUEST_TEXT_LETTERS_MAX letters. */
  readonly text: string
  readonly inviteId: Uint8Array
  /** {@link inviteProof} over the transcript of the two accounts. */
  readonly inviteProof: Uint8Array
}

/** "Yes": the group that was made for the two of us. */
export interface ContactWelcomeBody {
  readonly conversation: Uint8Array
  readonly groupId: Uint8Array
  /** Encoded MLS Welcome with its ratchet tree. */
  readonly welcome: Uint8Array
  /** The accepting device's bundle, with the name it claims. */
  readonly bundle: Uint8Array
}

export const encodeContactRequest = (body: ContactRequestBody): Uint8Array =>
  encodeCbor({ bundle: body.bundle, text: body.text, invite: body.inviteId, proof: body.inviteProof })

/** `undefined` for any other bytes. The text is as the sender wrote it: clean it before it is shown. Spec: FST-15. */
export function parseContactRequest(bytes: Uint8Array): ContactRequestBody | undefined {
  const value = decodeCbor(bytes)
  if (!isRecord(value) || !hasExactKeys(value, ['bundle', 'text', 'invite', 'proof'])) return undefined
  const { bundle, text, invite, proof } = value
  if (!isBytes(bundle) || bundle.length > BUNDLE_BYTES_MAX) return undefined
  if (!isText(text, 2 * REQUEST_TEXT_LETTERS_MAX) || countLetters(text) > REQUEST_TEXT_LETTERS_MAX) return undefined
  if (!isBytes(invite, INVITE_ID_BYTES) || !isBytes(proof, INVITE_PROOF_BYTES)) return undefined
  return { bundle, text, inviteId: invite, inviteProof: proof }
}

export const encodeContactWelcome = (body: ContactWelcomeBody): Uint8Array =>
  encodeCbor({ conversation: body.conversation, group: body.groupId, welcome: body.welcome, bundle: body.bundle })

/** `undefined` for any other bytes. Spec: FST-16. */
export function parseContactWelcome(bytes: Uint8Array): ContactWelcomeBody | undefined {
  const value = decodeCbor(bytes)
  if (!isRecord(value) || !hasExactKeys(value, ['conversation', 'group', 'welcome', 'bundle'])) return undefined
  const { conversation, group, welcome, bundle } = value
  if (!isBytes(conversation, CONVERSATION_ID_BYTES)) return undefined
  if (!isBytes(group) || group.length === 0 || group.length > GROUP_ID_BYTES_MAX) return undefined
  if (!isBytes(welcome) || welcome.length > MLS_MESSAGE_BYTES_MAX) return undefined
  if (!isBytes(bundle) || bundle.length > BUNDLE_BYTES_MAX) return undefined
  return { conversation, groupId: group, welcome, bundle }
}
