import { compareBytes, concat, framed, utf8 } from '../base/bytes.ts'
import { sha512 } from '../base/hash.ts'
import { type AccountId, parseAccount } from './did-key.ts'
import { type IdentityLog, logInception } from './identity-log.ts'

const DOMAIN = utf8('parley/safety-number/1')
const ROUNDS = 5_200
const GROUPS = 12
const GROUP_BYTES = 5
const GROUP_DIGITS = 5

export interface SafetyNumberSide {
  readonly account: AccountId
  /** Current root key, 32 bytes. */
  readonly rootKey: Uint8Array
  /** Hash of the first event of its identity log, 32 bytes. */
  readonly logInception: Uint8Array
}

/** The facts about an account that go into a safety number. `undefined` when its name is not a valid did:key. */
export function safetyNumberSide(log: IdentityLog): SafetyNumberSide | undefined {
  const rootKey = parseAccount(log.account)
  return rootKey === undefined ? undefined : { account: log.account, rootKey, logInception: logInception(log) }
}

/**
 * The 60 digits that two people compare. Symmetric; changes when either root key does. Some 20 ms on purpose: the
 * rounds make it 5,200 times as dear to search for an account with a similar number. Spec: IDN-16.
 */
export function safetyNumber(a: SafetyNumberSide, b: SafetyNumberSide): string {
  const sides = [encodeSide(a), encodeSide(b)].sort(compareBytes)
  const seed = framed(DOMAIN, ...sides)
  let digest = sha512(seed)
  for (let round = 1; round < ROUNDS; round++) digest = sha512(concat(digest, seed))
  const groups = Array.from({ length: GROUPS }, (_, group) => digits(digest.subarray(group * GROUP_BYTES)))
  return groups.join('')
}

const encodeSide = (side: SafetyNumberSide): Uint8Array => framed(utf8(side.account), side.rootKey, side.logInception)

/** Five bytes, big-endian, modulo 100,000: 40 bits into 16.6, so the digits are even to one part in ten million. */
function digits(bytes: Uint8Array): string {
  let value = 0
  for (let index = 0; index < GROUP_BYTES; index++) value = value * 256 + (bytes[index] ?? 0)
  return String(value % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, '0')
}
