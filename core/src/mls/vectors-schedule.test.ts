/** The MLS working group's vectors of encoding, labels, key schedule, secret tree and message protection. */
import { existsSync, readFileSync } from 'node:fs'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import type { PreSharedKeyID } from 'ts-mls'
import { mlsExporter } from 'ts-mls'
import { decodeAuthenticatedContent } from 'ts-mls/authenticatedContent.js'
import { determineLength } from 'ts-mls/codec/variableLength.js'
import { encodeCommit } from 'ts-mls/commit.js'
import { refhash } from 'ts-mls/crypto/hash.js'
import { decryptWithLabel, encryptWithLabel } from 'ts-mls/crypto/hpke.js'
import { deriveSecret, deriveTreeSecret, expandWithLabel } from 'ts-mls/crypto/kdf.js'
import { signWithLabel, verifyWithLabel } from 'ts-mls/crypto/signature.js'
import { verifyConfirmationTag } from 'ts-mls/framedContent.js'
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js'
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import { computePskSecret } from 'ts-mls/presharedkey.js'
import { encodeProposal } from 'ts-mls/proposal.js'
import { createSecretTree, deriveKey, deriveNonce, ratchetUntil } from 'ts-mls/secretTree.js'
import { expandSenderDataKey, expandSenderDataNonce } from 'ts-mls/sender.js'
import { createConfirmedHash, createInterimHash } from 'ts-mls/transcriptHash.js'
import { describe, expect, test } from 'vitest'
import { toHex } from '../base/bytes.ts'
import type {
  Check,
  CryptoBasics,
  KeySchedule,
  MessageProtection,
  SecretTree,
  TranscriptHashes,
} from './testing/vectors.ts'
import { context, createVectorRunner, hex, message, retention, whole } from './testing/vectors.ts'

const folder = new URL('../../../../shared/vectors/mls/', import.meta.url)
const isPresent = existsSync(folder)
const run = createVectorRunner(await createNodeCrypto())

/** Runs `check` on every vector of the file whose suite is installed, and says how many those were. */
async function each<V extends object>(file: string, check: Check<V>): Promise<string> {
  const all: readonly V[] = JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'))
  return `${await run(all, check)} of ${all.length}`
}

