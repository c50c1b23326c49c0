const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** A small seeded generator (mulberry32), so that every look at the screens shows the same people. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const seedOf = (text: string): number =>
  [...text].reduce((hash, letter) => Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0), 7)

const letters = (seed: string, alphabet: string, length: number): string => {
  const random = seeded(seedOf(seed))
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
}

export const accountOf = (name: string): string => `did:key:z6Mk${letters(`account ${name}`, base58, 44)}`
export const conversationIdOf = (name: string): string => letters(`conversation ${name}`, base58, 43)
export const messageIdOf = (count: number): string => `01${count.toString(16).padStart(62, '0')}`
