/**
 * Somebody who writes to holders what an engine never would: with the real keys of a member, read from that member's
 * disk, and with answers of a push node bent.
 */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { seededRandom } from '@parley/adapter-memory'
import {
  blockCid,
  chainSecret,
  dayOf,
  decodeGroup,
  encodePayload,
  encryptMessage,
  inboxBucketKey,
  sealOuter,
  verifyDeviceBundle,
  decodeCbor,
  decodeRequest,
  decodeResponse,
  deriveKey,
  encodeRequest,
  isBytes,
  isList,
  isRecord,
  pointerKey,
  POINTER_SLOTS,
  sealPointer,
  sealWorked,
  searchWork,
  toHex,
  utf8,
  workOf,
  type MailboxRequest,
  type Payload,
  type PointerPayload,
  type PointerSecret,
} from '@parley/core'
import { befriend, createWorld, type Person, type PushNode, type World } from './world.ts'

const VAULT_NONCE_BYTES = 24
export const crypto = await createNodeCrypto()
const random = seededRandom(77)
const none = new AbortController().signal

/** What the vault of a disk without a passphrase says about `place`. */
export function openSealedValue(person: Person, place: string, sealed: Uint8Array): Uint8Array {
  const wrap = decodeCbor(bytesOf(person.disk.store.all("SELECT value FROM meta WHERE key = 'vault'")[0]?.['value']))
  if (!isRecord(wrap) || !isBytes(wrap['key'])) throw new Error('the disk has a passphrase')
  const key = deriveKey(wrap['key'], utf8('parley/records/1'))
  const [nonce, rest] = [sealed.subarray(0, VAULT_NONCE_BYTES), sealed.subarray(VAULT_NONCE_BYTES)]
  const value = crypto.xchacha20poly1305.open(key, nonce, utf8(place), rest)
  if (value === undefined) throw new Error('nothing was sealed for this place')
  return value
}

export const bytesOf = (value: unknown): Uint8Array => {
  if (!(value instanceof Uint8Array)) throw new Error('no bytes')
  return value
}

/** Secrets of every epoch on a disk, the newest last. */
export function mailboxSecretsOf(person: Person): readonly Uint8Array[] {
  const rows = person.disk.store.all('SELECT id, keys_sealed FROM epochs ORDER BY created_at, depth')
  return rows.map(({ id, keys_sealed }) => {
    const keys = decodeCbor(openSealedValue(person, `epochs/${String(id)}/keys`, bytesOf(keys_sealed)))
    return bytesOf(isList(keys) ? keys[1] : undefined)
  })
}

/** The ring in which `person` leaves pointers, found by the key of one that it left; or that of the other member. */
export async function ringOf(person: Person, whose: 'own' | 'other' = 'own'): Promise<(slot: number) => PointerSecret> {
  const [row] = person.disk.store.all(
    "SELECT key, slot, chain FROM deposits WHERE chain LIKE '%/0' OR chain LIKE '%/1' ORDER BY id DESC LIMIT 1",
  )
  const slot = Number(row?.['slot'])
  const leaf = Number(String(row?.['chain']).split('/')[1])
  for (const secret of mailboxSecretsOf(person)) {
    const key = pointerKey(await crypto.ed25519PublicKey(chainSecret(secret, leaf, slot).seed))
    if (toHex(key) === toHex(bytesOf(row?.['key'])))
      return (number) => chainSecret(secret, whose === 'own' ? leaf : 1 - leaf, number % POINTER_SLOTS)
  }
  throw new Error('the ring is not on this disk')
}

/** A pointer under a member's own key. */
export const signed = (
  secret: PointerSecret,
  world: World,
  payload: PointerPayload,
  sequence = world.clock.now(),
): Promise<Uint8Array> =>
  sealPointer(crypto, secret, { sequence, expiresAt: world.clock.now() + 86_400_000, nonce: random(24) }, payload)

/** A pointer in the bucket `key`, with enough work for the push nodes of the tests. */
export function worked(key: Uint8Array, world: World, payload: PointerPayload): Uint8Array {
  const expiresAt = world.clock.now() + 86_400_000
  const work = workOf(key, expiresAt, payload)
  const nonce = work && searchWork(work, 4, 0, 100_000)
  const record = nonce && sealWorked(key, expiresAt, payload, nonce)
  if (record === undefined) throw new Error('no work was found')
  return record
}

export const named = (...blocks: readonly Uint8Array[]) =>
  blocks.map((bytes) => ({ cid: blockCid(bytes), size: bytes.length }))

