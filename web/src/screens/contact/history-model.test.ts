import { describe, expect, it } from 'vitest'
import { newProfile } from '../../dev/fake-profiles.ts'
import { changesBetween, versionRows } from './history-model.ts'

const first = newProfile('did:key:ada', 'Ada', 1_000, { version: 3 })

describe('versions of a profile', () => {
  it('name each fact that changed, words with what they were', () => {
    const after = { ...first, name: 'Ada L.', location: 'Malmö', avatar: 'bafkreix', extra: { shop: 'yes' } }
    expect(changesBetween(first, after)).toEqual([
      { fact: 'name', before: 'Ada', after: 'Ada L.' },
      { fact: 'location', before: '', after: 'Malmö' },
      { fact: 'picture' },
      { fact: 'other' },
    ])
  })

  it('do not count the order of addresses and of what applications added', () => {
    const before = { ...first, addresses: ['/a', '/b'], extra: { a: '1', b: '2' } }
    expect(changesBetween(before, { ...first, addresses: ['/b', '/a'], extra: { b: '2', a: '1' } })).toEqual([])
    expect(changesBetween(before, { ...before, addresses: ['/c'] })).toEqual([{ fact: 'addresses' }])
  })

  it('are listed the newest first; the oldest says that nothing came before it', () => {
    const second = { ...first, handle: 'ada', version: 7, changedAt: 2_000 }
    const third = { ...second, version: 8, changedAt: 3_000 }
    expect(versionRows([second, first, third])).toEqual([
      { version: 8, changedAt: 3_000, changes: [], isFirst: false },
      { version: 7, changedAt: 2_000, changes: [{ fact: 'handle', before: '', after: 'ada' }], isFirst: false },
      { version: 3, changedAt: 1_000, changes: [], isFirst: true },
    ])
    expect(versionRows([])).toEqual([])
  })
})
