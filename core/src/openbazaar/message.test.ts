import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '../base/bytes.ts'
import { OPENBAZAAR_FIELDS_MAX, OPENBAZAAR_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import { createSeededRandom } from '../base/testing/noble-crypto.ts'
import { decodeOpenBazaarChat } from './chat.ts'
import {
  decodeOpenBazaarMessage,
  encodeOpenBazaarFrame,
  encodeOpenBazaarMessage,
  OPENBAZAAR_MESSAGE_TYPES,
  openBazaarMessage,
  openBazaarPayload,
  readOpenBazaarFrame,
} from './message.ts'
import { readOpenBazaarAck } from './pointer.ts'
import { encodeVarint, messageField, varintField } from './protobuf.ts'
import { decodeOpenBazaarBlock, decodeOpenBazaarStore, encodeOpenBazaarBlock, encodeOpenBazaarStore } from './store.ts'
import { multihashText } from './peer.ts'

const message = fc.record({
  messageType: fc.oneof(fc.constantFrom(...Object.values(OPENBAZAAR_MESSAGE_TYPES)), fc.integer()),
  payload: fc.option(
    fc.record({
      typeUrl: fc.string({ unit: 'grapheme' }),
      value: fc.uint8Array(),
      unknown: fc.constantFrom('', '1801', '2a0161').map(fromHex),
    }),
    { nil: undefined },
  ),
  requestId: fc.integer(),
  isResponse: fc.boolean(),
  unknown: fc.constantFrom('', '2801', '4a00', '0b0c').map(fromHex),
})

/** Payloads of the known types with anything inside, and such whose fields are plausible. */
const likePayloads = fc
  .tuple(
    fc.constantFrom('Chat', 'CidList', 'Block', undefined),
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.oneof(fc.nat(), fc.uint8Array({ maxLength: 12 }))), {
          maxLength: 8,
        })
        .map((fields) =>
          concat(
            ...fields.map(([number, value]) =>
              typeof value === 'number' ? varintField(number, value) : messageField(number, value),
            ),
          ),
        ),
    ),
  )
  .map(([type, value]) => encodeOpenBazaarMessage(openBazaarMessage(1, openBazaarPayload(type, value))))

describe('messages', () => {
  it('[OBZ-6] are read as they were written, in one spelling', () => {
    fc.assert(
      fc.property(message, (written) => {
        const bytes = encodeOpenBazaarMessage(written)
        expect(decodeOpenBazaarMessage(bytes)).toEqual(written)
      }),
    )
  })

  it('[OBZ-5] [OBZ-11] any bytes have an outcome, and what is read has one spelling from then on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), likePayloads), (bytes) => {
        const read = decodeOpenBazaarMessage(bytes)
        if (read === undefined) return
        expect(decodeOpenBazaarMessage(encodeOpenBazaarMessage(read))).toEqual(read)
        for (const messageType of [1, 14, 18, 19]) {
          const typed = { ...read, messageType }
          decodeOpenBazaarChat(typed)
          decodeOpenBazaarStore(typed)
          decodeOpenBazaarBlock(typed)
          readOpenBazaarAck(typed)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('[OBZ-5] another spelling is the same message', () => {
    const plain = { ...openBazaarMessage(1, openBazaarPayload('Chat', utf8('ab'))), requestId: 7 }
    const typeUrl = `0a18${toHex(utf8('type.googleapis.com/Chat'))}`
    const [type, payload, id] = ['0801', `121e${typeUrl}12026162`, '1807']
    expect(toHex(encodeOpenBazaarMessage(plain))).toBe(type + payload + id)
    for (const other of [
      id + payload + type,
      `0805${type}${payload}1800${id}`,
      `88008100${payload}188700`,
      `${type}120412026162121a${typeUrl}${id}`,
      `${type}${payload}2000${id}`,
    ])
      expect(decodeOpenBazaarMessage(fromHex(other))).toEqual(plain)
  })

  it('[OBZ-6] a PING is nothing, and unknown types are messages', () => {
    expect(encodeOpenBazaarMessage(openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.PING))).toHaveLength(0)
    expect(decodeOpenBazaarMessage(new Uint8Array(0))?.messageType).toBe(OPENBAZAAR_MESSAGE_TYPES.PING)
    expect(decodeOpenBazaarMessage(fromHex('08e707'))?.messageType).toBe(999)
  })
})

describe('frames', () => {
  it('[OBZ-7] are read one after another, from any part of a stream', () => {
    fc.assert(
      fc.property(message, fc.uint8Array(), fc.nat(), (written, rest, cut) => {
        const frame = encodeOpenBazaarFrame(written)
        expect(readOpenBazaarFrame(concat(frame, rest))).toEqual({
          type: 'message',
          message: written,
          restAt: frame.length,
        })
        expect(readOpenBazaarFrame(frame.subarray(0, cut % frame.length))).toEqual({ type: 'incomplete' })
      }),
    )
  })

  it('[OBZ-7] [OBZ-11] any bytes have an outcome', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const frame = readOpenBazaarFrame(bytes)
        if (frame.type === 'message') expect(frame.restAt).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 1_000 },
    )
  })

  it('[OBZ-7] longer than a message may be are refused at once', () => {
    expect(readOpenBazaarFrame(encodeVarint(OPENBAZAAR_MESSAGE_BYTES_MAX))).toEqual({ type: 'incomplete' })
    expect(readOpenBazaarFrame(encodeVarint(OPENBAZAAR_MESSAGE_BYTES_MAX + 1))).toEqual({ type: 'refused' })
    expect(readOpenBazaarFrame(fromHex('8080808000'))).toEqual({ type: 'refused' })
    expect(readOpenBazaarFrame(fromHex('010f'))).toEqual({ type: 'refused' })
    const large = openBazaarMessage(1, openBazaarPayload('Chat', new Uint8Array(OPENBAZAAR_MESSAGE_BYTES_MAX)))
    expect(() => encodeOpenBazaarFrame(large)).toThrow('fits into a frame')
    expect(decodeOpenBazaarMessage(encodeOpenBazaarMessage(large))).toBeUndefined()
  })
})

describe('what push nodes are asked', () => {
  const cid = (seed: number) => multihashText(createSeededRandom(seed)(32))

  it('[OBZ-15] names blocks in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat().map(cid), { maxLength: 30 }), (cids) => {
        expect(decodeOpenBazaarStore(encodeOpenBazaarStore(cids))).toEqual(cids)
      }),
    )
    expect(() => encodeOpenBazaarStore(Array.from({ length: OPENBAZAAR_FIELDS_MAX + 1 }, () => ''))).toThrow('bounded')
    expect(decodeOpenBazaarStore(openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.STORE))).toBeUndefined()
  })

  it('[OBZ-15] hands blocks over, and takes none under another name', () => {
    const rawData = createSeededRandom(4)(300)
    const sent = encodeOpenBazaarBlock(rawData)
    const read = decodeOpenBazaarBlock(sent)
    expect(read?.rawData).toEqual(rawData)
    const { payload } = sent
    if (payload === undefined) throw new Error('a block has a payload')
    const value = payload.value.slice()
    value[10] = (value[10] ?? 0) ^ 1
    expect(decodeOpenBazaarBlock({ ...sent, payload: { ...payload, value } })).toBeUndefined()
    expect(decodeOpenBazaarBlock({ ...sent, messageType: OPENBAZAAR_MESSAGE_TYPES.STORE })).toBeUndefined()
    expect(decodeOpenBazaarStore(sent)).toBeUndefined()
  })
})
