/**
 * Makes docs/spec/vectors/hostile-envelopes.json: `node lab/scenarios/hostile-envelopes.ts > docs/spec/vectors/hostile-envelopes.json`.
 * Everything comes from fixed keys, so that it gives the same bytes each time; a test compares them.
 */
import { readFileSync } from 'node:fs'
import { seededRandom } from '@parley/adapter-memory'
import {
  chainSecret,
  concat,
  encodeCbor,
  envelopeTag,
  framed,
  fromHex,
  OUTER_VERSION,
  sealOuter,
  sealPointer,
  sealWorked,
  searchWork,
  sha256,
  toHex,
  utf8,
  workOf,
  type CborValue,
  type CryptoPort,
} from '@parley/core'
import { createNodeCrypto } from '@parley/adapter-crypto-node'

export interface HostileCase {
  readonly name: string
  /** Hex. */
  readonly bytes: string
  /** `accepted`, or why not. */
  readonly expect: string
}

export interface HostileSet {
  readonly note: string
  /** Unix milliseconds at which everything is judged. */
  readonly now: number
  readonly outerKey: string
  readonly mailboxSecret: string
  readonly leaf: number
  readonly slot: number
  readonly outer: readonly HostileCase[]
  readonly sealed: readonly HostileCase[]
  readonly pointers: readonly HostileCase[]
}

