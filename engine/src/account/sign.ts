/** Texts signed by the account's root key, for people and applications to show around. Spec: IDN-19, IDN-20. */
import { deriveAccountSecrets, fromHex, isUsableEd25519Key, toHex, utf8, zero } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Context } from '../context.ts'
import { readPhrase } from './self.ts'

type SignContext = Pick<Context, 'store' | 'vault' | 'crypto'>

/**
 * Beginnings of what a root key signs for machines: records of ours (a zero byte), IPNS records of both versions, and
 * what libp2p and OpenBazaar sign: domains and prefixes, lengths, and the first field of a protobuf. A text that begins so
 * could be one of those.
 */
const MACHINE_TEXT = /^(?:[\u0000-\u001f]|ipns-signature:|\/ip[fn]s\/|libp2p-|noise-libp2p-static-key:)/

const SIGNATURE = /^[0-9a-f]{128}$/i
const KEY = /^[0-9a-f]{64}$/i

/** True when a signature over the text can be nothing but a signature over a text. */
export const isSignable = (text: string): boolean => text.isWellFormed() && !MACHINE_TEXT.test(text)

/** Ed25519 over the UTF-8 bytes of the text as they are; hex. @throws EngineError `TEXT_NOT_SIGNABLE` */
export async function signText(
  context: SignContext,
  text: string,
): Promise<{ readonly signature: string; readonly publicKey: string }> {
  if (!isSignable(text)) throw new EngineError('TEXT_NOT_SIGNABLE')
  const { crypto } = context
  const { rootSeed, rootKey, backupKey } = await deriveAccountSecrets(crypto, readPhrase(context))
  const signature = await crypto.ed25519Sign(rootSeed, utf8(text))
  zero(rootSeed)
  zero(backupKey)
  return { signature: toHex(signature), publicKey: toHex(rootKey) }
}

/** Whether the key made the signature over exactly these bytes; what is no key or no signature made none. */
export async function verifyText(
  { crypto }: Pick<Context, 'crypto'>,
  { text, signature, publicKey }: { readonly text: string; readonly signature: string; readonly publicKey: string },
): Promise<boolean> {
  if (!text.isWellFormed() || !SIGNATURE.test(signature) || !KEY.test(publicKey)) return false
  const key = fromHex(publicKey)
  return isUsableEd25519Key(key) && crypto.ed25519Verify(key, utf8(text), fromHex(signature))
}
