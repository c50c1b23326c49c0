import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kept, parseBody, parseObject, parseTexts, textIn, textsIn, valueIn } from './given.ts'
import { Refusal, refusalBody, toRefusal } from './refusal.ts'
import { EngineError, PortError } from '@parley/engine'

const refusal = (read: () => unknown): readonly [number, string] => {
  try {
    read()
  } catch (error) {
    if (error instanceof Refusal) return [error.status, error.message]
    throw error
  }
  return [200, '']
}

describe('bodies', () => {
  it('[OBG-5] that are wrong are refused in the words of OpenBazaar', () => {
    expect(refusal(() => parseBody(' '))).toEqual([400, 'EOF'])
    expect(refusal(() => parseTexts('{"not":"a list"}'))).toEqual([
      400,
      'json: cannot unmarshal object into Go value of type []string',
    ])
    expect(refusal(() => parseTexts('[true]'))[1]).toBe('json: cannot unmarshal bool into Go value of type string')
    expect(refusal(() => parseObject('"x"', 'T'))[1]).toBe('json: cannot unmarshal string into Go value of type T')
    expect(refusal(() => textIn({ message: [] }, 'message'))[1]).toContain('array into Go struct field .message')
    expect(refusal(() => textsIn({ peerIds: 'x' }, 'peerIds'))[1]).toContain('string into Go struct field .peerIds')
  })
  it('[OBG-6] forgive capitals of names, nulls and unknown fields', () => {
    expect(parseObject('null', 'T')).toEqual({})
    expect(textIn({ PeerID: 'x' }, 'peerId')).toBe('x')
    expect(valueIn({ peerid: 1, peerId: 2 }, 'peerId')).toBe(2)
    expect(textIn({ message: null }, 'message')).toBe('')
    expect(parseTexts('null')).toEqual([])
    expect(parseTexts('["a",null]')).toEqual(['a', ''])
    expect(textsIn({}, 'peerIds')).toEqual([])
    expect(textIn({ message: '\ud800x' }, 'message')).toBe('\ufffdx')
    expect(textIn(Object.create({ message: 'inherited' }), 'message')).toBe('')
  })
  it('[OBG-5] [OBG-6] are read or refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect([200, 400]).toContain(refusal(() => textsIn(parseObject(body, 'T'), 'a'))[0])
        expect([200, 400]).toContain(refusal(() => parseTexts(body))[0])
      }),
    )
  })
  it('[OBG-6] are kept without nulls, hidden names and depth', () => {
    expect(kept(JSON.parse('{"a":null,"__proto__":{"x":1},"b":[1,"x",{"c":false,"d":null}]}'))).toEqual({
      b: [1, 'x', { c: false }],
    })
    expect(kept(JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`))).toBeUndefined()
    expect(kept([null])).toBeUndefined()
    fc.assert(fc.property(fc.jsonValue(), (value) => void JSON.stringify(kept(value))))
  })
})

describe('failures', () => {
  it('[OBG-5] have a status, a reason without quotes, and tell nothing of a defect', () => {
    expect(JSON.parse(refusalBody('say "x"'))).toEqual({ success: false, reason: "say 'x'" })
    expect(toRefusal(new EngineError('LOCKED'))?.status).toBe(500)
    expect(toRefusal(new EngineError('RATE_LIMITED'))?.status).toBe(429)
    expect(toRefusal(new EngineError('CONTACT_BLOCKED', 'inner detail'))?.message).not.toContain('inner')
    expect(toRefusal(new PortError('STORE_FULL', '/secret/path', true))?.message).not.toContain('secret')
    expect(toRefusal(Object.assign(new Error('x'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }))?.status).toBe(413)
    expect(toRefusal(Object.assign(new Error('x'), { statusCode: 414 }))?.status).toBe(414)
    expect(toRefusal(new TypeError('x is undefined'))).toBeUndefined()
  })
})
