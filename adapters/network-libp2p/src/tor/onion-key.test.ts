import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { deriveOnionKey, onionServiceId } from './onion-key.ts'

/** Addresses from the specification of Tor (rend-spec-v3). */
const KNOWN = [
  'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd',
  'sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd',
  'xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd',
]
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

function decode(letters: string): Buffer {
  const bits = [...letters].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from(Array.from({ length: 35 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2)))
}

describe('the onion key', () => {
  it('[TOR-6] gives the address that Tor gives to the same public key', () => {
    for (const address of KNOWN) expect(onionServiceId(decode(address).subarray(0, 32))).toBe(address)
  })
  it('[TOR-6] is the same for a device for ever, another for another device', async () => {
    const seed = randomBytes(32)
    const [one, again, other] = await Promise.all([seed, seed, randomBytes(32)].map(deriveOnionKey))
    expect(one).toEqual(again)
    expect(other?.serviceId).not.toBe(one?.serviceId)
    expect(one?.serviceId).toMatch(/^[a-z2-7]{55}d$/)
  })
  it('[TOR-6] is not the device key, and is clamped as Tor wants it', async () => {
    const seed = randomBytes(32)
    const { expanded } = await deriveOnionKey(seed)
    const bytes = Buffer.from(expanded, 'base64')
    expect(bytes.length).toBe(64)
    expect([(bytes[0] ?? 0) & 7, (bytes[31] ?? 0) & 192]).toEqual([0, 64])
    expect(bytes.subarray(1, 31).equals(createHash('sha512').update(seed).digest().subarray(1, 31))).toBe(false)
  })
})
