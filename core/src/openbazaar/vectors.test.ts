/** What openbazaar-go v0.14.5 wrote itself: the frozen vectors, and all that were recorded where those are present. */
import { existsSync, readFileSync } from 'node:fs'
import { base64 } from '@scure/base'
import { mnemonicToSeedSync } from '@scure/bip39'
import { describe, expect, it, test } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { createNobleCrypto } from '../base/testing/noble-crypto.ts'
import { decodeOpenBazaarChat, encodeOpenBazaarChat, openBazaarChatId, type OpenBazaarChat } from './chat.ts'
import { openOpenBazaarEnvelope } from './envelope.ts'
import { decodeOpenBazaarMessage, encodeOpenBazaarMessage, OPENBAZAAR_MESSAGE_TYPES } from './message.ts'
import {
  encodeOpenBazaarPrivateKey,
  encodeOpenBazaarPublicKey,
  openBazaarPeerId,
  parseOpenBazaarPrivateKey,
  parseOpenBazaarPublicKey,
} from './peer.ts'
import { openBazaarBlockCid, openBazaarPointerId, openBazaarPointerKey } from './pointer.ts'
import { openBox } from './sealed-box.ts'
import { decodeOpenBazaarStore, encodeOpenBazaarStore } from './store.ts'
import type { ChatVector, EnvelopeVector, OpenBazaarVectors, WireVector } from './testing/vectors.ts'
import { deriveOpenBazaarIdentity } from './word-list.ts'

const crypto = await createNobleCrypto()
const folder = new URL('../../../../shared/vectors/openbazaar/', import.meta.url)
const parse = (url: URL) => JSON.parse(readFileSync(url, 'utf8'))
const frozen: OpenBazaarVectors = parse(new URL('../../../docs/spec/vectors/openbazaar.json', import.meta.url))
const seeds = new Map(frozen.identities.map(({ peerID, ed25519SeedHex }) => [peerID, fromHex(ed25519SeedHex)]))

function recordedVectors(): OpenBazaarVectors {
  const file = (name: string) => parse(new URL(`${name}.json`, folder))
  const pointers = file('pointers')
  return {
    identities: file('identities').identities,
    encryption: file('encryption').vectors,
    messageIds: file('message-ids').vectors,
    pointerKeys: pointers.keys,
    pointerIds: pointers.pointerIDs,
    wireMessages: file('wire-messages').messages,
    recorded: file('offline-envelopes-recorded').envelopes,
    hostile: file('offline-envelopes-hostile').envelopes,
  }
}

describe('the frozen vectors of OpenBazaar', () => {
  it('[OBZ-1] [OBZ-2] [OBZ-3] make the identities', () => checkIdentities(frozen))
  it('[OBZ-4] name the chats', () => checkChatIds(frozen))
  it('[OBZ-5] [OBZ-6] [OBZ-8] [OBZ-15] are read and written', () => frozen.wireMessages.forEach(checkWireMessage))
  it('[OBZ-9] open the boxes', () => checkBoxes(frozen))
  it('[OBZ-10] [OBZ-12] [OBZ-13] [OBZ-14] open the recorded envelopes', () => checkRecorded(frozen))
  it.each(frozen.hostile)('[OBZ-11] $name: $expect', checkHostile)
  it('[OBZ-13] [OBZ-14] make keys and ids of pointers', () => checkPointers(frozen))
})

test('[OBZ-11] everything that was recorded of OpenBazaar is read', async ({ skip }) => {
  skip(!existsSync(folder), 'the recorded vectors are not beside this repository')
  const all = recordedVectors()
  await checkIdentities(all)
  checkChatIds(all)
  all.wireMessages.forEach(checkWireMessage)
  checkBoxes(all)
  await checkRecorded(all)
  for (const vector of all.hostile) await checkHostile(vector)
  checkPointers(all)
  expect(Object.values(all).map((list: readonly unknown[]) => list.length)).toEqual([3, 3, 5, 4, 1, 6, 6, 10])
})

async function checkIdentities({ identities }: OpenBazaarVectors): Promise<void> {
  for (const vector of identities) {
    expect(toHex(mnemonicToSeedSync(vector.mnemonic, 'Secret Passphrase'))).toBe(vector.bip39SeedHex)
    const derived = await deriveOpenBazaarIdentity(crypto, vector.mnemonic)
    if (!derived.ok) throw new Error(derived.reason)
    const { peerId, seed, publicKey } = derived.value
    expect([peerId, toHex(seed), toHex(publicKey)]).toEqual([
      vector.peerID,
      vector.ed25519SeedHex,
      vector.ed25519PublicHex,
    ])
    expect(openBazaarPeerId(publicKey)).toBe(vector.peerID)
    expect(base64.encode(encodeOpenBazaarPublicKey(publicKey))).toBe(vector.libp2pPublicKeyBase64)
    expect(base64.encode(encodeOpenBazaarPrivateKey(seed, publicKey))).toBe(vector.libp2pPrivateKeyBase64)
    expect(parseOpenBazaarPublicKey(base64.decode(vector.libp2pPublicKeyBase64))).toEqual(publicKey)
    expect(await parseOpenBazaarPrivateKey(crypto, base64.decode(vector.libp2pPrivateKeyBase64))).toEqual(seed)
  }
}

function checkChatIds({ messageIds }: OpenBazaarVectors): void {
  for (const { message, subject, seconds, nanos, messageId } of messageIds)
    expect(openBazaarChatId(message, subject, { seconds: Number(seconds), nanos })).toBe(messageId)
}

