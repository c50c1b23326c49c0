/** What attackers who own the network try. The transport is taken to lie wherever that makes their life easier. */
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../base/limits.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { issueDeviceCertificate } from '../identity/index.ts'
import { createPerson, expectOk, NOW } from '../identity/testing/people.ts'
import { encodeFlight, encodeTranscript, parseFlight } from './codec.ts'
import { createEnd, deliver, type End, type EndOptions, outcomeOf, shake } from './testing/pair.ts'

const crypto = await createNobleCrypto()
const random = createSeededRandom(8)
const alice = await createPerson(crypto, random)
const bob = await createPerson(crypto, random)
const mallory = await createPerson(crypto, random)

const end = (options: EndOptions): End => createEnd(crypto, random, options)
const aliceCallsBob = () =>
  end({ role: 'initiator', own: alice, remotePeerId: bob.peerId, expectedAccount: bob.account })
const bobHearsAlice = () => end({ role: 'responder', own: bob, remotePeerId: alice.peerId })
const flightOf = (one: End, index: number) => expectOk(parseFlight(one.sent[index] ?? new Uint8Array()))
async function opened(one: End): Promise<End> {
  await one.step({ type: 'link.opened' })
  return one
}

describe('attackers', () => {
  it('[AUTH-3] reflection: our own hello comes back', async () => {
    const a = await opened(aliceCallsBob())
    await deliver(a, a)
    expect(outcomeOf(a)).toBe('out-of-order')
  })

  it('[AUTH-3] reflection: our own signature comes back as the answer of another session', async () => {
    const responding = await opened(end({ role: 'responder', own: alice, remotePeerId: bob.peerId }))
    const calling = await opened(aliceCallsBob())
    const hello = flightOf(calling, 0)
    if (hello.type !== 'hello') throw new Error('a hello')
    const asBob = encodeFlight({ ...hello, certificate: bob.certificate.bytes })
    await responding.step({ type: 'net.received', bytes: asBob })
    const oracle = flightOf(responding, 0)
    if (oracle.type !== 'answer') throw new Error('an answer')
    await calling.step({ type: 'net.received', bytes: encodeFlight(oracle) })
    expect(outcomeOf(calling)).toBe('wrong-peer')
    const again = await opened(aliceCallsBob())
    const dressed = encodeFlight({ ...oracle, certificate: bob.certificate.bytes })
    await again.step({ type: 'net.received', bytes: dressed })
    expect(outcomeOf(again)).toBe('bad-signature')
  })

  it('[AUTH-3] replay: an old answer does not fit a new call', async () => {
    const [a, b] = [aliceCallsBob(), bobHearsAlice()]
    await shake(a, b)
    const again = await opened(aliceCallsBob())
    await deliver(b, again)
    expect([outcomeOf(again), again.sent.length]).toEqual(['bad-signature', 1])
  })

  it('[AUTH-3] replay: an old hello and an old proof do not open a new link', async () => {
    const [a, b] = [aliceCallsBob(), bobHearsAlice()]
    await shake(a, b)
    const again = await opened(bobHearsAlice())
    for (const bytes of a.sent) await again.step({ type: 'net.received', bytes })
    expect(outcomeOf(again)).toBe('bad-signature')
  })

  it('[AUTH-4] a man in the middle cannot pass the flights on over his own links', async () => {
    const a = await opened(end({ role: 'initiator', own: alice, remotePeerId: mallory.peerId }))
    const b = await opened(end({ role: 'responder', own: bob, remotePeerId: mallory.peerId }))
    await deliver(a, b)
    expect([outcomeOf(b), b.sent.length]).toEqual(['wrong-peer', 0])
    const honest = await opened(bobHearsAlice())
    await deliver(a, honest)
    await deliver(honest, a)
    expect(outcomeOf(a)).toBe('wrong-peer')
  })

  it('[AUTH-3] a man in the middle of one link is found by the peer ids in the signatures', async () => {
    const a = await opened(aliceCallsBob())
    const hello = flightOf(a, 0)
    if (hello.type !== 'hello') throw new Error('a hello')
    const responderNonce = random(32)
    const signature = await crypto.ed25519Sign(
      bob.deviceSeed,
      encodeTranscript('responder', {
        initiatorNonce: hello.nonce,
        responderNonce,
        initiatorPeerId: mallory.peerId,
        responderPeerId: bob.peerId,
        initiatorCertificate: hello.certificate,
        responderCertificate: bob.certificate.bytes,
      }),
    )
    const answer = { type: 'answer', nonce: responderNonce, certificate: bob.certificate.bytes, signature } as const
    await a.step({ type: 'net.received', bytes: encodeFlight(answer) })
    expect(outcomeOf(a)).toBe('bad-signature')
  })

  it('[AUTH-3] a swapped certificate breaks the signature, also one that another account made for the same device', async () => {
    const claimed = await issueDeviceCertificate(crypto, mallory.secrets.rootSeed, {
      deviceKey: bob.deviceKey,
      capabilities: [],
      notBefore: NOW,
      notAfter: NOW + DAY_MS,
      logHead: new Uint8Array(32),
    })
    const [a, b] = [
      await opened(end({ role: 'initiator', own: alice, remotePeerId: bob.peerId })),
      await opened(bobHearsAlice()),
    ]
    await deliver(a, b)
    const answer = flightOf(b, 0)
    if (answer.type !== 'answer') throw new Error('an answer')
    await a.step({ type: 'net.received', bytes: encodeFlight({ ...answer, certificate: claimed.bytes }) })
    expect(outcomeOf(a)).toBe('bad-signature')
  })

  it('[AUTH-3] a hello whose certificate was swapped on the way is found by the caller', async () => {
    const claimed = await issueDeviceCertificate(crypto, mallory.secrets.rootSeed, {
      deviceKey: alice.deviceKey,
      capabilities: [],
      notBefore: NOW,
      notAfter: NOW + DAY_MS,
      logHead: new Uint8Array(32),
    })
    const [a, b] = [await opened(aliceCallsBob()), await opened(bobHearsAlice())]
    const hello = flightOf(a, 0)
    if (hello.type !== 'hello') throw new Error('a hello')
    await b.step({ type: 'net.received', bytes: encodeFlight({ ...hello, certificate: claimed.bytes }) })
    await deliver(b, a)
    expect([outcomeOf(a), outcomeOf(b)]).toEqual(['bad-signature', undefined])
  })

  it('[AUTH-3] role confusion: the signature of the answer is no proof', async () => {
    const [a, b] = [await opened(aliceCallsBob()), await opened(bobHearsAlice())]
    await deliver(a, b)
    const answer = flightOf(b, 0)
    if (answer.type !== 'answer') throw new Error('an answer')
    await b.step({ type: 'net.received', bytes: encodeFlight({ type: 'proof', signature: answer.signature }) })
    expect(outcomeOf(b)).toBe('bad-signature')
  })

  it('[AUTH-3] role confusion: a right signature in the wrong role is wrong', async () => {
    const a = await opened(aliceCallsBob())
    const hello = flightOf(a, 0)
    if (hello.type !== 'hello') throw new Error('a hello')
    const nonce = random(32)
    const signature = await crypto.ed25519Sign(
      bob.deviceSeed,
      encodeTranscript('initiator', {
        initiatorNonce: hello.nonce,
        responderNonce: nonce,
        initiatorPeerId: alice.peerId,
        responderPeerId: bob.peerId,
        initiatorCertificate: hello.certificate,
        responderCertificate: bob.certificate.bytes,
      }),
    )
    const answer = encodeFlight({ type: 'answer', nonce, certificate: bob.certificate.bytes, signature })
    await a.step({ type: 'net.received', bytes: answer })
    expect(outcomeOf(a)).toBe('bad-signature')
  })

  it('[AUTH-4] masquerade: knowing a public certificate does not make one its owner', async () => {
    const b = await opened(end({ role: 'responder', own: bob, remotePeerId: mallory.peerId }))
    const hello = encodeFlight({ type: 'hello', nonce: random(32), certificate: alice.certificate.bytes })
    await b.step({ type: 'net.received', bytes: hello })
    expect([outcomeOf(b), b.sent.length]).toEqual(['wrong-peer', 0])
  })

  it('[AUTH-3] masquerade behind a lying transport still needs the device key', async () => {
    const b = await opened(bobHearsAlice())
    const hello = encodeFlight({ type: 'hello', nonce: random(32), certificate: alice.certificate.bytes })
    await b.step({ type: 'net.received', bytes: hello })
    const guess = await crypto.ed25519Sign(mallory.deviceSeed, random(32))
    await b.step({ type: 'net.received', bytes: encodeFlight({ type: 'proof', signature: guess }) })
    expect(outcomeOf(b)).toBe('bad-signature')
  })
})
