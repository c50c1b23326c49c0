import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import {
  AVATAR_BYTES_MAX,
  FRAME_BYTES_MAX,
  MAILBOX_BLOCKS_MAX,
  MAILBOX_KEYS_MAX,
  MAILBOX_POINTERS_MAX,
  POINTER_BYTES_MAX,
  PROFILE_BYTES_MAX,
  PROFILE_NAMES_MAX,
} from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { blockCid, cidOfDigest, digestOfCid, isBlockOf } from './cid.ts'
import { fittingItems, MAILBOX_BODY_BYTES_MAX } from './fields.ts'
import { decodeRequest, encodeRequest, isUnknownRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { requests, responses } from './testing/arbitrary.ts'

const cid = blockCid(Uint8Array.of(1))
const decodes = (value: CborValue) => decodeRequest(encodeCbor(value)) !== undefined
const times = (count: number, value: CborValue): readonly CborValue[] => Array.from({ length: count }, () => value)

describe('requests of the mailbox protocol', () => {
  it('[MBX-4] are read as they were written, in one spelling', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const bytes = encodeRequest(request)
        expect(decodeRequest(bytes)).toEqual(request)
        expect(isUnknownRequest(bytes)).toBe(false)
      }),
    )
  })

  it('[MBX-4] [HLD-8] any bytes are a request or none, never a throw', () => {
    const changed = fc
      .tuple(requests, fc.constantFrom(...DAMAGES), fc.nat(), fc.nat())
      .map(([request, damage, position, value]) => mutate(encodeRequest(request), damage, position, value))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => {
        const request = decodeRequest(bytes)
        if (request !== undefined) expect(encodeRequest(request)).toEqual(bytes)
        isUnknownRequest(bytes)
      }),
    )
  })

  it('[MBX-4] with blocks are the CBOR that a general encoder gives, and nothing else is read', () => {
    const lengths = [0, 1, 23, 24, 255, 256, 65_535, 65_536]
    const items = fc.array(
      fc.constantFrom(...lengths).map((length) => new Uint8Array(length).fill(7)),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(items, (blocks) => {
        expect(encodeRequest({ type: 'blocks', blocks })).toEqual(encodeCbor([3, blocks]))
        expect(encodeResponse({ type: 'blocks', blocks })).toEqual(encodeCbor([4, blocks]))
      }),
      { numRuns: 30 },
    )
    for (const longer of [
      [0x82, 3, 0x98, 1, 0x40],
      [0x82, 3, 0x81, 0x58, 1, 7],
      [0x82, 3, 0x81, 0x59, 0, 1, 7],
      [0x82, 3, 0x81, 0x5a, 0, 0, 0, 1, 7],
      [0x82, 0x18, 3, 0x81, 0x41, 7],
      [0x82, 3, 0x81, 0x41],
      [0x82, 3, 0x81],
      [0x82, 3],
      [0x82, 3, 0x81, 0x41, 7, 7],
      [0x82, 3, 0x9f, 0x41, 7, 0xff],
      [0x82, 3, 0x81, 0x61, 0x61],
      [0x82, 3, 0x81, 0x5b, 0, 0, 0, 0, 0, 0, 0, 1, 7],
      [0x82, 3, 0x81, 0x5a, 0xff, 0xff, 0xff, 0xff],
    ]) {
      expect(decodeRequest(Uint8Array.from(longer))).toBeUndefined()
    }
    expect(decodeRequest(Uint8Array.of(0x82, 3, 0x81, 0x41, 7))).toMatchObject({ type: 'blocks' })
  })

  it('[MBX-4] have lists with a limit', () => {
    expect(decodes([2, times(MAILBOX_BLOCKS_MAX, [cid, 512])])).toBe(true)
    expect(decodes([2, times(MAILBOX_BLOCKS_MAX + 1, [cid, 512])])).toBe(false)
    expect(decodes([3, times(MAILBOX_BLOCKS_MAX, new Uint8Array(1))])).toBe(true)
    expect(decodes([3, times(MAILBOX_BLOCKS_MAX + 1, new Uint8Array(1))])).toBe(false)
    for (const type of [4, 5]) {
      expect(decodes([type, times(MAILBOX_BLOCKS_MAX, cid)])).toBe(true)
      expect(decodes([type, times(MAILBOX_BLOCKS_MAX + 1, cid)])).toBe(false)
    }
    expect(decodes([7, times(MAILBOX_POINTERS_MAX, new Uint8Array(9))])).toBe(true)
    expect(decodes([7, times(MAILBOX_POINTERS_MAX + 1, new Uint8Array(9))])).toBe(false)
    expect(decodes([7, [new Uint8Array(POINTER_BYTES_MAX + 1)]])).toBe(false)
    expect(decodes([8, times(MAILBOX_KEYS_MAX, new Uint8Array(8))])).toBe(true)
    expect(decodes([8, times(MAILBOX_KEYS_MAX + 1, new Uint8Array(8))])).toBe(false)
    expect(decodes([8, [new Uint8Array(7)]])).toBe(false)
    expect(decodeRequest(new Uint8Array(FRAME_BYTES_MAX))).toBeUndefined()
  })

  it('[MBX-7] about profiles have a limit for each of their parts', () => {
    const [record, avatar, digest] = [PROFILE_BYTES_MAX, AVATAR_BYTES_MAX, 32].map((size) => new Uint8Array(size))
    if (record === undefined || avatar === undefined || digest === undefined) throw new Error('three sizes')
    expect(decodes([9, record, avatar])).toBe(true)
    expect(decodes([9, record, null])).toBe(true)
    expect(decodes([9, new Uint8Array(PROFILE_BYTES_MAX + 1), null])).toBe(false)
    expect(decodes([9, record, new Uint8Array(AVATAR_BYTES_MAX + 1)])).toBe(false)
    expect(decodes([9, record])).toBe(false)
    expect(decodes([9, record, avatar, null])).toBe(false)
    expect(decodes([10, times(PROFILE_NAMES_MAX, digest)])).toBe(true)
    expect(decodes([10, times(PROFILE_NAMES_MAX + 1, digest)])).toBe(false)
    expect(decodes([10, [new Uint8Array(31)]])).toBe(false)
    const answer = (records: readonly Uint8Array[]) => decodeResponse(encodeCbor([9, records]))
    expect(answer([record, record])).toEqual({ type: 'profiles', records: [record, record] })
    expect(answer([new Uint8Array(PROFILE_BYTES_MAX + 1)])).toBeUndefined()
    expect(answer(Array.from({ length: PROFILE_NAMES_MAX + 1 }, () => digest))).toBeUndefined()
  })

  it('[MBX-4] [BLK-1] name blocks by the CIDs of their bytes only', () => {
    const other = Uint8Array.of(...cid)
    other[1] = 0x70
    expect(decodes([4, [cid]])).toBe(true)
    expect(decodes([4, [other]])).toBe(false)
    expect(decodes([4, [digestOfCid(cid)]])).toBe(false)
    expect(decodes([2, [[cid, -1]]])).toBe(false)
    expect(decodes([2, [[cid, 1, 1]]])).toBe(false)
    expect(cidOfDigest(digestOfCid(cid))).toEqual(cid)
    expect(isBlockOf(cid, Uint8Array.of(1))).toBe(true)
  })

  it('[MBX-2] of a later version are told from nonsense', () => {
    expect(isUnknownRequest(encodeCbor([11]))).toBe(true)
    expect(isUnknownRequest(encodeCbor([0, 'what']))).toBe(true)
    expect(isUnknownRequest(encodeCbor([2, 'what']))).toBe(false)
    expect(isUnknownRequest(encodeCbor(['info']))).toBe(false)
    expect(isUnknownRequest(encodeCbor([]))).toBe(false)
    expect(isUnknownRequest(new Uint8Array(0))).toBe(false)
  })

  it('[HLD-1] carry as many blocks as were counted', () => {
    const sizes = fc.array(fc.constantFrom(512, 2_048, 32_768, 262_144, 524_288), { minLength: 1, maxLength: 1_100 })
    fc.assert(
      fc.property(sizes, (all) => {
        const count = fittingItems(all, MAILBOX_BLOCKS_MAX)
        expect(count).toBeGreaterThan(0)
        const blocks = all.slice(0, count).map((size) => new Uint8Array(size))
        expect(encodeRequest({ type: 'blocks', blocks }).length).toBeLessThanOrEqual(MAILBOX_BODY_BYTES_MAX)
      }),
      { numRuns: 20 },
    )
  })
})

describe('answers of the mailbox protocol', () => {
  it('[HLD-1] are read as they were written, in one spelling', () => {
    fc.assert(
      fc.property(responses, (response) => {
        expect(decodeResponse(encodeResponse(response))).toEqual(response)
      }),
    )
  })

  it('[HLD-1] any bytes are an answer or none, never a throw', () => {
    const changed = fc
      .tuple(responses, fc.constantFrom(...DAMAGES), fc.nat(), fc.nat())
      .map(([response, damage, position, value]) => mutate(encodeResponse(response), damage, position, value))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => {
        const response = decodeResponse(bytes)
        if (response !== undefined) expect(encodeResponse(response)).toEqual(bytes)
      }),
    )
  })
})