function checkWireMessage({ messageHex, type, name }: WireVector): void {
  const message = decodeOpenBazaarMessage(fromHex(messageHex))
  if (message === undefined) throw new Error(`${name} is a message`)
  expect(message.messageType).toBe(Object.entries(OPENBAZAAR_MESSAGE_TYPES).find(([key]) => key === type)?.[1])
  expect(toHex(encodeOpenBazaarMessage(message))).toBe(messageHex)
  if (type === 'CHAT') {
    const chat = decodeOpenBazaarChat(message)
    if (!chat.ok) throw new Error(chat.reason)
    expect(encodeOpenBazaarChat(chat.value)).toEqual({ ok: true, value: message })
    expect(chat.value.flag).toBe(/typing|read/.exec(name)?.[0] ?? 'message')
    expect(chat.value.timestamp === undefined).toBe(name.includes('no timestamp'))
  }
  if (type === 'STORE') {
    const cids = decodeOpenBazaarStore(message)
    expect(cids).toHaveLength(2)
    expect(encodeOpenBazaarStore(cids ?? [])).toEqual(message)
  }
}

function checkBoxes({ encryption }: OpenBazaarVectors): void {
  for (const { recipient, ciphertextBase64, plaintextBase64 } of encryption) {
    const box = base64.decode(ciphertextBase64)
    const openedBy = [...seeds].filter(([, seed]) => openBox(seed, box) !== undefined)
    expect(openedBy.map(([peerId]) => peerId)).toEqual([recipient])
    expect(openBox(seedOf(recipient), box)).toEqual(base64.decode(plaintextBase64))
  }
}

async function checkRecorded({ recorded }: OpenBazaarVectors): Promise<void> {
  for (const { recipient, ciphertextBase64, cid, pointer, ...made } of recorded) {
    const sealed = base64.decode(ciphertextBase64)
    await checkAccepted(recipient, sealed, made)
    expect(openBazaarBlockCid(sealed)).toBe(cid)
    expect(pointer.address).toBe(`/ipfs/${cid}`)
    expect([openBazaarPointerKey(recipient), openBazaarPointerId(sealed)]).toEqual([pointer.keyCid, pointer.pointerID])
  }
}

async function checkHostile({ recipient, ciphertextBase64, name, realCode }: EnvelopeVector): Promise<void> {
  const sealed = base64.decode(ciphertextBase64)
  const reason = REASONS.get(name)
  if (realCode.outcome === 'accepted') await checkAccepted(recipient, sealed, realCode, reason)
  else expect(await openOpenBazaarEnvelope(crypto, seedOf(recipient), sealed)).toEqual({ ok: false, reason })
}

/** Why an envelope is refused, or the chat in an accepted one. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['55 bytes (no box)', 'too-short'],
  ['last byte cut', 'not-for-us'],
  ['ephemeral key bit flipped', 'not-for-us'],
  ['all-zero ephemeral key', 'not-for-us'],
  ['signature empty', 'bad-signature'],
  ['pubkey garbage', 'bad-key'],
  ['plaintext is not an envelope', 'malformed'],
  ['chat without timestamp', 'no-timestamp'],
  ['unknown message type 99', 'no-chat'],
])

async function checkAccepted(
  recipient: string,
  sealed: Uint8Array,
  made: Partial<EnvelopeVector['realCode']>,
  chatReason?: string,
): Promise<void> {
  const opened = await openOpenBazaarEnvelope(crypto, seedOf(recipient), sealed)
  if (!opened.ok) throw new Error(opened.reason)
  const { sender, message } = opened.value
  expect(sender).toBe(made.sender)
  expect(base64.encode(encodeOpenBazaarMessage(message))).toBe(made.messageBase64)
  expect(message.payload?.typeUrl).toBe(made.payloadTypeUrl)
  const chat = decodeOpenBazaarChat(message)
  if (chatReason !== undefined) expect(chat).toEqual({ ok: false, reason: chatReason })
  else if (!chat.ok || made.chat === undefined) throw new Error('a chat is inside')
  else checkChat(chat.value, made.chat)
}

function checkChat({ timestamp, flag, ...chat }: OpenBazaarChat, made: ChatVector): void {
  expect(chat).toEqual({ messageId: made.messageId, subject: made.subject, message: made.message })
  expect(flag.toUpperCase()).toBe(made.flag)
  expect(timestamp).toEqual({ seconds: Number(made.timestamp?.seconds), nanos: made.timestamp?.nanos })
  if (timestamp === undefined) throw new Error('a message has a timestamp')
  expect(openBazaarChatId(chat.message, chat.subject, timestamp)).toBe(made.messageId)
}

function checkPointers({ pointerKeys, pointerIds }: OpenBazaarVectors): void {
  for (const { peerID, prefix1, prefix8, prefix14, prefix63, prefix64 } of pointerKeys) {
    const keys = [1, 8, 14, 63, 64].map((bits) => openBazaarPointerKey(peerID, bits))
    expect(keys).toEqual([prefix1, prefix8, prefix14, prefix63, prefix64])
    expect(openBazaarPointerKey(peerID)).toBe(prefix14)
  }
  for (const { entropyBase64, keyCid, pointerID, recipient } of pointerIds) {
    expect(openBazaarPointerId(base64.decode(entropyBase64))).toBe(pointerID)
    expect(openBazaarPointerKey(recipient)).toBe(keyCid)
  }
}

function seedOf(peerId: string): Uint8Array {
  const seed = seeds.get(peerId)
  if (seed === undefined) throw new Error(`${peerId} is among the identities`)
  return seed
}
