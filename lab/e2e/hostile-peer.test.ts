import { decodeFrame, ENVELOPE_BUCKETS_BYTES, encodeCbor, encodeFrame, FRAME_BYTES_MAX } from '@parley/core'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { openMallory, type Mallory } from './support/mallory.ts'
import { befriend, Stage } from './support/stage.ts'
import { framed, linkTo, shout } from './support/stranger.ts'
import { until } from './support/until.ts'

const GARBAGE_ENVELOPES = 3_000
const MESSAGES = 40
const AUTH_TIMEOUT_MS = 10_000

test('streams of rubbish, frames beyond every limit and other protocol versions end alone; friends go on talking', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const target = bob.addresses[0] ?? ''
  const evils: readonly (readonly Uint8Array[])[] = [
    [framed(new Uint8Array(0))],
    [framed(new Uint8Array(8), 0xffffffff)],
    [framed(new Uint8Array(8), FRAME_BYTES_MAX + 1)],
    [randomBytes(100_000)],
    [framed(Uint8Array.of(9, 9, 9))],
    [framed(Uint8Array.of(2)), randomBytes(64)],
    [new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')],
  ]
  await Promise.all(evils.map((chunks) => shout(target, chunks)))
  await expect(shout(target, [], '/parley/link/2.0.0')).rejects.toThrow()
  await expect(shout(target, [], '/parley/link/0.9.0')).rejects.toThrow()
  await assertUnharmed(alice, bob, conversation, 'after the rubbish')
})

test('without, with forged and with replayed authentication nobody gets a word in', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const target = bob.addresses[0] ?? ''
  const { hello, proof, seed } = await recordHandshake(stage, bob)

  const frames: Readonly<Record<string, readonly Uint8Array[]>> = {
    'an envelope before any proof': [encodeFrame({ type: 'envelope', bytes: envelope() })],
    'no frame at all': [randomBytes(200)],
    'a flight that is none': [encodeFrame({ type: 'auth', flight: randomBytes(100) })],
    'a version of later': [encodeFrame({ type: 'auth', flight: encodeCbor({ v: 9, type: 'hello' }) })],
    'the proof first': [encodeFrame({ type: 'auth', flight: proof })],
    'the certificate of somebody else': [encodeFrame({ type: 'auth', flight: hello })],
  }
  await Promise.all(
    Object.entries(frames).map(async ([what, all]) => {
      await using stranger = await linkTo(target)
      for (const frame of all) stranger.link.send(frame)
      if (what === 'an envelope before any proof') {
        // It waits for a proof that never comes, and goes unanswered.
        stranger.link.send(encodeFrame({ type: 'auth', flight: randomBytes(9) }))
      }
      expect(await stranger.closed, what).toBe('remote')
      expect(
        stranger.received.every((frame) => decodeFrame(frame)?.type === 'auth'),
        what,
      ).toBe(true)
    }),
  )

  // The right device with an old proof: the nonce of this link is not in it.
  const startedAt = performance.now()
  await using again = await linkTo(target, seed)
  again.link.send(encodeFrame({ type: 'auth', flight: hello }))
  await until('the node answers', () => again.received.length > 0)
  again.link.send(encodeFrame({ type: 'auth', flight: proof }))
  again.link.send(encodeFrame({ type: 'bundle.get' }))
  expect(await again.closed).toBe('remote')
  expect(performance.now() - startedAt).toBeLessThan(AUTH_TIMEOUT_MS)
  expect(again.received.map((frame) => decodeFrame(frame)?.type)).toEqual(['auth'])
  await assertUnharmed(alice, bob, conversation, 'after the impostors')
})