/** A request to `node` as the device of `person`. */
export async function ask(world: World, person: Person, node: PushNode, request: MailboxRequest | Uint8Array) {
  const bytes = request instanceof Uint8Array ? request : encodeRequest(request)
  const answering = person.wire.network.mailbox.request(node.address, bytes, none).then(decodeResponse)
  const [answer] = await Promise.all([answering, world.pass(100)])
  return answer
}

/** Leaves blocks and pointers with `node` as `person`. @returns the statuses of the pointers. */
export async function leave(
  world: World,
  person: Person,
  node: PushNode,
  { blocks = [], records = [] }: { readonly blocks?: readonly Uint8Array[]; readonly records?: readonly Uint8Array[] },
): Promise<readonly string[]> {
  for (const block of blocks) {
    await ask(world, person, node, { type: 'store', blocks: named(block) })
    await ask(world, person, node, { type: 'blocks', blocks: [block] })
  }
  const statuses: string[] = []
  for (let start = 0; start < records.length; start += 256) {
    const answer = await ask(world, person, node, { type: 'point', records: records.slice(start, start + 256) })
    statuses.push(...(answer?.type === 'statuses' ? answer.statuses : [String(answer?.type)]))
  }
  return statuses
}

/** How often something was asked of a push node since `start`. */
export const asked = (node: PushNode, type: MailboxRequest['type'], start = 0): number =>
  node.requests.slice(start).filter((request) => decodeRequest(request)?.type === type).length

/** Places that `person` asks from now on. */
export function watchPlaces(person: Person): readonly string[] {
  const places: string[] = []
  const { mailbox } = person.wire.network
  const request = mailbox.request.bind(mailbox)
  mailbox.request = (address, bytes, signal) => {
    places.push(address)
    return request(address, bytes, signal)
  }
  return places
}

/** Envelopes of contents that wait in an outbox, oldest first. */
export const waitingOf = (person: Person): readonly Uint8Array[] =>
  person.disk.store
    .all("SELECT bytes FROM outbox WHERE kind = 'content' ORDER BY seq")
    .map(({ bytes }) => bytesOf(bytes))

export interface Voice {
  /** An outer envelope that says this. */
  say(payload: Payload): Promise<Uint8Array>
  /** One that is an OFFLINE_ACK. */
  acknowledge(received: readonly Uint8Array[], refused: readonly Uint8Array[]): Promise<Uint8Array>
}

/** What `person` could say in its newest epoch if its program were another. */
export function voiceOf(person: Person): Voice {
  const [row] = person.disk.store.all(
    'SELECT id, keys_sealed, state_sealed FROM epochs ORDER BY depth DESC, created_at DESC LIMIT 1',
  )
  const place = `epochs/${String(row?.['id'])}`
  const keys = decodeCbor(openSealedValue(person, `${place}/keys`, bytesOf(row?.['keys_sealed'])))
  const mls = { crypto, random, authenticate: () => Promise.resolve(true) }
  const read = decodeGroup(mls, openSealedValue(person, `${place}/state`, bytesOf(row?.['state_sealed'])))
  if (!read.ok || !isList(keys)) throw new Error('the disk has a group')
  let group = read.value
  const [key, mailboxSecret] = keys.map(bytesOf)
  const voice: Voice = {
    async say(payload) {
      const encrypted = await encryptMessage(mls, group, encodePayload(payload), new Uint8Array(0))
      group = encrypted.group
      const sealing = key && mailboxSecret && { key, mailboxSecret, nonce: random(VAULT_NONCE_BYTES) }
      const envelope = sealing && sealOuter(crypto, sealing, { kind: 'mls', body: encrypted.message })
      if (envelope === undefined) throw new Error('it fits')
      return envelope
    },
    acknowledge: (received, refused) =>
      voice.say({
        type: 'acknowledgement',
        acknowledgement: { received, refused, report: { delivered: [], read: [] } },
      }),
  }
  return voice
}

/** The key of the bucket in which strangers leave mail for `person`, from the bundle that `contact` has. */
export async function bucketOf(world: World, person: Person, contact: Person): Promise<Uint8Array> {
  const [row] = contact.disk.store.all('SELECT bundle FROM devices WHERE peer_id = ?', [person.peerId])
  const bundle = await verifyDeviceBundle(crypto, bytesOf(row?.['bundle']), world.clock.now())
  if (!bundle.ok) throw new Error(bundle.reason)
  return inboxBucketKey(bundle.value.inboxKeyId, dayOf(world.clock.now()))
}

/** Two who are in contact, and their push node. */
export async function createTalk() {
  const world = await createWorld()
  const push = await world.openPushNode()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, push, alice, bob, conversation }
}
