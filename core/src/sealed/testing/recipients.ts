/** Recipients with real inbox keys, and envelopes as an attacker makes them who knows only what is public. */
import { concat, framed, utf8 } from '../../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../../base/crypto.ts'
import { pad, unpad } from '../../envelope/padding.ts'
import { createPerson, type TestPerson } from '../../identity/testing/people.ts'
import type { SealedOwner, SealedRecipient, SealedSender } from '../envelope.ts'
import { createInboxKey, type InboxKey } from '../inbox-key.ts'

const HEADER = Uint8Array.of(2)
const ENC_END = 1_121
const SEAL_END = 1_169
const NONCE = new Uint8Array(12)

export interface Recipient {
  readonly person: TestPerson
  readonly inboxKey: InboxKey
  readonly bundle: SealedRecipient
  readonly owner: SealedOwner
}

export async function createRecipient(crypto: CryptoPort, random: RandomPort): Promise<Recipient> {
  const person = await createPerson(crypto, random)
  const inboxKey = await createInboxKey(crypto, random(32))
  const { account, deviceKey } = person
  return {
    person,
    inboxKey,
    bundle: { account, deviceKey, inboxKeyId: inboxKey.id, inboxPublicKey: inboxKey.publicKey },
    owner: { account, deviceKey, inboxKeys: [inboxKey] },
  }
}

export const senderOf = (person: TestPerson): SealedSender => ({
  deviceSeed: person.deviceSeed,
  certificate: person.certificate.bytes,
})

const infoOf = (inboxKeyId: Uint8Array): Uint8Array => framed(utf8('parley/sealed/1'), inboxKeyId)

/** Seals any bytes the way the envelope does, as anybody can who knows the recipient's inbox key. */
export async function forge(
  ports: { readonly crypto: CryptoPort; readonly random: RandomPort },
  to: SealedRecipient,
  plaintextOf: (enc: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { hpke } = ports.crypto.mlsSuite
  const contentKey = ports.random(32)
  const publicKey = await hpke.importPublicKey(to.inboxPublicKey)
  const wrapped = await hpke.seal(publicKey, contentKey, infoOf(to.inboxKeyId), HEADER)
  const head = concat(HEADER, wrapped.enc, wrapped.ct)
  return concat(head, await hpke.encryptAead(contentKey, NONCE, head, await plaintextOf(wrapped.enc)))
}

/** @throws Error when no envelope holds that much. */
export function padInner(inner: Uint8Array): Uint8Array {
  const padded = pad(SEAL_END + 16, inner)
  if (padded === undefined) throw new Error('too large for an envelope')
  return padded
}

/** What the recipient of an envelope can take out of it. */
export async function innerOf(crypto: CryptoPort, bytes: Uint8Array, key: InboxKey): Promise<Uint8Array> {
  const { hpke } = crypto.mlsSuite
  const privateKey = await hpke.importPrivateKey(key.privateKey)
  const wrapped = bytes.slice(ENC_END, SEAL_END)
  const contentKey = await hpke.open(privateKey, bytes.slice(1, ENC_END), wrapped, infoOf(key.id), HEADER)
  const padded = await hpke.decryptAead(contentKey, NONCE, bytes.slice(0, SEAL_END), bytes.slice(SEAL_END))
  const inner = unpad(padded)
  if (inner === undefined) throw new Error('not padded')
  return inner
}
