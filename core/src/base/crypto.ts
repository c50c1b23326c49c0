import type { CiphersuiteImpl } from 'ts-mls'
import type { Awaitable } from './result.ts'

/**
 * The platform's primitives. The core never implements one; it asks for the fast, reviewed implementation of the
 * place where it runs. Every function is pure: equal arguments, equal result.
 */
export interface CryptoPort {
  /** Public key (32 bytes) of an Ed25519 seed (32 bytes). RFC 8032 §5.1.5. */
  ed25519PublicKey(seed: Uint8Array): Awaitable<Uint8Array>
  /** Signature (64 bytes). RFC 8032 §5.1.6. */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Awaitable<Uint8Array>
  /** False for every malformed key or signature; never throws. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Awaitable<boolean>
  /** Argon2id (RFC 9106), 32 bytes out. */
  argon2id(password: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array>
  /** Authenticated encryption with a nonce long enough to be random. */
  readonly xchacha20poly1305: Xchacha20Poly1305
  /** The MLS suite MLS_256_XWING_AES256GCM_SHA512_Ed25519 over the platform's primitives. */
  readonly mlsSuite: CiphersuiteImpl
}

export interface Xchacha20Poly1305 {
  /** Ciphertext and tag (16 bytes), fresh memory. `key`: 32 bytes, `nonce`: 24 bytes, never twice under one key. */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** `undefined` for anything that was not sealed under this key, nonce and `aad`; never throws for bytes. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
}

export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

/** Cryptographically secure random bytes; seeded in the simulation. */
export type RandomPort = (lengthBytes: number) => Uint8Array
