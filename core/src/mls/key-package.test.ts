import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import type { Capabilities, Credential, KeyPackage } from 'ts-mls'
import { encodeKeyPackage, signKeyPackage } from 'ts-mls/keyPackage.js'
import { signLeafNodeKeyPackage } from 'ts-mls/leafNode.js'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import {
  CLOCK_SKEW_MAX_MS,
  CREDENTIAL_BYTES_MAX,
  DAY_MS,
  KEY_PACKAGE_BYTES_MAX,
  KEY_PACKAGE_LIFETIME_MS,
} from '../base/limits.ts'
import { generateKeyPackage, joinGroup, verifyKeyPackage } from './index.ts'
import { newKeyPackage } from './key-package.ts'
import { suiteOf } from './suite.ts'
import { commit, createScene, must, SCENE_NOW } from './testing/scene.ts'
import type { KeyPackageOptions } from './types.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')
const usual: KeyPackageOptions = {
  notBefore: SCENE_NOW,
  notAfter: SCENE_NOW + KEY_PACKAGE_LIFETIME_MS,
  isLastResort: false,
}

const judge = (bytes: Uint8Array, now = SCENE_NOW) => verifyKeyPackage(alice.context, bytes, now)
const refused = (reason: string) => ({ ok: false, reason })

interface Forgery {
  readonly leaf?: {
    capabilities?: Partial<Capabilities>
    credential?: Credential
    hpkePublicKey?: Uint8Array
    signaturePublicKey?: Uint8Array
  }
  readonly outer?: Partial<Pick<KeyPackage, 'cipherSuite' | 'initKey'>>
}

/** A key package of bob's that is honestly signed, with other fields than an honest device would give. */
async function forge({ leaf = {}, outer = {} }: Forgery): Promise<Uint8Array> {
  const { publicPackage } = await newKeyPackage(bob.context, bob.signer, usual)
  const suite = suiteOf(bob.context)
  const { leafNode } = publicPackage
  const capabilities = { ...leafNode.capabilities, ...leaf.capabilities }
  const signed = await signLeafNodeKeyPackage({ ...leafNode, ...leaf, capabilities }, bob.signer.seed, suite.signature)
  const tbs = { ...publicPackage, ...outer, leafNode: signed }
  return encodeKeyPackage(await signKeyPackage(tbs, bob.signer.seed, suite.signature))
}