const ABSENT = 'the vectors are not beside this repository'
describe('vectors of the MLS working group', () => {
  test('[MLS-1] deserialization', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<{ vlbytes_header: string; length: number }>(
      'deserialization',
      async ({ vlbytes_header: header, length }) => {
        expect(determineLength(hex(header), 0).length).toBe(length)
      },
    )
    expect(ran).toBe('14 of 14')
  })

  test('[MLS-1] crypto-basics', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<CryptoBasics>('crypto-basics', async (vector, suite) => {
      const { ref_hash: ref, expand_with_label: expand, derive_secret: derive, derive_tree_secret: tree } = vector
      expect(toHex(await refhash(ref.label, hex(ref.value), suite.hash))).toBe(ref.out)
      const expanded = await expandWithLabel(
        hex(expand.secret),
        expand.label,
        hex(expand.context),
        expand.length,
        suite.kdf,
      )
      expect(toHex(expanded)).toBe(expand.out)
      expect(toHex(await deriveSecret(hex(derive.secret), derive.label, suite.kdf))).toBe(derive.out)
      const treeSecret = await deriveTreeSecret(hex(tree.secret), tree.label, tree.generation, tree.length, suite.kdf)
      expect(toHex(treeSecret)).toBe(tree.out)
      const { sign_with_label: sign, encrypt_with_label: encrypt } = vector
      const [pub, content] = [hex(sign.pub), hex(sign.content)]
      expect(await verifyWithLabel(pub, sign.label, content, hex(sign.signature), suite.signature)).toBe(true)
      const own = await signWithLabel(hex(sign.priv), sign.label, content, suite.signature)
      expect(await verifyWithLabel(pub, sign.label, content, own, suite.signature)).toBe(true)
      const key = await suite.hpke.importPrivateKey(hex(encrypt.priv))
      const open = (kemOutput: Uint8Array, ciphertext: Uint8Array) =>
        decryptWithLabel(key, encrypt.label, hex(encrypt.context), kemOutput, ciphertext, suite.hpke)
      expect(toHex(await open(hex(encrypt.kem_output), hex(encrypt.ciphertext)))).toBe(encrypt.plaintext)
      const recipient = await suite.hpke.importPublicKey(hex(encrypt.pub))
      const plaintext = hex(encrypt.plaintext)
      const sealed = await encryptWithLabel(recipient, encrypt.label, hex(encrypt.context), plaintext, suite.hpke)
      expect(toHex(await open(sealed.enc, sealed.ct))).toBe(encrypt.plaintext)
    })
    expect(ran).toBe('4 of 7')
  })

  test('[MLS-1] key-schedule', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<KeySchedule>('key-schedule', async (vector, suite) => {
      let init = hex(vector.initial_init_secret)
      for (const [index, epoch] of vector.epochs.entries()) {
        const groupContext = context(suite, {
          groupId: hex(vector.group_id),
          epoch: BigInt(index),
          treeHash: hex(epoch.tree_hash),
          confirmedTranscriptHash: hex(epoch.confirmed_transcript_hash),
        })
        expect(toHex(encodeGroupContext(groupContext))).toBe(epoch.group_context)
        const made = await initializeEpoch(
          init,
          hex(epoch.commit_secret),
          groupContext,
          hex(epoch.psk_secret),
          suite.kdf,
        )
        const { keySchedule: schedule } = made
        expect(epoch).toMatchObject({
          joiner_secret: toHex(made.joinerSecret),
          welcome_secret: toHex(made.welcomeSecret),
          encryption_secret: toHex(made.encryptionSecret),
          init_secret: toHex(schedule.initSecret),
          sender_data_secret: toHex(schedule.senderDataSecret),
          exporter_secret: toHex(schedule.exporterSecret),
          epoch_authenticator: toHex(schedule.epochAuthenticator),
          external_secret: toHex(schedule.externalSecret),
          confirmation_key: toHex(schedule.confirmationKey),
          membership_key: toHex(schedule.membershipKey),
          resumption_psk: toHex(schedule.resumptionPsk),
        })
        const external = await suite.hpke.deriveKeyPair(schedule.externalSecret)
        expect(toHex(await suite.hpke.exportPublicKey(external.publicKey))).toBe(epoch.external_pub)
        const { label, context: about, length, secret } = epoch.exporter
        expect(toHex(await mlsExporter(schedule.exporterSecret, label, hex(about), length, suite))).toBe(secret)
        init = schedule.initSecret
      }
    })
    expect(ran).toBe('4 of 7')
  })

  test('[MLS-1] psk_secret', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<{ psk_secret: string; psks: readonly Record<'psk_id' | 'psk' | 'psk_nonce', string>[] }>(
      'psk_secret',
      async (vector, suite) => {
        const psks = vector.psks.map((item): [PreSharedKeyID, Uint8Array] => [
          { psktype: 'external', pskId: hex(item.psk_id), pskNonce: hex(item.psk_nonce) },
          hex(item.psk),
        ])
        expect(toHex(await computePskSecret(psks, suite))).toBe(vector.psk_secret)
      },
    )
    expect(ran).toBe('44 of 77')
  })

  test('[MLS-1] secret-tree', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<SecretTree>('secret-tree', async (vector, suite) => {
      const { sender_data_secret: secret, ciphertext, key, nonce } = vector.sender_data
      expect(toHex(await expandSenderDataKey(suite, hex(secret), hex(ciphertext)))).toBe(key)
      expect(toHex(await expandSenderDataNonce(suite, hex(secret), hex(ciphertext)))).toBe(nonce)
      const tree = await createSecretTree(vector.leaves.length, hex(vector.encryption_secret), suite.kdf)
      for (const [leaf, generations] of vector.leaves.entries()) {
        const node = tree[leaf * 2]
        if (node === undefined) throw new Error('no secrets of the leaf')
        for (const expected of generations) {
          for (const kind of ['application', 'handshake'] as const) {
            const [ratchet] = await ratchetUntil(node[kind], expected.generation, retention, suite.kdf)
            expect(toHex(await deriveKey(ratchet.secret, expected.generation, suite))).toBe(expected[`${kind}_key`])
            expect(toHex(await deriveNonce(ratchet.secret, expected.generation, suite))).toBe(expected[`${kind}_nonce`])
          }
        }
      }
    })
    expect(ran).toBe('12 of 21')
  })

  test('[MLS-1] message-protection', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<MessageProtection>('message-protection', async (vector, suite) => {
      const groupContext = context(suite, {
        groupId: hex(vector.group_id),
        epoch: BigInt(vector.epoch),
        treeHash: hex(vector.tree_hash),
        confirmedTranscriptHash: hex(vector.confirmed_transcript_hash),
      })
      const signer = hex(vector.signature_pub)
      const secrets = await createSecretTree(2, hex(vector.encryption_secret), suite.kdf)
      const opened = async (bytes: string) => {
        const decoded = message(bytes)
        if (decoded.wireformat === 'mls_public_message') {
          const { publicMessage } = decoded
          return unprotectPublicMessage(hex(vector.membership_key), groupContext, [], publicMessage, suite, signer)
        }
        if (decoded.wireformat !== 'mls_private_message') throw new Error('no message')
        const senderDataSecret = hex(vector.sender_data_secret)
        const { privateMessage } = decoded
        return (
          await unprotectPrivateMessage(
            senderDataSecret,
            privateMessage,
            secrets,
            [],
            groupContext,
            retention,
            suite,
            signer,
          )
        ).content
      }
      for (const bytes of [vector.proposal_priv, vector.proposal_pub]) {
        const { content } = await opened(bytes)
        expect(content.contentType === 'proposal' && toHex(encodeProposal(content.proposal))).toBe(vector.proposal)
      }
      for (const bytes of [vector.commit_priv, vector.commit_pub]) {
        const { content } = await opened(bytes)
        expect(content.contentType === 'commit' && toHex(encodeCommit(content.commit))).toBe(vector.commit)
      }
      const { content } = await opened(vector.application_priv)
      expect(content.contentType === 'application' && toHex(content.applicationData)).toBe(vector.application)
    })
    expect(ran).toBe('4 of 7')
  })

  test('[MLS-1] transcript-hashes', async ({ skip }) => {
    skip(!isPresent, ABSENT)
    const ran = await each<TranscriptHashes>('transcript-hashes', async (vector, suite) => {
      const { wireformat, content, auth } = whole(decodeAuthenticatedContent(hex(vector.authenticated_content), 0))
      if (content.contentType !== 'commit' || auth.contentType !== 'commit') throw new Error('no commit')
      const input = { wireformat, content, signature: auth.signature }
      const confirmed = await createConfirmedHash(hex(vector.interim_transcript_hash_before), input, suite.hash)
      expect(toHex(confirmed)).toBe(vector.confirmed_transcript_hash_after)
      const interim = await createInterimHash(confirmed, auth.confirmationTag, suite.hash)
      expect(toHex(interim)).toBe(vector.interim_transcript_hash_after)
      const confirmationKey = hex(vector.confirmation_key)
      expect(await verifyConfirmationTag(confirmationKey, auth.confirmationTag, confirmed, suite.hash)).toBe(true)
    })
    expect(ran).toBe('4 of 7')
  })
})
