import type { RandomPort } from '@parley/core'

/**
 * The same bytes for the same seed, for ever: xoshiro128** (Blackman, Vigna), seeded by splitmix32. Not secret.
 * `seed` is any integer; its low 53 bits count.
 */
export function seededRandom(seed: number): RandomPort {
  const low = seed >>> 0
  const high = Math.floor(seed / 0x1_0000_0000) >>> 0
  const state = Uint32Array.of(scramble(low, 1), scramble(low, 2), scramble(~high, 3), scramble(~high, 4))
  return (lengthBytes) => {
    const bytes = new Uint8Array(lengthBytes)
    for (let offset = 0; offset < lengthBytes; offset += 4) {
      const word = nextWord(state)
      for (let index = 0; index < 4 && offset + index < lengthBytes; index++) {
        bytes[offset + index] = (word >>> (8 * index)) & 0xff
      }
    }
    return bytes
  }
}

/** splitmix32 after `round` steps; a bijection of `word`, so different seeds give different states. */
function scramble(word: number, round: number): number {
  let mixed = (word + Math.imul(round, 0x9e37_79b9)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
  return mixed ^ (mixed >>> 15)
}

function nextWord(state: Uint32Array): number {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = state
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9)
  const t2 = s2 ^ s0
  const t3 = s3 ^ s1
  state[1] = s1 ^ t2
  state[0] = s0 ^ t3
  state[2] = t2 ^ (s1 << 9)
  state[3] = rotateLeft(t3, 11)
  return result >>> 0
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))
