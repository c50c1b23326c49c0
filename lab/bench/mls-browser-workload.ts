/** What the MLS benchmark does, in Node and in a page alike. */
import type { CryptoPort, RandomPort } from '@parley/core'
import {
  commitChange,
  createGroup,
  encryptMessage,
  generateKeyPackage,
  joinGroup,
  openMessage,
  verifyKeyPackage,
} from '@parley/core/mls'
import type { DeviceSigner, Group, MlsContext } from '@parley/core/mls'

export interface Measured {
  readonly metric: string
  readonly value: number
  readonly unit: string
  /** What the value should reach (rates) or stay under (durations and sizes). */
  readonly target: number
}

export interface Platform {
  readonly name: string
  readonly crypto: CryptoPort
  readonly random: RandomPort
  /** Milliseconds, monotonic. */
  now(): number
}

const MESSAGE_BYTES = 1_024
const MESSAGES_PER_ROUND = 2_000
const ROUNDS = 5
const GROUP_SIZE = 100
const ENCRYPT_TARGET_PER_SECOND = 5_000
const DECRYPT_TARGET_PER_SECOND = 4_000
const JOIN_TARGET_MS = 100
/** In a tree where nobody committed before: one encryption per member, the worst case. */
const COLD_COMMIT_TARGET_MS = 300
const LIFETIME_MS = 86_400_000
const EPOCH_MS = 1_800_000_000_000
const NOTHING = new Uint8Array()

/** 1 KB messages between two members, one core; then a group of a hundred. */
export async function measure({ name, crypto, random, now }: Platform): Promise<readonly Measured[]> {
  const context: MlsContext = { crypto, random, authenticate: () => true }
  const pair = await formGroup(context, 2)
  const rates = await messageRates(context, pair.founder, pair.last, now)
  const large = await formGroup(context, GROUP_SIZE, now)
  const started = now()
  unwrap(await commitChange(context, large.founder, { add: [], remove: [] }, NOTHING))
  const results: readonly (readonly [string, number, string, number])[] = [
    ['encrypt', rates.encrypt, 'messages/s', ENCRYPT_TARGET_PER_SECOND],
    ['decrypt', rates.decrypt, 'messages/s', DECRYPT_TARGET_PER_SECOND],
    [`cold_commit_${GROUP_SIZE}`, now() - started, 'ms', COLD_COMMIT_TARGET_MS],
    [`join_${GROUP_SIZE}`, large.joinMs, 'ms', JOIN_TARGET_MS],
  ]
  return results.map(([metric, value, unit, target]) => ({
    metric: `mls_${metric}_${name}`,
    value: Math.round(value),
    unit,
    target,
  }))
}

/** The median of the rounds, so that one pause of the machine decides nothing. */
async function messageRates(context: MlsContext, first: Group, second: Group, now: () => number) {
  const [plaintext, authenticatedData] = [context.random(MESSAGE_BYTES), context.random(32)]
  const rates = { encrypt: new Array<number>(), decrypt: new Array<number>() }
  let [sender, receiver] = [first, second]
  for (let round = 0; round < ROUNDS; round++) {
    const messages: Uint8Array[] = []
    const started = now()
    for (let index = 0; index < MESSAGES_PER_ROUND; index++) {
      const encrypted = await encryptMessage(context, sender, plaintext, authenticatedData)
      sender = encrypted.group
      messages.push(encrypted.message)
    }
    const sent = now()
    for (const message of messages) receiver = unwrap(await openMessage(context, receiver, message)).group
    const received = now()
    rates.encrypt.push((MESSAGES_PER_ROUND * 1_000) / (sent - started))
    rates.decrypt.push((MESSAGES_PER_ROUND * 1_000) / (received - sent))
  }
  return { encrypt: median(rates.encrypt), decrypt: median(rates.decrypt) }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** A group of `size`, the founder's state and the last joiner's, and how long that one took to join. */
async function formGroup(context: MlsContext, size: number, now: () => number = () => 0) {
  const founder = await createGroup(context, await signer(context, 0), context.random(32), EPOCH_MS)
  const options = { notBefore: EPOCH_MS, notAfter: EPOCH_MS + LIFETIME_MS, isLastResort: false }
  const invited = []
  for (let index = 1; index < size; index++) {
    const made = await generateKeyPackage(context, await signer(context, index), options)
    invited.push({ ...made, verified: unwrap(await verifyKeyPackage(context, made.keyPackage, EPOCH_MS)) })
  }
  const change = { add: invited.map(({ verified }) => verified), remove: [] }
  const { group, welcome } = unwrap(await commitChange(context, founder, change, NOTHING))
  const own = invited.at(-1)
  if (own === undefined || welcome === undefined) throw new Error('a group has two members at least')
  const started = now()
  const last = unwrap(await joinGroup(context, welcome, own.keyPackage, own.secrets))
  return { founder: group, last, joinMs: now() - started }
}

async function signer({ crypto, random }: MlsContext, index: number): Promise<DeviceSigner> {
  const seed = random(32)
  // as large as a device certificate
  const credential = new Uint8Array(250).fill(index)
  return { seed, publicKey: await crypto.ed25519PublicKey(seed), credential }
}

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (!result.ok) throw new Error(result.reason)
  return result.value
}
