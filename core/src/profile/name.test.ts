import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROFILE_TOPICS } from '../base/limits.ts'
import { createSeededRandom } from '../base/testing/noble-crypto.ts'
import { accountOfKey } from '../identity/did-key.ts'
import { openBazaarPeerId } from '../openbazaar/peer.ts'
import { digestOfPersonId, ipnsName, profileDigest, profileTopic } from './name.ts'

const random = createSeededRandom(8)

describe('the names of a profile', () => {
  it('[PRF-8] lead from a did:key and from a Qm… to one digest', () => {
    for (let count = 0; count < 50; count++) {
      const key = random(32)
      const digest = profileDigest(key)
      expect(digestOfPersonId(accountOfKey(key))).toEqual(digest)
      expect(digestOfPersonId(openBazaarPeerId(key))).toEqual(digest)
      expect(profileTopic(digest)).toBe(digest[0])
      expect(profileTopic(digest)).toBeLessThan(PROFILE_TOPICS)
    }
  })

  it('[PRF-8] any other text leads nowhere', () => {
    const key = random(32)
    const others = ['', 'did:key:z6Mk', `${accountOfKey(key)} `, openBazaarPeerId(key).slice(1), '12D3KooW', 'Qm']
    for (const text of others) expect(digestOfPersonId(text)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => digestOfPersonId(text) === undefined))
    // a key that proves nothing has no name
    expect(digestOfPersonId(accountOfKey(new Uint8Array(32)))).toBeUndefined()
  })

  it('[PRF-9] the IPNS name is the key in base36, always as long', () => {
    for (let count = 0; count < 50; count++) expect(ipnsName(random(32))).toMatch(/^k51qzi5uqu5d[0-9a-z]{50}$/)
  })
})
