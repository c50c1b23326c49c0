import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { createNobleCrypto } from '../base/testing/noble-crypto.ts'
import { expectOk } from '../identity/testing/people.ts'
import { cidText } from '../mailbox/cid.ts'
import { decodeRequest, encodeRequest } from '../mailbox/request.ts'
import { decodeResponse, encodeResponse } from '../mailbox/response.ts'
import { openBazaarPeerId } from '../openbazaar/peer.ts'
import { digestOfPersonId, ipnsName, profileDigest, profileTopic } from './name.ts'
import { createProfileRecord, type ProfileFacts, verifyProfileRecord } from './record.ts'

interface Frozen {
  readonly now: number
  readonly records: readonly {
    readonly rootSeed: string
    readonly facts: Omit<ProfileFacts, 'avatar' | 'previous' | 'invite'> & {
      readonly avatar: string | null
      readonly previous: string | null
      readonly invite: string | null
    }
    readonly record: string
    readonly cid: string
  }[]
  readonly names: readonly {
    readonly account: string
    readonly openBazaarId: string
    readonly rootKey: string
    readonly digest: string
    readonly topic: number
    readonly ipnsName: string
  }[]
  /** Numbers are places in `records`. */
  readonly mailbox: {
    readonly put: { readonly record: number; readonly avatar: string | null; readonly request: string }
    readonly putWithoutPicture: { readonly record: number; readonly avatar: string | null; readonly request: string }
    readonly get: { readonly digests: readonly string[]; readonly request: string }
    readonly profiles: { readonly records: readonly number[]; readonly response: string }
  }
  readonly refused: readonly { readonly why: string; readonly reason: string; readonly record: string }[]
}

const url = new URL('../../../docs/spec/vectors/profile.json', import.meta.url)
const frozen: Frozen = JSON.parse(readFileSync(url, 'utf8'))
const crypto = await createNobleCrypto()
const bytesOf = (text: string | null) => (text === null ? undefined : fromHex(text))

describe('the frozen vectors of profiles', () => {
  it.each(frozen.records)('[PRF-1] [PRF-2] [PRF-6] make and read the record of $facts.name', async (vector) => {
    const { avatar, previous, invite, ...others } = vector.facts
    const facts = {
      ...others,
      avatar: bytesOf(avatar),
      previous: bytesOf(previous),
      invite: invite ?? undefined,
    }
    const made = expectOk(await createProfileRecord(crypto, fromHex(vector.rootSeed), facts, frozen.now))
    expect(toHex(made.bytes)).toBe(vector.record)
    expect(cidText(made.cid)).toBe(vector.cid)
    expect(made).toMatchObject(facts)
    expect(await verifyProfileRecord(crypto, fromHex(vector.record), frozen.now)).toEqual({ ok: true, value: made })
  })

  it.each(frozen.names)(
    '[PRF-8] [PRF-9] find $account',
    ({ account, openBazaarId, rootKey, digest, topic, ...rest }) => {
      const key = fromHex(rootKey)
      expect(toHex(profileDigest(key))).toBe(digest)
      expect([account, openBazaarId].map((id) => digestOfPersonId(id))).toEqual([fromHex(digest), fromHex(digest)])
      expect(openBazaarPeerId(key)).toBe(openBazaarId)
      expect(profileTopic(fromHex(digest))).toBe(topic)
      expect(ipnsName(key)).toBe(rest.ipnsName)
    },
  )

  it('[MBX-7] [HLD-1] put and ask for them', () => {
    const { put, putWithoutPicture, get, profiles } = frozen.mailbox
    const recordAt = (index: number) => fromHex(frozen.records[index]?.record ?? '')
    for (const { record, avatar, request } of [put, putWithoutPicture]) {
      const said = { type: 'profile.put', record: recordAt(record), avatar: bytesOf(avatar) } as const
      expect(toHex(encodeRequest(said))).toBe(request)
      expect(decodeRequest(fromHex(request))).toEqual(said)
    }
    const asked = { type: 'profile.get', digests: get.digests.map(fromHex) } as const
    expect(toHex(encodeRequest(asked))).toBe(get.request)
    expect(decodeRequest(fromHex(get.request))).toEqual(asked)
    const answer = { type: 'profiles', records: profiles.records.map(recordAt) } as const
    expect(toHex(encodeResponse(answer))).toBe(profiles.response)
    expect(decodeResponse(fromHex(profiles.response))).toEqual(answer)
  })

  it.each(frozen.refused)('[PRF-1] [PRF-2] [PRF-5] refuse $why', async ({ reason, record }) => {
    expect(await verifyProfileRecord(crypto, fromHex(record), frozen.now)).toEqual({ ok: false, reason })
  })
})
