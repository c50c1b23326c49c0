import { operations } from '@parley/engine/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountOf } from '../../dev/fake-ids.ts'
import { personIdOf } from './person-id.ts'

interface Schema {
  readonly properties: { readonly ids: { readonly items: { readonly pattern: string } } }
}

const old = 'QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH'

describe('a pasted id', () => {
  it.each([
    [accountOf('Ada'), accountOf('Ada')],
    [` ${old}\n`, old],
    [`ob://${old}`, old],
    [`https://example.org/${accountOf('Ada')}`, accountOf('Ada')],
  ])('is found in %j', (text, id) => expect(personIdOf(text)).toBe(id))

  it.each([
    '',
    'hello',
    `https://parley.example/i#${old}`,
    `${old} ${old}`,
    `${old}a`,
    `a${old}`,
    old.slice(1),
    accountOf('Ada').slice(0, -1),
    `${accountOf('Ada')}b`,
  ])('is not read out of %j', (text) => expect(personIdOf(text)).toBeUndefined())

  it('is always one that the node takes', () => {
    const { properties }: Schema = JSON.parse(JSON.stringify(operations['profiles.cached'].params))
    const pattern = new RegExp(properties.ids.items.pattern, 'u')
    const part = fc.constantFrom(old, accountOf('Ada'), '/', ':', 'Q', 'did:key:', ' ', '#')
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 4 })), { maxLength: 6 }), (parts) => {
        const id = personIdOf(parts.join(''))
        expect(id === undefined || pattern.test(id)).toBe(true)
      }),
    )
  })
})
