import type { CryptoPort } from '../base/crypto.ts'
import { inboxKeyId } from '../identity/index.ts'

/** A device's X-Wing key pair for sealed envelopes. Rotates every INBOX_KEY_ROTATION_MS. */
export interface InboxKey {
  /** First 16 bytes of the SHA-256 of the public key. */
  readonly id: Uint8Array
  /** 1,216 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes; store sealed, zero after INBOX_KEY_RETENTION_MS. */
  readonly privateKey: Uint8Array
}

/** Derives the key pair from 32 random bytes, which are borrowed; equal seeds give equal keys. Spec: FST-10. */
export async function createInboxKey(crypto: CryptoPort, seed: Uint8Array): Promise<InboxKey> {
  const { hpke } = crypto.mlsSuite
  const pair = await hpke.deriveKeyPair(seed)
  const publicKey = await hpke.exportPublicKey(pair.publicKey)
  return { id: inboxKeyId(publicKey), publicKey, privateKey: await hpke.exportPrivateKey(pair.privateKey) }
}