test('a contact who floods, repeats, reorders and misdirects envelopes changes nothing but the own conversation', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await using mallory = await openMallory(stage.folder)
  const withBob = await befriend(bob, mallory)
  const withAlice = await befriend(alice, mallory)
  const [alicesPeer, bobsPeer] = [String(alice.ready['peerId']), String(bob.ready['peerId'])]

  mallory.misbehave()
  const said = await Promise.all(Array.from({ length: MESSAGES }, (_, at) => sayAs(mallory, withBob, `To Bob ${at}`)))
  await sayAs(mallory, withAlice, 'For Alice alone')
  await until('Bob has everything', async () => (await bob.api.history(withBob)).length >= MESSAGES)
  await alice.api.received(withAlice, 'For Alice alone')
  const history = async (): Promise<readonly string[]> => (await bob.api.history(withBob)).map(({ id }) => id)
  const mine = (await mallory.api.call('messages.page', { conversation: withBob, limit: 200 })).messages
  expect(await history(), 'once each, in the order of the author').toEqual(mine.map(({ id }) => id))
  expect(new Set(await history())).toEqual(new Set(said))

  const recorded = [...mallory.framesTo(bobsPeer), ...mallory.framesTo(alicesPeer)]
  for (const frame of recorded.filter((each) => decodeFrame(each)?.type === 'envelope'))
    await inject(mallory, bobsPeer, frame)
  for (let count = 0; count < GARBAGE_ENVELOPES; count++) {
    await inject(mallory, bobsPeer, encodeFrame({ type: 'envelope', bytes: envelope() }))
  }
  await inject(mallory, bobsPeer, encodeFrame({ type: 'ack', ids: [randomBytes(16), randomBytes(16)] }))
  await inject(mallory, bobsPeer, encodeFrame({ type: 'refuse', ids: [randomBytes(16)], reason: 'undecryptable' }))
  await inject(mallory, bobsPeer, encodeFrame({ type: 'bundle', bundle: randomBytes(5_000) }))
  await assertUnharmed(alice, bob, conversation, 'after the flood')

  // A frame that is none costs the link, not the contact.
  const ended = mallory.endedLinks(bobsPeer)
  await inject(mallory, bobsPeer, randomBytes(40))
  await until('the link is closed', () => mallory.endedLinks(bobsPeer) > ended)
  await bob.api.received(withBob, `To Bob ${MESSAGES - 1}`)
  await sayAs(mallory, withBob, 'Sorry')
  await bob.api.received(withBob, 'Sorry')
  expect(await history(), 'nothing more, nothing twice').toHaveLength(MESSAGES + 1)
  expect(await bob.api.texts(conversation)).not.toContain('For Alice alone')
  expect(await bob.api.call('contacts.list', {})).toHaveLength(2)
  expect(await bob.api.call('requests.list', {})).toEqual([])
})

async function sayAs(mallory: Mallory, conversation: string, text: string): Promise<string> {
  return (await mallory.api.call('messages.send', { conversation, text })).id
}

/** Waits for room, and for the link. */
async function inject(mallory: Mallory, peerId: string, frame: Uint8Array): Promise<void> {
  await until('there is room on the link', () => mallory.inject(peerId, frame.slice()))
}

/** Of the right shape on the outside, and nothing within. */
function envelope(): Uint8Array {
  const sizes = ENVELOPE_BUCKETS_BYTES.slice(0, 3)
  const bytes = randomBytes(sizes[randomBytes(1).readUInt8() % sizes.length] ?? 512)
  bytes[0] = 1 + (randomBytes(1).readUInt8() % 3)
  return bytes
}

/** The two flights with which a contact once proved itself to Bob, and the device that did. It is gone afterwards. */
async function recordHandshake(stage: Stage, bob: Daemon) {
  await using mallory = await openMallory(stage.folder)
  await befriend(bob, mallory)
  const flights = mallory.framesTo(String(bob.ready['peerId'])).flatMap((bytes) => {
    const frame = decodeFrame(bytes)
    return frame?.type === 'auth' ? [frame.flight] : []
  })
  const [hello, proof] = flights
  if (hello === undefined || proof === undefined) throw new Error('there was no handshake')
  return { hello, proof, seed: mallory.deviceSeed }
}

/** Both nodes run, know what they knew, and talk. */
async function assertUnharmed(alice: Daemon, bob: Daemon, conversation: string, text: string): Promise<void> {
  const { id } = await alice.api.send(conversation, text)
  await bob.api.received(conversation, text)
  await bob.api.send(conversation, `Bob ${text}`)
  await alice.api.received(conversation, `Bob ${text}`)
  await until('it is delivered', async () => {
    const message = (await alice.api.history(conversation)).find((each) => each.id === id)
    return message?.state === 'delivered' || message?.state === 'read'
  })
  for (const { child } of [alice, bob]) expect(child.isRunning).toBe(true)
}
