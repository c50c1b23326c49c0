import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { AUTH_FLIGHT_BYTES_MAX, CREDENTIAL_BYTES_MAX } from '../base/limits.ts'
import { createNobleCrypto } from '../base/testing/noble-crypto.ts'
import { encodeFlight, encodeTranscript, type Flight, parseFlight } from './codec.ts'

interface Side {
  readonly peerId: string
  readonly deviceSeed: string
  readonly deviceKey: string
  readonly certificate: string
}
const vector: {
  readonly initiator: Side
  readonly responder: Side
  readonly initiatorNonce: string
  readonly responderNonce: string
  readonly initiatorTranscript: string
  readonly responderTranscript: string
  readonly initiatorSignature: string
  readonly responderSignature: string
  readonly hello: string
  readonly answer: string
  readonly proof: string
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/auth-transcript.json', import.meta.url), 'utf8'))

const crypto = await createNobleCrypto()
const transcript = {
  initiatorNonce: fromHex(vector.initiatorNonce),
  responderNonce: fromHex(vector.responderNonce),
  initiatorPeerId: vector.initiator.peerId,
  responderPeerId: vector.responder.peerId,
  initiatorCertificate: fromHex(vector.initiator.certificate),
  responderCertificate: fromHex(vector.responder.certificate),
}

describe('the flights', () => {
  it('[AUTH-2] have the frozen bytes', () => {
    const hello: Flight = {
      type: 'hello',
      nonce: transcript.initiatorNonce,
      certificate: transcript.initiatorCertificate,
    }
    const answer: Flight = {
      type: 'answer',
      nonce: transcript.responderNonce,
      certificate: transcript.responderCertificate,
      signature: fromHex(vector.responderSignature),
    }
    const proof: Flight = { type: 'proof', signature: fromHex(vector.initiatorSignature) }
    const flights: readonly (readonly [Flight, string])[] = [
      [hello, vector.hello],
      [answer, vector.answer],
      [proof, vector.proof],
    ]
    for (const [flight, bytes] of flights) {
      expect(toHex(encodeFlight(flight))).toBe(bytes)
      expect(parseFlight(fromHex(bytes))).toEqual({ ok: true, value: flight })
    }
  })

  it('[AUTH-3] sign the frozen transcripts, one for each role', async () => {
    expect(toHex(encodeTranscript('responder', transcript))).toBe(vector.responderTranscript)
    expect(toHex(encodeTranscript('initiator', transcript))).toBe(vector.initiatorTranscript)
    expect(vector.initiatorTranscript).not.toBe(vector.responderTranscript)
    const { initiator, responder } = vector
    const sign = async (side: Side, text: string) =>
      toHex(await crypto.ed25519Sign(fromHex(side.deviceSeed), fromHex(text)))
    expect(await sign(responder, vector.responderTranscript)).toBe(vector.responderSignature)
    expect(await sign(initiator, vector.initiatorTranscript)).toBe(vector.initiatorSignature)
  })

  it('[AUTH-3] no two transcripts share their bytes', () => {
    const piece = fc.uint8Array({ maxLength: 4 })
    const name = fc.string({ maxLength: 3 })
    const some = fc.record({
      initiatorNonce: piece,
      responderNonce: piece,
      initiatorPeerId: name,
      responderPeerId: name,
      initiatorCertificate: piece,
      responderCertificate: piece,
    })
    fc.assert(
      fc.property(some, some, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(toHex(encodeTranscript('initiator', one)) === toHex(encodeTranscript('initiator', other))).toBe(isSame)
        expect(encodeTranscript('initiator', one)).not.toEqual(encodeTranscript('responder', one))
      }),
      { numRuns: 500 },
    )
  })

  it('[AUTH-2] round trip', () => {
    const nonce = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 })
    const certificate = fc.uint8Array({ maxLength: 300 })
    const flight: fc.Arbitrary<Flight> = fc.oneof(
      fc.record({ type: fc.constant('hello' as const), nonce, certificate }),
      fc.record({ type: fc.constant('answer' as const), nonce, certificate, signature }),
      fc.record({ type: fc.constant('proof' as const), signature }),
    )
    fc.assert(
      fc.property(flight, (original) => {
        expect(parseFlight(encodeFlight(original))).toEqual({ ok: true, value: original })
      }),
    )
  })

  it('[AUTH-2] refuses anything else, and tells other versions apart', () => {
    const hello = { v: 1, type: 'hello', nonce: new Uint8Array(32), certificate: new Uint8Array(9) }
    const wrong: readonly CborValue[] = [
      null,
      [],
      { ...hello, type: 'hi' },
      { ...hello, nonce: new Uint8Array(31) },
      { ...hello, certificate: new Uint8Array(CREDENTIAL_BYTES_MAX + 1) },
      { ...hello, certificate: 'text' },
      { ...hello, extra: 1 },
      { ...hello, type: 'answer' },
      { v: 1, type: 'proof', signature: new Uint8Array(63) },
      { v: 1, type: 'proof', signature: new Uint8Array(64), nonce: new Uint8Array(32) },
      { ...hello, v: '1' },
      { ...hello, v: -1 },
    ]
    for (const value of wrong) expect(parseFlight(encodeCbor(value))).toEqual({ ok: false, reason: 'malformed' })
    expect(parseFlight(encodeCbor({ ...hello, v: 2 }))).toEqual({ ok: false, reason: 'wrong-version' })
    expect(parseFlight(encodeCbor({ v: 2 }))).toEqual({ ok: false, reason: 'wrong-version' })
    expect(parseFlight(new Uint8Array(AUTH_FLIGHT_BYTES_MAX + 1))).toEqual({ ok: false, reason: 'malformed' })
  })

  it('[AUTH-2] any bytes have an outcome, and what is accepted has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parsed = parseFlight(bytes)
        if (parsed.ok) expect(encodeFlight(parsed.value)).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
  })
})
