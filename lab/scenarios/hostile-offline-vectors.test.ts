/** The frozen hostile envelopes and pointers: the same bytes are made again, and each comes to what the file says. */
import { readFileSync } from 'node:fs'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import {
  chainSecret,
  createInboxKey,
  fromHex,
  isTaggedBy,
  openOuter,
  openPointer,
  openSealed,
  pointerKey,
  readPointer,
  tagOf,
  toHex,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { makeHostileSet, type HostileSet } from './hostile-envelopes.ts'

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/spec/vectors/${name}`, import.meta.url), 'utf8'))
const frozen: HostileSet = vector('hostile-envelopes.json')
const crypto = await createNodeCrypto()
const mailboxSecret = fromHex(frozen.mailboxSecret)
const { recipient } = vector('sealed-envelope.json')
const owner = {
  account: String(recipient.account),
  deviceKey: fromHex(recipient.deviceKey),
  inboxKeys: [await createInboxKey(crypto, fromHex(recipient.inboxSeed))],
}

function outer(bytes: Uint8Array): string {
  const tagged = tagOf(bytes)
  if (tagged === undefined) return 'no-envelope'
  if (!isTaggedBy(mailboxSecret, tagged)) return 'unknown-epoch'
  return openOuter(crypto, fromHex(frozen.outerKey), bytes) === undefined ? 'undecryptable' : 'accepted'
}

async function sealed(bytes: Uint8Array): Promise<string> {
  const opened = await openSealed({ crypto }, owner, bytes, frozen.now)
  return opened.ok ? 'accepted' : opened.reason
}

async function pointer(bytes: Uint8Array): Promise<string> {
  const record = await readPointer(crypto, bytes, frozen.now)
  if (!record.ok) return record.reason
  if (record.value.type === 'worked') return record.value.workBits >= 8 ? 'stranger' : 'no-work'
  const secret = chainSecret(mailboxSecret, frozen.leaf, frozen.slot)
  const key = pointerKey(await crypto.ed25519PublicKey(secret.seed))
  if (toHex(record.value.key) !== toHex(key)) return 'another-key'
  return openPointer(crypto, secret.payloadKey, record.value) === undefined ? 'unreadable' : 'accepted'
}

describe('the hostile set', () => {
  it('[ENV-5] [PTR-4] is made again with the same bytes', async () => {
    expect(await makeHostileSet()).toEqual(frozen)
    expect(frozen.outer.length + frozen.sealed.length + frozen.pointers.length).toBeGreaterThan(60)
  })

  it.each(frozen.outer)('[ENV-5] outer: $name', ({ bytes, expect: outcome }) => {
    expect(outer(fromHex(bytes))).toBe(outcome)
  })

  it.each(frozen.sealed)('[FST-11] sealed: $name', async ({ bytes, expect: outcome }) => {
    expect(await sealed(fromHex(bytes))).toBe(outcome)
  })

  it.each(frozen.pointers)('[PTR-6] pointer: $name', async ({ bytes, expect: outcome }) => {
    expect(await pointer(fromHex(bytes))).toBe(outcome)
  })
})
