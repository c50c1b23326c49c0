/** What waits for a peer that is away: a message, who signed it, sealed to one key. Spec: OBZ-9, OBZ-10, OBZ-11. */
import { concat } from '../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import { OPENBAZAAR_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { decodeOpenBazaarMessage, encodeOpenBazaarMessage } from './message.ts'
import type { OpenBazaarMessage } from './message.ts'
import { encodeOpenBazaarPublicKey, openBazaarPeerId, parseOpenBazaarPublicKey } from './peer.ts'
import { bytesField, bytesOf, messageField, messageOf, readProtoFields } from './protobuf.ts'
import { BOX_OVERHEAD_BYTES, openBox, sealBox } from './sealed-box.ts'
import type { OpenBazaarIdentity } from './word-list.ts'

export type OpenBazaarEnvelopeRejection =
  | 'too-short'
  | 'too-large'
  /** Sealed to another key, or changed on the way; the bucket of a pointer key holds strangers' envelopes too. */
  | 'not-for-us'
  | 'malformed'
  | 'bad-key'
  | 'bad-signature'

/** All bytes are copies. */
export interface OpenedOpenBazaarEnvelope {
  /** `Qm…` */
  readonly sender: string
  /** Ed25519, 32 bytes. */
  readonly senderKey: Uint8Array
  readonly message: OpenBazaarMessage
}

/**
 * Signs a message and seals it to `recipientKey` (32 bytes, Ed25519). Fresh bytes; the seed is borrowed. The signature does
 * not say to whom: whoever opens the envelope can pass it on as if it had been meant for another. Spec: OBZ-9, OBZ-10.
 */
export async function sealOpenBazaarEnvelope(
  crypto: CryptoPort,
  random: RandomPort,
  sender: Pick<OpenBazaarIdentity, 'seed' | 'publicKey'>,
  recipientKey: Uint8Array,
  message: OpenBazaarMessage,
): Promise<Result<Uint8Array, 'too-large' | 'bad-key'>> {
  const signed = encodeOpenBazaarMessage(message)
  const signature = await crypto.ed25519Sign(sender.seed, signed)
  const publicKey = encodeOpenBazaarPublicKey(sender.publicKey)
  const envelope = concat(messageField(1, signed), bytesField(2, publicKey), bytesField(3, signature))
  if (envelope.length + BOX_OVERHEAD_BYTES > OPENBAZAAR_MESSAGE_BYTES_MAX) return fail('too-large')
  const sealed = sealBox(recipientKey, envelope, random)
  return sealed === undefined ? fail('bad-key') : ok(sealed)
}

/**
 * Opens an envelope with an Ed25519 seed (32 bytes, borrowed) and checks who signed it. Never throws for bytes. An opened
 * envelope proves that the sender wrote the message to somebody, not that it was to this reader. Spec: OBZ-9 to OBZ-11.
 */
export async function openOpenBazaarEnvelope(
  crypto: CryptoPort,
  seed: Uint8Array,
  sealed: Uint8Array,
): Promise<Result<OpenedOpenBazaarEnvelope, OpenBazaarEnvelopeRejection>> {
  if (sealed.length < BOX_OVERHEAD_BYTES) return fail('too-short')
  if (sealed.length > OPENBAZAAR_MESSAGE_BYTES_MAX) return fail('too-large')
  const envelope = openBox(seed, sealed)
  if (envelope === undefined) return fail('not-for-us')
  const fields = readProtoFields(envelope)
  const messageBytes = fields === undefined ? undefined : messageOf(fields, 1)
  const message = messageBytes === undefined ? undefined : decodeOpenBazaarMessage(messageBytes)
  if (fields === undefined || message === undefined) return fail('malformed')
  const senderKey = parseOpenBazaarPublicKey(bytesOf(fields, 2))
  if (senderKey === undefined) return fail('bad-key')
  // The original signs what it writes and checks what it writes again, so another spelling of the same message passes.
  const isSigned = await crypto.ed25519Verify(senderKey, encodeOpenBazaarMessage(message), bytesOf(fields, 3))
  return isSigned ? ok({ sender: openBazaarPeerId(senderKey), senderKey, message }) : fail('bad-signature')
}
