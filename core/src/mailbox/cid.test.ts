import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../base/assert.ts'
import { ENVELOPE_BYTES_MAX } from '../base/limits.ts'
import { CID_BYTES, assertBlock, blockCid, cidText, isBlockCid, isBlockOf, parseCid } from './cid.ts'

const bytes = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 300 })
const textOf = (block: Uint8Array): string => cidText(blockCid(block))

describe('the name of a block', () => {
  it('[BLK-1] is CIDv1, raw, SHA-256, as IPFS prints it', () => {
    // as `multiformats` prints them
    expect(textOf(new Uint8Array())).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
    expect(textOf(new TextEncoder().encode('hello world'))).toBe(
      'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
    )
  })
  it('[BLK-1] carries the plain SHA-256 of the bytes', () => {
    fc.assert(
      fc.property(bytes(), (block) => {
        const cid = blockCid(block)
        expect(cid.length).toBe(CID_BYTES)
        expect(Buffer.from(cid).toString('hex')).toBe(`01551220${createHash('sha256').update(block).digest('hex')}`)
      }),
    )
  })
  it('[BLK-1] has one text, which is read back', () => {
    fc.assert(
      fc.property(bytes(), (block) => {
        const cid = blockCid(block)
        expect(parseCid(cidText(cid))).toEqual(cid)
        expect(isBlockOf(cid, block)).toBe(true)
        expect(isBlockOf(cid, Uint8Array.of(...block, 0))).toBe(false)
      }),
    )
  })
  it('[BLK-1] any other text is no name and no error', () => {
    const good = textOf(Uint8Array.of(1))
    for (const bad of [
      '',
      good.toUpperCase(),
      good.slice(0, -1),
      `${good}a`,
      `${good} `,
      'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n',
    ]) {
      expect([bad, parseCid(bad)]).toEqual([bad, undefined])
    }
    fc.assert(fc.property(fc.string(), (text) => parseCid(text) === undefined))
    // the 35th byte of a base32 text has two bits to spare: other spellings of one name are refused
    const last = good.at(-1) ?? ''
    for (const letter of 'abcdefghijklmnopqrstuvwxyz234567') {
      const text = good.slice(0, -1) + letter
      const cid = parseCid(text)
      expect(cid === undefined || cidText(cid) === text).toBe(true)
      if (letter === last) expect(cid).toBeDefined()
    }
  })
  it('[BLK-1] any other bytes are no name and no error', () => {
    const cid = blockCid(Uint8Array.of(1))
    expect(isBlockCid(cid)).toBe(true)
    for (const at of [0, 1, 2, 3])
      expect(isBlockCid(cid.map((byte, index) => (index === at ? byte ^ 1 : byte)))).toBe(false)
    for (const bad of [cid.subarray(1), Uint8Array.of(...cid, 0), [...cid], 'text', undefined, null]) {
      expect(isBlockCid(bad)).toBe(false)
    }
    fc.assert(fc.property(bytes(), (any) => !isBlockCid(any)))
  })
})

describe('storing', () => {
  it('[BLK-3] takes a block under its own name only', () => {
    const block = Uint8Array.of(1, 2, 3)
    expect(assertBlock(textOf(block), block)).toEqual(blockCid(block))
    expect(() => assertBlock(textOf(block), Uint8Array.of(1, 2, 4))).toThrow(AssertionError)
    expect(() => assertBlock('text', block)).toThrow(AssertionError)
  })
  it('[BLK-3] takes nothing larger than an envelope', () => {
    const largest = new Uint8Array(ENVELOPE_BYTES_MAX)
    expect(assertBlock(textOf(largest), largest)).toEqual(blockCid(largest))
    const larger = new Uint8Array(ENVELOPE_BYTES_MAX + 1)
    expect(() => assertBlock(textOf(larger), larger)).toThrow(AssertionError)
  })
})