interface Keys {
  readonly crypto: CryptoPort
  readonly random: (length: number) => Uint8Array
  readonly outerKey: Uint8Array
  readonly mailboxSecret: Uint8Array
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/spec/vectors/${name}`, import.meta.url), 'utf8'))
const SLOT = 7
const LEAF = 1
const DAY_MS = 86_400_000

const cases = (list: readonly (readonly [string, Uint8Array | undefined, string])[]): readonly HostileCase[] =>
  list.map(([name, bytes, expect]) => ({ name, bytes: toHex(bytes ?? new Uint8Array(0)), expect }))

const flip = (bytes: Uint8Array, at: number, mask = 1): Uint8Array =>
  bytes.map((byte, index) => (index === (at + bytes.length) % bytes.length ? byte ^ mask : byte))
const grow = (bytes: Uint8Array, length: number): Uint8Array => concat(bytes, new Uint8Array(length - bytes.length))
const withVersion = (bytes: Uint8Array, version: number): Uint8Array =>
  concat(Uint8Array.of(version), bytes.subarray(1))

/** An outer envelope around a padded payload of our making. */
function forgeOuter({ crypto, outerKey, mailboxSecret, random }: Keys, padded: Uint8Array): Uint8Array {
  const nonce = random(24)
  const header = concat(Uint8Array.of(OUTER_VERSION), envelopeTag(mailboxSecret, nonce))
  return concat(header, nonce, crypto.xchacha20poly1305.seal(outerKey, nonce, header, padded))
}

function outerCases(keys: Keys): readonly HostileCase[] {
  const { crypto, random, outerKey, mailboxSecret } = keys
  const seal = (changes: Partial<{ key: Uint8Array; mailboxSecret: Uint8Array }> = {}) =>
    sealOuter(
      crypto,
      { key: outerKey, mailboxSecret, nonce: random(24), ...changes },
      { kind: 'mls', body: utf8('hello') },
    ) ?? new Uint8Array(0)
  const [valid, other] = [seal(), seal()]
  const [foreign, retagged] = [seal({ key: random(32), mailboxSecret: random(32) }), seal({ key: random(32) })]
  const padded = (length: number, ...bytes: readonly number[]) => {
    const all = new Uint8Array(512 - 57)
    new DataView(all.buffer).setUint32(0, length)
    all.set(bytes, 4)
    return all
  }
  return cases([
    ['valid', valid, 'accepted'],
    ['empty', new Uint8Array(0), 'no-envelope'],
    ['one byte', valid.slice(0, 1), 'no-envelope'],
    ['only its head', valid.slice(0, 41), 'no-envelope'],
    ['last byte cut', valid.slice(0, -1), 'no-envelope'],
    ['one byte more', grow(valid, 513), 'no-envelope'],
    ['grown to the next size', grow(valid, 2_048), 'undecryptable'],
    ['version 0', withVersion(valid, 0), 'no-envelope'],
    ['version of a sealed envelope', withVersion(valid, 2), 'no-envelope'],
    ['version 3', withVersion(valid, 3), 'no-envelope'],
    ['first letter of the tag flipped', flip(valid, 1), 'unknown-epoch'],
    ['last letter of the tag flipped', flip(valid, 16, 0x80), 'unknown-epoch'],
    ['nonce flipped', flip(valid, 17), 'unknown-epoch'],
    ['tag and nonce of another envelope', concat(other.slice(0, 41), valid.slice(41)), 'undecryptable'],
    ['tag of another envelope', concat(other.slice(0, 17), valid.slice(17)), 'unknown-epoch'],
    ['first letter of the ciphertext flipped', flip(valid, 41), 'undecryptable'],
    ['middle of the ciphertext flipped', flip(valid, 256), 'undecryptable'],
    ['authenticator flipped', flip(valid, -1), 'undecryptable'],
    ['authenticator of zeros', concat(valid.slice(0, -16), new Uint8Array(16)), 'undecryptable'],
    ['of another conversation', foreign, 'unknown-epoch'],
    ['of another conversation, tagged as of ours', retagged, 'undecryptable'],
    ['padding that is not zero', forgeOuter(keys, padded(3, 1, 104, 105, 1)), 'undecryptable'],
    ['a length beyond the end', forgeOuter(keys, padded(452)), 'undecryptable'],
    ['a length of four billion', forgeOuter(keys, padded(0xffff_ffff)), 'undecryptable'],
    ['nothing inside', forgeOuter(keys, padded(0)), 'undecryptable'],
    ['an unknown kind inside', forgeOuter(keys, padded(2, 9, 9)), 'undecryptable'],
    ['zeros', new Uint8Array(512), 'no-envelope'],
    ['garbage that claims to be outer', withVersion(random(512), 1), 'unknown-epoch'],
  ])
}

function sealedCases({ random }: Keys): readonly HostileCase[] {
  const valid = fromHex(read('sealed-envelope.json').envelope)
  return cases([
    ['valid', valid, 'accepted'],
    ['last byte cut', valid.slice(0, -1), 'wrong-size'],
    ['one byte more', grow(valid, valid.length + 1), 'wrong-size'],
    ['version 1', withVersion(valid, 1), 'wrong-version'],
    ['version 3', withVersion(valid, 3), 'wrong-version'],
    ['encapsulation flipped', flip(valid, 600), 'not-for-us'],
    ['encapsulation of zeros', concat(valid.slice(0, 1), new Uint8Array(1_120), valid.slice(1_121)), 'not-for-us'],
    ['middle of the ciphertext flipped', flip(valid, valid.length - 400), 'tampered'],
    ['authenticator flipped', flip(valid, -1), 'tampered'],
    ['garbage that claims to be sealed', withVersion(random(2_048), 2), 'not-for-us'],
  ])
}

async function pointerCases({ crypto, random, mailboxSecret }: Keys, now: number): Promise<readonly HostileCase[]> {
  const secret = chainSecret(mailboxSecret, LEAF, SLOT)
  const publicKey = await crypto.ed25519PublicKey(secret.seed)
  const block = { cid: concat(Uint8Array.of(1, 0x55, 0x12, 32), sha256(utf8('block'))), size: 512 }
  const payload = { blocks: [block], holders: ['/ip4/198.51.100.7/tcp/4001/p2p/holder'] }
  const facts = { sequence: now, expiresAt: now + DAY_MS, nonce: random(24) }
  const seal = (changes: Partial<typeof facts> = {}, with_ = secret) =>
    sealPointer(crypto, with_, { ...facts, ...changes }, payload)
  const uint64 = (value: number) => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
    return bytes
  }
  /** A well-signed record with a payload of our making, padded or not. */
  const forge = async (content: CborValue, fill = 0): Promise<Uint8Array> => {
    const { sequence, expiresAt, nonce } = facts
    const bytes = encodeCbor(content)
    const size = [512, 2_048, 8_192, 32_768].find((each) => each - 170 >= bytes.length + 8) ?? 32_768
    const head: readonly CborValue[] = [1, publicKey, sequence, expiresAt]
    const overhead = encodeCbor(head).length + 3 + 66 + 40
    const padded = new Uint8Array(size - overhead).fill(fill)
    new DataView(padded.buffer).setUint32(0, bytes.length)
    padded.set(bytes, 4)
    const aad = concat(publicKey, uint64(sequence), uint64(expiresAt))
    const body = concat(nonce, crypto.xchacha20poly1305.seal(secret.payloadKey, nonce, aad, padded))
    const fields = [...head, body]
    const signature = await crypto.ed25519Sign(secret.seed, framed(utf8('parley/pointer/1'), encodeCbor(fields)))
    return encodeCbor([...fields, signature])
  }
  const valid = await seal()
  const fields = (await seal()).length
  const digest = sha256(utf8('block'))
  const many = (count: number) =>
    Array.from({ length: count }, (_, at): CborValue => [sha256(Uint8Array.of(at, at >> 8)), 512])
  const key = sha256(utf8('bucket'))
  const work = workOf(key, facts.expiresAt, payload)
  const nonce = work && searchWork(work, 8, 0, 100_000)
  const worked = nonce && sealWorked(key, facts.expiresAt, payload, nonce)
  return cases([
    ['valid', valid, 'accepted'],
    ['made again like the first', await forge([[[digest, 512]], payload.holders]), 'accepted'],
    ['empty', new Uint8Array(0), 'wrong-size'],
    ['last byte cut', valid.slice(0, -1), 'wrong-size'],
    ['one byte more', grow(valid, fields + 1), 'wrong-size'],
    ['grown to the next size', grow(valid, 2_048), 'malformed'],
    ['public key flipped', flip(valid, 10), 'bad-signature'],
    ['sequence flipped', flip(valid, 40), 'bad-signature'],
    ['payload flipped', flip(valid, 200), 'bad-signature'],
    ['signature flipped', flip(valid, -1), 'bad-signature'],
    ['over', await seal({ expiresAt: now }), 'expired'],
    ['longer than anything waits', await seal({ expiresAt: now + 31 * DAY_MS }), 'bad-lifetime'],
    ['of another slot', await seal({}, chainSecret(mailboxSecret, LEAF, SLOT + 1)), 'another-key'],
    [
      'its payload under the key of another slot',
      await seal({}, { ...secret, payloadKey: chainSecret(mailboxSecret, LEAF, SLOT + 1).payloadKey }),
      'unreadable',
    ],
    ['names nothing', await forge([[], []]), 'accepted'],
    ['names 256 blocks', await forge([many(256), []]), 'accepted'],
    ['names 257 blocks', await forge([many(257), []]), 'unreadable'],
    ['nine holders', await forge([[[digest, 512]], Array.from({ length: 9 }, (_, at) => `/p2p/${at}`)]), 'unreadable'],
    ['a holder with a space', await forge([[[digest, 512]], ['/p2p/a b']]), 'unreadable'],
    ['a holder with a line break', await forge([[[digest, 512]], ['https://a.example/\r\nHost: b']]), 'unreadable'],
    ['an empty holder', await forge([[[digest, 512]], ['']]), 'unreadable'],
    ['a holder that is a number', await forge([[[digest, 512]], [7]]), 'unreadable'],
    ['a block of no size of envelopes', await forge([[[digest, 513]], []]), 'unreadable'],
    ['a block of a gigabyte', await forge([[[digest, 1_073_741_824]], []]), 'unreadable'],
    ['a digest that is too short', await forge([[[digest.slice(1), 512]], []]), 'unreadable'],
    ['a list of lists of lists', await forge([[[[[[[[[]]]]]]]], []]), 'unreadable'],
    ['padding that is not zero', await forge([[[digest, 512]], []], 7), 'unreadable'],
    ['text where a record should be', grow(utf8('nothing of the kind'), 512), 'malformed'],
    ['zeros', new Uint8Array(512), 'malformed'],
    ['worked', worked, 'stranger'],
    ['worked, its key flipped: the work is another', worked && flip(worked, 8), 'no-work'],
  ])
}

export async function makeHostileSet(): Promise<HostileSet> {
  const { now } = read('sealed-envelope.json')
  const random = seededRandom(1_969)
  const keys = { crypto: await createNodeCrypto(), random, outerKey: random(32), mailboxSecret: random(32) }
  return {
    note: 'What a reader makes of each. `sealed` is for the recipient of sealed-envelope.json, `pointers` are judged as records of the slot.',
    now,
    outerKey: toHex(keys.outerKey),
    mailboxSecret: toHex(keys.mailboxSecret),
    leaf: LEAF,
    slot: SLOT,
    outer: outerCases(keys),
    sealed: sealedCases(keys),
    pointers: await pointerCases(keys, now),
  }
}

if (process.argv[1]?.endsWith('hostile-envelopes.ts') === true) {
  process.stdout.write(`${JSON.stringify(await makeHostileSet(), null, 2)}\n`)
}
