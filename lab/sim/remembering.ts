/**
 * Crypto that knows what it was asked before. Signatures are functions of their arguments, and the people of a world show
 * each other the same logs, bundles and records over and over: a fifth of a world's time went into checking them again.
 */
import { hash } from 'node:crypto'
import type { CryptoPort } from '@parley/core'

/** Answers kept of each kind, for all worlds of a thread; the oldest goes first. */
const ANSWERS_MAX = 20_000

/** The same answers as `base`, which is asked once for each. Seeds become keys of a map: for worlds alone, never for people. */
export function remembering(base: CryptoPort): CryptoPort {
  const ed25519PublicKey = once(base.ed25519PublicKey)
  const ed25519Sign = once(base.ed25519Sign)
  const ed25519Verify = once(base.ed25519Verify)
  const signature = {
    ...base.mlsSuite.signature,
    sign: async (seed: Uint8Array, message: Uint8Array) => ed25519Sign(seed, message),
    verify: async (key: Uint8Array, message: Uint8Array, signed: Uint8Array) => ed25519Verify(key, message, signed),
  }
  return { ...base, ed25519PublicKey, ed25519Sign, ed25519Verify, mlsSuite: { ...base.mlsSuite, signature } }
}

/** Bytes that were answered are handed out as copies: they belong to whoever asked. */
function once<Given extends readonly Uint8Array[], Answer>(
  ask: (...given: Given) => Answer,
): (...given: Given) => Answer {
  const answers = new Map<string, Answer>()
  return (...given) => {
    const key = nameOf(given)
    let answer = answers.get(key)
    if (answer === undefined) {
      answer = ask(...given)
      answers.set(key, answer)
      const [oldest] = answers.size > ANSWERS_MAX ? answers.keys() : []
      if (oldest !== undefined) answers.delete(oldest)
    }
    return answer instanceof Uint8Array ? (answer.slice() as Answer & Uint8Array) : answer
  }
}

function nameOf(parts: readonly Uint8Array[]): string {
  const lengths = Uint32Array.from(parts, ({ length }) => length)
  return hash('sha256', Buffer.concat([Buffer.from(lengths.buffer), ...parts]), 'base64')
}
