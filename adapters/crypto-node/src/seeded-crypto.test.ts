import type { CryptoPort } from '@parley/core'
import { toHex, utf8 } from '@parley/core'
import * as mls from '@parley/core/mls'
import { describe, expect, test } from 'vitest'
import { cryptoContract } from '../../../core/src/base/contract/crypto.suite.ts'
import { createNobleCrypto } from '../../../core/src/base/testing/noble-crypto.ts'
import { createNodeCrypto } from './node-crypto.ts'
import { createSeededCrypto, createSeededRandom } from './seeded-crypto.ts'

const base = await createNodeCrypto()
const noble = await createNobleCrypto()
const NOW = 1_000_000_000_000
const NOTHING = new Uint8Array()

/** Three devices meet, talk, and part: every byte that leaves and every state that is stored. */
async function story(crypto: CryptoPort, seed: Uint8Array): Promise<string[]> {
  const random = createSeededRandom(seed)
  const context: mls.MlsContext = { crypto, random, authenticate: () => true }
  const log: string[] = []
  const device = async (name: string) => {
    const own = random(32)
    const signer = { seed: own, publicKey: await crypto.ed25519PublicKey(own), credential: utf8(name) }
    const options = { notBefore: NOW, notAfter: NOW + 86_400_000, isLastResort: false }
    const made = await mls.generateKeyPackage(context, signer, options)
    log.push(toHex(made.keyPackage), toHex(made.secrets))
    const verified = await mls.verifyKeyPackage(context, made.keyPackage, NOW)
    if (!verified.ok) throw new Error(verified.reason)
    return { signer, ...made, verified: verified.value }
  }
  const [alice, bob, carol] = [await device('alice'), await device('bob'), await device('carol')]
  const start = await mls.createGroup(context, alice.signer, utf8('group'), NOW)
  const change = { add: [bob.verified, carol.verified], remove: [] }
  const added = await mls.commitChange(context, start, change, NOTHING)
  if (!added.ok || added.value.welcome === undefined) throw new Error('not added')
  const joined = await mls.joinGroup(context, added.value.welcome, bob.keyPackage, bob.secrets)
  if (!joined.ok) throw new Error(joined.reason)
  const removal = await mls.commitChange(context, joined.value, { add: [], remove: [2] }, utf8('header'))
  if (!removal.ok) throw new Error(removal.reason)
  const message = await mls.encryptMessage(context, removal.value.group, utf8('hello'), NOTHING)
  const opened = await mls.openMessage(context, added.value.group, removal.value.commit)
  if (!opened.ok) throw new Error(opened.reason)
  const read = await mls.openMessage(context, opened.value.group, message.message)
  expect(read).toMatchObject({ ok: true, value: { plaintext: utf8('hello') } })
  const bytes = [added.value.commit, added.value.welcome, removal.value.commit, message.message]
  return [
    ...log,
    ...bytes.map(toHex),
    toHex(mls.encodeGroup(message.group)),
    toHex(mls.encodeGroup(opened.value.group)),
  ]
}

describe('seeded crypto', () => {
  test.each(cryptoContract)('[MLS-1] $name', ({ run }) => run(createSeededCrypto(base, utf8('contract')), noble))

  test('[MLS-18] two runs of one seed give the same bytes, whatever the date and the global randomness', async () => {
    const [seed, other] = [utf8('seed'), utf8('other')]
    const first = await story(createSeededCrypto(base, seed), seed)
    const second = await story(createSeededCrypto(base, seed), seed)
    expect(second).toEqual(first)
    const third = await story(createSeededCrypto(base, other), other)
    expect(third.filter((bytes) => first.includes(bytes))).toEqual([])
  })

  test('[MLS-18] the platform below does not show: another base gives the same bytes', async () => {
    const seed = utf8('seed')
    expect(await story(createSeededCrypto(noble, seed), seed)).toEqual(
      await story(createSeededCrypto(base, seed), seed),
    )
  })

  test('[MLS-18] sealing in another order changes nothing, sealing something else changes everything', async () => {
    const { hpke } = createSeededCrypto(base, utf8('seed')).mlsSuite
    const { publicKey } = await hpke.deriveKeyPair(new Uint8Array(32))
    const seal = async (text: string, info: string) => toHex((await hpke.seal(publicKey, utf8(text), utf8(info))).enc)
    const forwards = [await seal('a', 'x'), await seal('b', 'x'), await seal('a', 'y')]
    const backwards = [await seal('a', 'y'), await seal('b', 'x'), await seal('a', 'x')]
    expect(backwards.toReversed()).toEqual(forwards)
    expect(new Set([...forwards, await seal('ax', ''), await seal('', 'ax')]).size).toBe(5)
  })
})
