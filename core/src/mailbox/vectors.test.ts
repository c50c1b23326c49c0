import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { createNobleCrypto } from '../base/testing/noble-crypto.ts'
import { blockCid, cidText } from './cid.ts'
import { dayOf, inboxBucketKey } from './inbox.ts'
import { openInviteBundle, sealInviteBundle } from './invite-bundle.ts'
import { chainSecret, invitePointerSecret, pointerKey } from './pointer-keys.ts'
import { openPointer, openWorked, readPointer, sealPointer, sealWorked, workOf } from './pointer.ts'
import { challengeDigest, receiptTranscript, verifyReceipt } from './receipt.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { encodeHint, topicOfKey, wakeTopic } from './wake.ts'
import { workBits } from './work.ts'

const frozen = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/mailbox.json', import.meta.url), 'utf8'))
const crypto = await createNobleCrypto()
const block = fromHex(frozen.block)
const cid = blockCid(block)
const payload = { blocks: [{ cid, size: 512 }], holders: frozen.holders }

describe('the frozen vectors of the mailbox protocol', () => {
  it('[BLK-1] name the block', () => {
    expect([toHex(cid), cidText(cid)]).toEqual([frozen.cid, frozen.cidText])
  })

  it('[PTR-1] [PTR-3] [PTR-4] make and open the signed pointer', async () => {
    const { signed, expiresAt, now } = frozen
    const secret = chainSecret(fromHex(signed.mailboxSecret), signed.leaf, signed.slot)
    expect([toHex(secret.seed), toHex(secret.payloadKey)]).toEqual([signed.seed, signed.payloadKey])
    expect(toHex(pointerKey(fromHex(signed.publicKey)))).toBe(signed.key)
    const facts = { sequence: signed.sequence, expiresAt, nonce: fromHex(signed.nonce) }
    expect(toHex(await sealPointer(crypto, secret, facts, payload))).toBe(signed.record)
    const read = await readPointer(crypto, fromHex(signed.record), now)
    if (!read.ok || read.value.type !== 'signed') throw new Error('the frozen record is signed')
    expect(openPointer(crypto, secret.payloadKey, read.value)).toEqual(payload)
  })

  it('[PTR-4] make and open a pointer to a block with a place of its own', async () => {
    const { signed, located, expiresAt, now } = frozen
    const secret = chainSecret(fromHex(signed.mailboxSecret), signed.leaf, signed.slot)
    const facts = { sequence: located.sequence, expiresAt, nonce: fromHex(located.nonce) }
    const said = { blocks: [{ cid, size: 512, location: located.location }], holders: [] }
    expect(toHex(await sealPointer(crypto, secret, facts, said))).toBe(located.record)
    const read = await readPointer(crypto, fromHex(located.record), now)
    if (!read.ok || read.value.type !== 'signed') throw new Error('the frozen record is signed')
    expect(openPointer(crypto, secret.payloadKey, read.value)).toEqual(said)
  })

  it('[PTR-2] [PTR-7] make and open the worked pointer', async () => {
    const { worked, expiresAt, now, day } = frozen
    const key = inboxBucketKey(fromHex(worked.inboxKeyId), day)
    expect([toHex(key), dayOf(now)]).toEqual([worked.key, day])
    const hashable = workOf(key, expiresAt, payload)
    const record = sealWorked(key, expiresAt, payload, fromHex(worked.nonce))
    if (hashable === undefined || record === undefined) throw new Error('the payload fits')
    expect(workBits(hashable, fromHex(worked.nonce))).toBe(worked.workBits)
    expect(toHex(record)).toBe(worked.record)
    const read = await readPointer(crypto, record, now)
    if (!read.ok || read.value.type !== 'worked') throw new Error('the frozen record is worked')
    expect(openWorked(read.value)).toEqual(payload)
  })

  it('[MBX-5] [MBX-6] find the topics and the hint', () => {
    const { wake, signed, worked, day } = frozen
    const keys = [fromHex(signed.key), fromHex(worked.key)]
    expect(wakeTopic(fromHex(signed.mailboxSecret), day)).toBe(wake.topic)
    expect(topicOfKey(fromHex(worked.key))).toBe(wake.inboxTopic)
    expect(toHex(encodeHint(keys))).toBe(wake.hint)
  })

  it('[HLD-4] [HLD-5] check the receipt and answer the challenge', async () => {
    const { receipt, challenge, expiresAt } = frozen
    expect(toHex(receiptTranscript(receipt.owner, [cid], expiresAt))).toBe(receipt.transcript)
    const signature = fromHex(receipt.signature)
    expect(await verifyReceipt(crypto, receipt.holder, receipt.owner, [cid], expiresAt, signature)).toBe(true)
    expect(toHex(challengeDigest(fromHex(challenge.nonce), block))).toBe(challenge.digest)
  })

  it('[PTR-8] seal and open the bundle of an invite', () => {
    const { invite } = frozen
    const secret = fromHex(invite.secret)
    const pointer = invitePointerSecret(secret)
    expect([toHex(pointer.seed), toHex(pointer.payloadKey)]).toEqual([invite.seed, invite.payloadKey])
    const bundle = fromHex(invite.bundle)
    const sealed = sealInviteBundle(crypto, secret, fromHex(invite.nonce), bundle)
    expect(sealed && toHex(sealed)).toBe(invite.block)
    expect(openInviteBundle(crypto, secret, fromHex(invite.block))).toEqual(bundle)
  })

  it('[MBX-4] read and write every request', () => {
    expect(frozen.requests).toHaveLength(8)
    for (const { type, bytes } of frozen.requests) {
      const request = decodeRequest(fromHex(bytes))
      expect(request?.type).toBe(type)
      expect(request && toHex(encodeRequest(request))).toBe(bytes)
    }
  })

  it('[HLD-1] read and write every answer', () => {
    expect(frozen.responses).toHaveLength(10)
    for (const { type, bytes } of frozen.responses) {
      const response = decodeResponse(fromHex(bytes))
      expect(response?.type).toBe(type)
      expect(response && toHex(encodeResponse(response))).toBe(bytes)
    }
  })
})
