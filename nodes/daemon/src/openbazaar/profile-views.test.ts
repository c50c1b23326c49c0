import type { Profile } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patchedProfile, PROFILE_KEY, profileView, wholeProfile } from './profile-views.ts'
import { Refusal } from './refusal.ts'

const profile = (kept?: unknown): Profile => ({
  account: 'did:key:z6MktkfnLompWCUeb67ooTbGtJHSsDYTzB1QMQ3HudDXTY3d',
  name: 'Alice',
  handle: 'alice',
  location: 'Prague',
  about: '',
  addresses: [],
  extra: { other: 'stays', ...(kept === undefined ? {} : { [PROFILE_KEY]: JSON.stringify(kept) }) },
  version: 1,
  changedAt: Date.UTC(2026, 10, 20),
})

describe('a profile in OpenBazaar’s words', () => {
  it('[OBG-14] has our fields, the kept ones, and defaults for the rest', () => {
    expect(profileView(profile({ vendor: true, colors: { primary: '#fff' } }))).toEqual({
      peerID: 'QmXSVDR5ntRinjv283jREe5qQzTq6B83r8XHM9MVpiz7XV',
      handle: 'alice',
      name: 'Alice',
      location: 'Prague',
      about: '',
      shortDescription: '',
      nsfw: false,
      vendor: true,
      moderator: false,
      colors: { primary: '#fff' },
      currencies: [],
      version: 5,
      lastModified: '2026-11-20T00:00:00Z',
    })
  })
  it('[OBG-14] keeps nothing that its owner forged: no name, no id, no other type, no depth', () => {
    const forged = { name: 'Mallory', peerID: 'x', lastModified: 1, vendor: 'yes', colors: [], stats: null, unknown: 1 }
    expect(profileView(profile(forged))).toEqual(profileView(profile()))
    const extra = { [PROFILE_KEY]: '{"vendor":' }
    expect(profileView({ ...profile(), extra })).toEqual(profileView(profile()))
    const deep = { colors: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) }
    expect(profileView(profile(deep))).toEqual(profileView(profile()))
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const view = profileView(profile(value))
        expect([view['name'], view['peerID'], typeof view['vendor']]).toEqual([
          'Alice',
          'QmXSVDR5ntRinjv283jREe5qQzTq6B83r8XHM9MVpiz7XV',
          'boolean',
        ])
      }),
    )
  })
  it('[OBG-14] that is given replaces everything, or what it names; it becomes public; others’ values stay', () => {
    const own = profile({ vendor: true, shortDescription: 'Bicycles' })
    expect(wholeProfile({ name: 'A', nsfw: true, peerID: 'x', stats: null }, own)).toEqual({
      name: 'A',
      handle: '',
      location: '',
      about: '',
      extra: { other: 'stays', [PROFILE_KEY]: '{"nsfw":true}' },
      visibility: 'public',
    })
    const patched = patchedProfile({ handle: 'a', nsfw: true }, own)
    expect({ ...patched, extra: JSON.parse(patched.extra[PROFILE_KEY] ?? '') }).toEqual({
      handle: 'a',
      extra: { vendor: true, shortDescription: 'Bicycles', nsfw: true },
      visibility: 'public',
    })
    for (const wrong of [{}, { name: '' }, { name: 'A', vendor: 'yes' }, { name: 'A', colors: [] }, { name: 5 }]) {
      expect(() => wholeProfile(wrong, own), JSON.stringify(wrong)).toThrow(Refusal)
    }
  })
})