describe('key package', () => {
  test('[MLS-2] is made with explicit capabilities and lifetime, and accepted', async () => {
    const { keyPackage } = await generateKeyPackage(bob.context, bob.signer, { ...usual, isLastResort: true })
    const verified = must(await judge(keyPackage))
    expect(verified).toEqual({
      bytes: keyPackage,
      credential: bob.signer.credential,
      signaturePublicKey: bob.signer.publicKey,
      hash: sha256(keyPackage),
      isLastResort: true,
      notAfter: usual.notAfter,
    })
    const { publicPackage } = await newKeyPackage(bob.context, bob.signer, usual)
    expect(publicPackage.leafNode.capabilities).toEqual({
      versions: ['mls10'],
      ciphersuites: ['MLS_256_XWING_AES256GCM_SHA512_Ed25519'],
      extensions: [10],
      proposals: [],
      credentials: ['basic'],
    })
  })

  test('[MLS-3] refuses a lifetime that is over, not begun, too long or endless', async () => {
    const made = async (notBefore: number, notAfter: number) =>
      (await generateKeyPackage(bob.context, bob.signer, { notBefore, notAfter, isLastResort: false })).keyPackage
    const now = SCENE_NOW
    expect(await judge(await made(now - 2 * DAY_MS, now - 1_000))).toEqual(refused('lifetime'))
    expect(await judge(await made(now + CLOCK_SKEW_MAX_MS + 1_000, now + DAY_MS))).toEqual(refused('lifetime'))
    expect(await judge(await made(now, now + 3_650 * DAY_MS))).toEqual(refused('lifetime'))
    expect(await judge(await made(now, now + KEY_PACKAGE_LIFETIME_MS + CLOCK_SKEW_MAX_MS + 1_000))).toEqual(
      refused('lifetime'),
    )
    expect((await judge(await made(now + CLOCK_SKEW_MAX_MS, now + DAY_MS))).ok).toBe(true)
    expect((await judge(await made(now - CLOCK_SKEW_MAX_MS, now + KEY_PACKAGE_LIFETIME_MS))).ok).toBe(true)
    const usualOne = await made(usual.notBefore, usual.notAfter)
    expect((await judge(usualOne, usual.notAfter)).ok).toBe(true)
    expect(await judge(usualOne, usual.notAfter + 1_000)).toEqual(refused('lifetime'))
  })

  test('[MLS-1] refuses another suite, and a leaf that lacks what others use', async () => {
    const cipherSuite = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
    expect(await judge(await forge({ outer: { cipherSuite } }))).toEqual(refused('wrong-suite'))
    for (const capabilities of [
      { ciphersuites: [cipherSuite] as const },
      { versions: [] },
      { credentials: ['x509'] as const },
    ]) {
      const own = Object.fromEntries(Object.entries(capabilities).map(([name, values]) => [name, [...values]]))
      expect(await judge(await forge({ leaf: { capabilities: own } }))).toEqual(refused('wrong-suite'))
    }
  })

  test('[MLS-5] refuses a credential that is foreign, oversized or not the key holder’s', async () => {
    const x509: Credential = { credentialType: 'x509', certificates: [new Uint8Array(3)] }
    const large: Credential = { credentialType: 'basic', identity: new Uint8Array(CREDENTIAL_BYTES_MAX + 1) }
    expect(await judge(await forge({ leaf: { credential: x509 } }))).toEqual(refused('bad-credential'))
    expect(await judge(await forge({ leaf: { credential: large } }))).toEqual(refused('bad-credential'))
    const { keyPackage } = await generateKeyPackage(bob.context, bob.signer, usual)
    const suspicious = await scene.device('carol', (_, key) => key[0] === alice.signer.publicKey[0])
    const outcome = await verifyKeyPackage(suspicious.context, keyPackage, SCENE_NOW)
    expect(bob.signer.publicKey[0] === alice.signer.publicKey[0] || !outcome.ok).toBe(true)
  })

  test('[MLS-7] refuses an init key that is the leaf key, and keys nobody could encrypt to', async () => {
    const { publicPackage } = await newKeyPackage(bob.context, bob.signer, usual)
    const { initKey } = publicPackage
    expect(await judge(await forge({ leaf: { hpkePublicKey: initKey }, outer: { initKey } }))).toEqual(
      refused('reused-key'),
    )
    expect(await judge(await forge({ outer: { initKey: initKey.subarray(1) } }))).toEqual(refused('bad-key'))
    expect(await judge(await forge({ leaf: { hpkePublicKey: new Uint8Array(1_216).fill(255) } }))).toEqual(
      refused('bad-key'),
    )
    const smallOrder = new Uint8Array([...initKey.subarray(0, 1_184), ...new Uint8Array(32)])
    expect(await judge(await forge({ outer: { initKey: smallOrder } }))).toEqual(refused('bad-key'))
  })

  test('[MLS-4] refuses oversize, every truncation, trailing bytes and any flipped bit', async () => {
    const { keyPackage } = await generateKeyPackage(bob.context, bob.signer, usual)
    expect(await judge(new Uint8Array(KEY_PACKAGE_BYTES_MAX + 1))).toEqual(refused('too-large'))
    expect(await judge(Uint8Array.of(...keyPackage, 0))).toEqual(refused('malformed'))
    for (let length = 0; length < keyPackage.length; length += 7) {
      expect(await judge(keyPackage.subarray(0, length))).toEqual(refused('malformed'))
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(keyPackage.length - 1), fc.nat(7), async (index, bit) => {
        const mutated = new Uint8Array(keyPackage)
        mutated[index] = (mutated[index] ?? 0) ^ (1 << bit)
        expect((await judge(mutated)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('[MLS-4] any bytes get an outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
        expect((await judge(bytes)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('[MLS-3] only its own secrets open a welcome made for it', async () => {
    const [first, second] = [await scene.invitable(bob), await scene.invitable(bob)]
    const start = (await scene.group(alice))(alice)
    const { welcome } = await commit(alice, start, { add: [first.verified] })
    if (welcome === undefined) throw new Error('no welcome')
    expect(await joinGroup(bob.context, welcome, second.keyPackage, second.secrets)).toEqual(refused('not-addressed'))
    expect(await joinGroup(bob.context, welcome, first.keyPackage, second.secrets)).toEqual(refused('undecryptable'))
    expect((await joinGroup(bob.context, welcome, first.keyPackage, first.secrets)).ok).toBe(true)
  })
})
