/** Runs the MLS working group's vectors: their shapes, their suites, and the context they leave implicit. */
import type { CiphersuiteImpl, CiphersuiteName, GroupContext, MLSMessage } from 'ts-mls'
import { ciphersuites, decodeMlsMessage, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { assert } from '../../base/assert.ts'
import { fromHex } from '../../base/bytes.ts'
import type { CryptoPort } from '../../base/crypto.ts'

/** Standard suites whose primitives are installed: X25519 and the NIST curves, each with AES-GCM. */
const RUNNABLE_SUITES: ReadonlySet<number> = new Set([1, 2, 5, 7])

export type Check<V> = (vector: V, suite: CiphersuiteImpl) => Promise<void>

/** Where hash or signature are those of our own suite, `crypto` computes them, so it is checked as well. */
export function createVectorRunner(crypto: CryptoPort) {
  const suites = new Map<number, Promise<CiphersuiteImpl>>()
  const suiteOf = (id: number): Promise<CiphersuiteImpl> => {
    const made = suites.get(id) ?? makeSuite(id, crypto)
    suites.set(id, made)
    return made
  }
  /** Gives how many of the vectors ran. */
  return async <V extends object>(all: readonly V[], check: Check<V>): Promise<number> => {
    let ran = 0
    for (const vector of all) {
      const id = 'cipher_suite' in vector && typeof vector.cipher_suite === 'number' ? vector.cipher_suite : 1
      if (!RUNNABLE_SUITES.has(id)) continue
      await check(vector, await suiteOf(id))
      ran++
    }
    return ran
  }
}

async function makeSuite(id: number, { mlsSuite }: CryptoPort): Promise<CiphersuiteImpl> {
  const isName = (text: string): text is CiphersuiteName => text in ciphersuites
  const name = Object.keys(ciphersuites)
    .filter(isName)
    .find((known) => ciphersuites[known] === id)
  assert(name !== undefined, 'a suite of the library')
  const standard = await getCiphersuiteImpl(getCiphersuiteFromName(name))
  return {
    ...standard,
    ...(name.includes('SHA512') && { hash: mlsSuite.hash, kdf: mlsSuite.kdf }),
    ...(name.endsWith('Ed25519') && { signature: { ...standard.signature, verify: mlsSuite.signature.verify } }),
  }
}

export const hex = fromHex

export function whole<T>(decoded: [T, number] | undefined): T {
  assert(decoded !== undefined, 'the vector decodes')
  return decoded[0]
}

export const message = (bytes: string): MLSMessage => whole(decodeMlsMessage(hex(bytes), 0))

export const context = (suite: CiphersuiteImpl, fields: Partial<GroupContext>): GroupContext => ({
  version: 'mls10',
  cipherSuite: suite.name,
  groupId: new Uint8Array(),
  epoch: 0n,
  treeHash: new Uint8Array(),
  confirmedTranscriptHash: new Uint8Array(),
  extensions: [],
  ...fields,
})

export const retention = { retainKeysForGenerations: 0, retainKeysForEpochs: 0, maximumForwardRatchetSteps: 1_000_000 }

interface Labelled {
  readonly secret: string
  readonly label: string
  readonly out: string
}
export interface CryptoBasics {
  readonly cipher_suite: number
  readonly ref_hash: { readonly label: string; readonly value: string; readonly out: string }
  readonly expand_with_label: Labelled & { readonly context: string; readonly length: number }
  readonly derive_secret: Labelled
  readonly derive_tree_secret: Labelled & { readonly generation: number; readonly length: number }
  readonly sign_with_label: Record<'priv' | 'pub' | 'content' | 'label' | 'signature', string>
  readonly encrypt_with_label: Record<
    'priv' | 'pub' | 'label' | 'context' | 'plaintext' | 'kem_output' | 'ciphertext',
    string
  >
}
interface KeyScheduleEpoch extends Record<
  | 'tree_hash'
  | 'commit_secret'
  | 'psk_secret'
  | 'confirmed_transcript_hash'
  | 'group_context'
  | 'joiner_secret'
  | 'welcome_secret'
  | 'init_secret'
  | 'sender_data_secret'
  | 'encryption_secret'
  | 'exporter_secret'
  | 'epoch_authenticator'
  | 'external_secret'
  | 'confirmation_key'
  | 'membership_key'
  | 'resumption_psk'
  | 'external_pub',
  string
> {
  readonly exporter: {
    readonly label: string
    readonly context: string
    readonly length: number
    readonly secret: string
  }
}
export interface KeySchedule {
  readonly cipher_suite: number
  readonly group_id: string
  readonly initial_init_secret: string
  readonly epochs: readonly KeyScheduleEpoch[]
}
export interface MessageProtection extends Record<
  | 'group_id'
  | 'tree_hash'
  | 'confirmed_transcript_hash'
  | 'signature_pub'
  | 'encryption_secret'
  | 'sender_data_secret'
  | 'membership_key'
  | 'proposal'
  | 'proposal_priv'
  | 'proposal_pub'
  | 'commit'
  | 'commit_priv'
  | 'commit_pub'
  | 'application'
  | 'application_priv',
  string
> {
  readonly cipher_suite: number
  readonly epoch: number
}
export interface PassiveClient extends Record<
  'key_package' | 'signature_priv' | 'encryption_priv' | 'init_priv' | 'welcome' | 'initial_epoch_authenticator',
  string
> {
  readonly cipher_suite: number
  readonly ratchet_tree: string | null
  readonly external_psks: readonly { readonly psk_id: string; readonly psk: string }[]
}
export interface SecretTree {
  readonly cipher_suite: number
  readonly encryption_secret: string
  readonly sender_data: Record<'sender_data_secret' | 'ciphertext' | 'key' | 'nonce', string>
  readonly leaves: readonly (readonly ({ readonly generation: number } & Record<
    'application_key' | 'application_nonce' | 'handshake_key' | 'handshake_nonce',
    string
  >)[])[]
}

export type TranscriptHashes = Record<
  | 'confirmation_key'
  | 'authenticated_content'
  | 'interim_transcript_hash_before'
  | 'confirmed_transcript_hash_after'
  | 'interim_transcript_hash_after',
  string
>
export type WelcomeVector = Record<'init_priv' | 'key_package' | 'signer_pub' | 'welcome', string>
export interface TreeMath extends Record<'left' | 'right' | 'parent' | 'sibling', readonly (number | null)[]> {
  readonly n_leaves: number
  readonly n_nodes: number
  readonly root: number
}
export interface TreeOperation extends Record<
  'proposal' | 'tree_before' | 'tree_hash_before' | 'tree_after' | 'tree_hash_after',
  string
> {
  readonly proposal_sender: number
}
export interface TreeValidation {
  readonly tree: string
  readonly group_id: string
  readonly tree_hashes: readonly string[]
  readonly resolutions: readonly (readonly number[])[]
}
