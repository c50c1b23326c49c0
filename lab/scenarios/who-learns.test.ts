/** What push nodes, DHT peers, subscribers of wake-ups and thieves have of offline delivery: looked for in all that they hold and hear. */
import {
  chainSecret,
  concat,
  dayOf,
  decodeCbor,
  decodeRequest,
  ENVELOPE_BUCKETS_BYTES,
  inboxBucketKey,
  keyPrefix,
  OUTER_VERSION,
  parseAccount,
  parseBase64url,
  pointerKey,
  POINTER_BUCKETS_BYTES,
  POINTER_SLOTS,
  SEALED_VERSION,
  sha256,
  toHex,
  utf8,
  wakeTopic,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import { describe, expect, test } from 'vitest'
import { bytesOf, crypto, mailboxSecretsOf, ringOf } from './rogue.ts'
import { createWorld, onlyRequest, send } from './world.ts'
import { read } from '../docs/repository.ts'
import { contains, createRecording, devicesOf, distinct, secretsOf, valuesOf, WORDS } from './recording.ts'

const WINDOW_BYTES = 8
const DAY_MS = 86_400_000

const recording = await createRecording()

describe('push nodes, DHT peers and subscribers', () => {
  test('[ENV-1] [OFF-3] [PTR-4] [PTR-8] hear and hold no account, name, conversation, group, epoch, message, invite or word', () => {
    const { requests, nodes, hints } = recording
    const secrets = secretsOf(recording)
    expect(secrets.length).toBeGreaterThan(40)
    expect(secrets.filter(([, { length }]) => length < 8)).toEqual([])
    const held = nodes.flatMap(({ store }) => valuesOf(store, 'held_blocks', 'held_pointers', 'held_peers'))
    const all = [...requests, ...held, ...hints.map(({ bytes }) => bytes)]
    expect(all.length).toBeGreaterThan(100)
    // The search can fail: on a disk it finds them.
    const disk = valuesOf(recording.alice.disk.store, 'contacts', 'devices')
    expect(secrets.filter(([, secret]) => disk.some((bytes) => contains(bytes, secret))).length).toBeGreaterThan(2)
    const found = secrets.filter(([, secret]) => all.some((bytes) => contains(bytes, secret)))
    expect(found.map(([name]) => name)).toEqual([])
  })

  test('[HLD-8] nothing that is stored names the device of its reader or of its author: requests and hints neither', async () => {
    const { requests, nodes, hints } = recording
    const devices = await devicesOf(recording)
    expect(devices).toHaveLength(6)
    const held = nodes.flatMap(({ store }) => valuesOf(store, 'held_blocks', 'held_pointers'))
    const all = [...requests, ...held, ...hints.map(({ bytes }) => bytes)]
    const found = devices.filter(([, device]) => all.some((bytes) => contains(bytes, device)))
    expect(found.map(([name]) => name)).toEqual([])
  })

  test('[ENV-2] [ENV-3] two blocks have nothing in common but their version and their size', () => {
    const { blocks } = recording
    const versions = new Set(blocks.map(([version]) => version))
    expect(blocks.filter(([version]) => version === OUTER_VERSION).length).toBeGreaterThan(5)
    expect(blocks.filter(([version]) => version === SEALED_VERSION)).toHaveLength(2)
    expect(versions.size).toBeGreaterThanOrEqual(2)
    expect(blocks.every(({ length }) => (ENVELOPE_BUCKETS_BYTES as readonly number[]).includes(length))).toBe(true)
    expect(sharedWindows(blocks)).toEqual([])
  })

  test('[PTR-3] [PTR-4] two pointers have nothing in common but their form, their times and their size', () => {
    const { records } = recording
    expect(records.every(({ length }) => (POINTER_BUCKETS_BYTES as readonly number[]).includes(length))).toBe(true)
    const signed = records.flatMap((record) => {
      const fields = decodeCbor(record)
      return Array.isArray(fields) && fields[0] === 1 ? [fields.filter((field) => field instanceof Uint8Array)] : []
    })
    expect(signed.length).toBeGreaterThan(5)
    // The same key again is the same deposit, renewed or emptied; everything else differs at every place.
    const keys = distinct(signed.map(([key]) => bytesOf(key)))
    expect(keys.length).toBeGreaterThan(5)
    expect(sharedWindows(keys)).toEqual([])
    expect(sharedWindows(signed.map(([, payload]) => bytesOf(payload)))).toEqual([])
    expect(sharedWindows(signed.map(([, , signature]) => bytesOf(signature)))).toEqual([])
  })

  test('[PTR-3] no two slots, leaves, epochs or conversations have a key or a prefix in common', async () => {
    const random = seededRandom(5)
    const prefixes = new Set<string>()
    let count = 0
    for (const secret of [...mailboxSecretsOf(recording.alice), random(32), random(32)]) {
      for (const leaf of [0, 1]) {
        for (let slot = 0; slot < POINTER_SLOTS; slot++) {
          const key = pointerKey(await crypto.ed25519PublicKey(chainSecret(secret, leaf, slot).seed))
          prefixes.add(toHex(keyPrefix(key)))
          count++
        }
      }
    }
    expect(prefixes.size).toBe(count)
  })

  test('[MBX-6] the topic of a conversation changes with the day and with the epoch', () => {
    const random = seededRandom(6)
    const today = dayOf(recording.world.clock.now())
    const ofDays = Array.from({ length: 200 }, (_, day) => wakeTopic(new Uint8Array(32), today + day))
    const ofEpochs = Array.from({ length: 200 }, () => wakeTopic(random(32), today))
    for (const topics of [ofDays, ofEpochs]) expect(new Set(topics).size).toBeGreaterThan(100)
    expect(dayOf(recording.world.clock.now() + DAY_MS)).toBe(today + 1)
  })

  test('[PTR-1] [PTR-3] a stranger who knows both accounts, devices and the conversation computes no key', async () => {
    const { alice, bob, conversation, records } = recording
    const known = new Set(
      records.flatMap((record) => {
        const fields = decodeCbor(record)
        return Array.isArray(fields) && fields[0] === 1 ? [toHex(pointerKey(bytesOf(fields[1])))] : []
      }),
    )
    expect(known.size).toBeGreaterThan(5)
    const [a, b] = [parseAccount(alice.account), parseAccount(bob.account)].map((key) => key ?? new Uint8Array(0))
    const [room, empty] = [parseBase64url(conversation) ?? new Uint8Array(0), new Uint8Array(0)]
    const facts = [
      a ?? empty,
      b ?? empty,
      room,
      utf8(alice.account),
      utf8(bob.account),
      utf8(alice.peerId),
      utf8(bob.peerId),
      empty,
    ]
    const guesses = facts.flatMap((one) => facts.flatMap((other) => [concat(one, other), sha256(concat(one, other))]))
    let count = 0
    for (const guess of guesses) {
      for (const leaf of [0, 1]) {
        const { seed } = chainSecret(guess, leaf, 0)
        if (known.has(toHex(pointerKey(await crypto.ed25519PublicKey(seed))))) count++
      }
      if (known.has(toHex(sha256(guess))) || known.has(toHex(guess))) count++
    }
    expect(count).toBe(0)
    // The check can fail: with the secret of an epoch the keys are found.
    const slot = await ringOf(alice)
    const real: Uint8Array[] = []
    for (let at = 0; at < POINTER_SLOTS; at++) real.push(await crypto.ed25519PublicKey(slot(at).seed))
    expect(real.filter((key) => known.has(toHex(pointerKey(key)))).length).toBeGreaterThan(1)
  })
})

/** Places at which two of `all` have WINDOW_BYTES bytes in common. */
function sharedWindows(all: readonly Uint8Array[]): readonly number[] {
  const shared: number[] = []
  const length = Math.max(...all.map((bytes) => bytes.length))
  for (let at = 0; at + WINDOW_BYTES <= length; at++) {
    const seen = new Set<string>()
    for (const bytes of all) {
      if (at + WINDOW_BYTES > bytes.length) continue
      const window = toHex(bytes.subarray(at, at + WINDOW_BYTES))
      if (seen.has(window)) shared.push(at)
      seen.add(window)
    }
  }
  return shared
}

describe('what they do learn', () => {
  test('[HLD-8] is written down', () => {
    const document = read('docs/threat-model.md').replace(/\s+/g, ' ')
    for (const sentence of [
      'peer id and IP address of whoever stores and whoever asks',
      'One that holds what waits sees which peer id left it and which fetched it',
      'all keys that a connection asks for belong to one reader',
      'eight letters of a key, on which of 256 topics, when',
      'the IP address of your node and of your readers',
      'Places that a contact names',
    ])
      expect(document).toContain(sentence)
  })

  test('[HLD-3] a push node has the peer id of whoever stores, the size, and when it ends', () => {
    const { nodes, alice, bob } = recording
    const peers = nodes.flatMap(({ store }) => store.all('SELECT peer FROM held_peers').map(({ peer }) => String(peer)))
    expect(new Set(peers)).toEqual(new Set([alice.peerId, bob.peerId]))
  })

  test('[OFF-5] whoever asks does so for all its keys at once: they belong together for the one that is asked', () => {
    const sizes = recording.requests.flatMap((bytes) => {
      const request = decodeRequest(bytes)
      return request?.type === 'find' ? [request.prefixes.length] : []
    })
    expect(Math.max(...sizes)).toBeGreaterThan(8)
  })

  test('[MBX-5] a subscriber hears prefixes of keys, and when', () => {
    const { hints } = recording
    expect(hints.length).toBeGreaterThan(5)
    expect(hints.every(({ bytes }) => bytes.length === 8)).toBe(true)
  })

  test('[PTR-7] a bucket is shared: ten thousand inboxes have no more than 1,024 keys a day', () => {
    const random = seededRandom(8)
    const keys = new Set(Array.from({ length: 10_000 }, () => toHex(inboxBucketKey(random(16), 20_000))))
    expect(keys.size).toBeLessThanOrEqual(1_024)
    expect(keys.size).toBeGreaterThan(1_000)
  })
})

describe('a thief of the disk', () => {
  test('[KEY-3] finds no secret of a waiting deposit when there is a passphrase', async () => {
    const world = await createWorld()
    await using _ = world
    await world.openPushNode()
    const alice = await world.open('Alice', { passphrase: 'correct horse' })
    const { link } = await alice.engine.call('invites.create', {})
    const bob = await world.open('Bob')
    const { id } = await bob.engine.call('contacts.add', { link, text: 'hi' })
    await world.pass(5_000)
    await alice.engine.call('requests.accept', { id: (await onlyRequest(alice)).id })
    await world.pass(5_000)
    bob.wire.setOnline(false)
    bob.wire.network.mailbox.pushNodes = () => []
    await send(alice, id, WORDS[0] ?? '')
    await world.pass(5_000)
    const disk = alice.disk.store
    const rows = disk.all(
      "SELECT slot, chain, key, secret_sealed FROM deposits WHERE secret_sealed IS NOT NULL AND chain NOT LIKE 'invite/%'",
    )
    expect(rows.length).toBeGreaterThan(0)
    const all = valuesOf(
      disk,
      'deposits',
      'holdings',
      'outbox',
      'meta',
      'secrets',
      'epochs',
      'conversations',
      'pointers_read',
      'blocks_read',
    )
    let known = 0
    for (const { slot, chain, key } of rows) {
      for (const secret of mailboxSecretsOf(bob)) {
        const { seed, payloadKey } = chainSecret(secret, Number(String(chain).split('/')[1]), Number(slot))
        if (toHex(pointerKey(await crypto.ed25519PublicKey(seed))) !== toHex(bytesOf(key))) continue
        known++
        for (const part of [seed, payloadKey, secret]) expect(all.some((value) => contains(value, part))).toBe(false)
      }
    }
    expect(known).toBe(rows.length)
  })
})
