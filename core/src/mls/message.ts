/** Application messages (RFC 9420 §6.3), and the one door for everything that arrives in a group. */
import type { PrivateMessage } from 'ts-mls'
import { createApplicationMessage, encodeMlsMessage } from 'ts-mls'
import { verifyFramedContentSignature } from 'ts-mls/framedContent.js'
import {
  decodePrivateMessageContent,
  decryptSenderData,
  encodePrivateContentAAD,
  toAuthenticatedContent,
} from 'ts-mls/privateMessage.js'
import { equalBytes } from '../base/bytes.ts'
import { MLS_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { decodeMessage, messageHeader } from './codec.ts'
import { openCommit } from './open-commit.ts'
import { groupOf } from './group.ts'
import { refuseGeneration, takeMessageKey } from './ratchet.ts'
import { suiteOf } from './suite.ts'
import { memberAt } from './tree.ts'
import type { Encrypted, Group, MlsContext, Opened, OpenRejection } from './types.ts'

/**
 * Encrypts and signs one application message. The result's group replaces `group`: store it before the message leaves,
 * or a crash would use a key twice. `authenticatedData` travels in clear inside the message. Spec: MLS-14.
 */
export async function encryptMessage(
  context: MlsContext,
  group: Group,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<Encrypted> {
  const result = await createApplicationMessage(group.state, plaintext, suiteOf(context), authenticatedData)
  const { privateMessage } = result
  return {
    group: groupOf(result.newState),
    message: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage }),
    erase: result.consumed,
  }
}

/**
 * Opens whatever arrived for this group in its current epoch: an application message or a commit.
 *
 * Another group's or epoch's message is refused from its clear head, without cryptography; the caller then tries the
 * state it keeps for that epoch. Standalone proposals are always refused. The sender comes from the encrypted sender
 * data and is covered by the signature, so content cannot lie about it. Never throws. Spec: MLS-4…MLS-11.
 */
export async function openMessage(
  context: MlsContext,
  group: Group,
  bytes: Uint8Array,
): Promise<Result<Opened, OpenRejection>> {
  if (bytes.length > MLS_MESSAGE_BYTES_MAX) return fail('too-large')
  const header = messageHeader(bytes)
  if (header === undefined) return fail('malformed')
  const { groupContext } = group.state
  if (!equalBytes(header.groupId, groupContext.groupId)) return fail('wrong-group')
  if (BigInt(header.epoch) !== groupContext.epoch) return fail('wrong-epoch')
  const message = decodeMessage(bytes)
  if (message?.wireformat === 'mls_public_message') return openCommit(context, group, message.publicMessage)
  if (message?.wireformat !== 'mls_private_message') return fail('malformed')
  const { privateMessage } = message
  if (privateMessage.contentType === 'proposal') return fail('standalone-proposal')
  if (privateMessage.contentType === 'commit') return fail('invalid-commit')
  return openApplication(context, group, privateMessage)
}

async function openApplication(
  context: MlsContext,
  group: Group,
  message: PrivateMessage,
): Promise<Result<Opened, OpenRejection>> {
  const { state } = group
  const suite = suiteOf(context)
  try {
    const senderData = await decryptSenderData(message, state.keySchedule.senderDataSecret, suite)
    if (senderData === undefined) return fail('malformed')
    const sender = memberAt(state.ratchetTree, senderData.leafIndex)
    if (sender === undefined) return fail('unknown-sender')
    if (sender.leaf === state.privatePath.leafIndex) return fail('own-message')
    const refusal = refuseGeneration(state.secretTree, senderData)
    if (refusal !== undefined) return fail(refusal)
    const { key, nonce, tree, erase } = await takeMessageKey(state.secretTree, senderData, suite)
    const aad = encodePrivateContentAAD(message)
    const decrypted = await suite.hpke.decryptAead(key, nonce, aad, message.ciphertext)
    const decoded = decodePrivateMessageContent('application')(decrypted, 0)?.[0]
    if (decoded?.contentType !== 'application') return fail('malformed')
    const { content, auth } = toAuthenticatedContent(decoded, message, sender.leaf)
    const isSigned = await verifyFramedContentSignature(
      sender.signaturePublicKey,
      'mls_private_message',
      content,
      auth,
      state.groupContext,
      suite.signature,
    )
    if (!isSigned) return fail('bad-signature')
    return ok({
      type: 'application',
      group: groupOf({ ...state, secretTree: tree }),
      plaintext: decoded.applicationData,
      sender,
      authenticatedData: message.authenticatedData,
      erase,
    })
  } catch {
    // an AEAD that does not open throws, and so does content that ends early
    return fail('undecryptable')
  }
}
