/** All that push nodes and subscribers hear and hold while two people get to know each other and talk without ever meeting. */
import {
  decodeRequest,
  fromHex,
  inviteId,
  parseAccount,
  parseBase64url,
  parseInvite,
  toHex,
  utf8,
  verifyDeviceBundle,
} from '@parley/core'
import { type MemoryStore } from '@parley/adapter-memory'
import { expect } from 'vitest'
import { bytesOf, crypto, mailboxSecretsOf } from './rogue.ts'
import { createWorld, onlyRequest, send, texts, type Person } from './world.ts'

export const WORDS = ['a marmalade sky', 'a second secret', 'the reply to both']

/** Its name, and the bytes to look for. */
type Secret = readonly [string, Uint8Array]

interface Hint {
  readonly topic: number
  readonly bytes: Uint8Array
}

/** Every value of every row of these tables. */
export const valuesOf = (store: MemoryStore, ...tables: readonly string[]): readonly Uint8Array[] =>
  tables.flatMap((table) =>
    store
      .all(`SELECT * FROM ${table}`)
      .flatMap((row) => Object.values(row).map((value) => (value instanceof Uint8Array ? value : utf8(String(value))))),
  )

/** Two people who never meet: an invite, a request, a Welcome, talk and acknowledgements, all by way of two push nodes. */
export async function createRecording() {
  const world = await createWorld()
  const nodes = [await world.openPushNode(), await world.openPushNode()]
  const hints: Hint[] = []
  const listen = (person: Person): Person => {
    const { mailbox } = person.wire.network
    const wake = mailbox.wake.bind(mailbox)
    mailbox.wake = (topic, bytes) => {
      hints.push({ topic, bytes: bytes.slice() })
      wake(topic, bytes)
    }
    person.wire.setOnline(false)
    return person
  }
  const alice = listen(await world.open('Alice Marmalade'))
  const { link } = await alice.engine.call('invites.create', {})
  await world.pass(5_000)
  const bob = listen(await world.open('Bob Lighthouse'))
  const { id: conversation } = await bob.engine.call('contacts.add', { link, text: WORDS[0] ?? '' })
  await world.pass(30_000)
  await alice.engine.call('requests.accept', { id: (await onlyRequest(alice)).id })
  await world.pass(30_000)
  const chat: readonly (readonly [Person, string])[] = [
    [alice, WORDS[1] ?? ''],
    [alice, WORDS[1] ?? ''],
    [bob, WORDS[2] ?? ''],
  ]
  for (const [person, text] of chat) {
    await send(person, conversation, text)
    await world.pass(30_000)
  }
  expect(await texts(bob, conversation)).toEqual([WORDS[0], WORDS[1], WORDS[1], WORDS[2]])
  expect(await texts(alice, conversation)).toEqual(await texts(bob, conversation))
  expect([alice.wire.linksMade, bob.wire.linksMade]).toEqual([0, 0])
  const requests = nodes.flatMap(({ requests: some }) => some)
  const blocks = distinct(
    requests.flatMap((bytes) => {
      const request = decodeRequest(bytes)
      return request?.type === 'blocks' ? request.blocks : []
    }),
  )
  const records = distinct(
    requests.flatMap((bytes) => {
      const request = decodeRequest(bytes)
      return request?.type === 'point' ? request.records : []
    }),
  )
  return { world, nodes, alice, bob, link, conversation, requests, blocks, records, hints }
}

export const distinct = (all: readonly Uint8Array[]): readonly Uint8Array[] => [
  ...new Map(all.map((bytes) => [toHex(bytes), bytes])).values(),
]

export const contains = (hay: Uint8Array, needle: Uint8Array): boolean =>
  Buffer.from(hay.buffer, hay.byteOffset, hay.length).includes(Buffer.from(needle))

export type Recording = Awaited<ReturnType<typeof createRecording>>

/** Everything that must stay between the two, by name. */
export function secretsOf({ world, alice, bob, conversation, link }: Recording): readonly Secret[] {
  const secrets: Secret[] = []
  const add = (name: string, bytes: Uint8Array): void => {
    secrets.push([name, bytes], [`${name}, in hex`, utf8(toHex(bytes))])
    secrets.push([`${name}, in base64`, utf8(Buffer.from(bytes).toString('base64url'))])
  }
  for (const person of [alice, bob]) {
    add(`root key of ${person.name}`, parseAccount(person.account) ?? new Uint8Array(0))
    secrets.push([`account of ${person.name}`, utf8(person.account.slice('did:key:'.length))])
    secrets.push([`name of ${person.name}`, utf8(person.name)])
    for (const [index, secret] of mailboxSecretsOf(person).entries())
      add(`mailbox secret ${index} of ${person.name}`, secret)
    for (const { id, group_id } of person.disk.store.all('SELECT id, group_id FROM epochs')) {
      add('epoch', fromHex(String(id)))
      add('group', fromHex(String(group_id)))
    }
    for (const { id } of person.disk.store.all('SELECT id FROM entries')) add('message id', bytesOf(id))
  }
  add('conversation', parseBase64url(conversation) ?? new Uint8Array(0))
  for (const word of WORDS) secrets.push([word, utf8(word)])
  const invite = parseInvite(link, world.clock.now())
  if (!invite.ok) throw new Error(invite.reason)
  add('invite secret', invite.value.secret)
  add('invite id', inviteId(invite.value.secret))
  return secrets
}

/** Peer ids and device keys of both. */
export async function devicesOf({ world, alice, bob }: Recording): Promise<readonly Secret[]> {
  const devices: Secret[] = []
  for (const [person, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const [device] = other.disk.store.all('SELECT bundle FROM devices WHERE peer_id = ?', [person.peerId])
    const bundle = await verifyDeviceBundle(crypto, bytesOf(device?.['bundle']), world.clock.now())
    if (!bundle.ok) throw new Error(bundle.reason)
    devices.push([`peer id of ${person.name}`, utf8(person.peerId)])
    devices.push([`device key of ${person.name}`, bundle.value.deviceKey])
    devices.push([`inbox key of ${person.name}`, bundle.value.inboxKeyId])
  }
  return devices
}
