import { describe, expect, it } from 'vitest'
import { LOCAL_TAG_ROTATION_MS } from '../base/limits.ts'
import { contactTag, inviteTag, localPeriodOf } from './local-tag.ts'

const secret = Uint8Array.from({ length: 32 }, (_, index) => index)
const other = Uint8Array.from(secret, (byte) => byte ^ 1)

describe('names on the local network', () => {
  it('[NET-15] differ by secret, device, period and use', () => {
    const tags = [
      contactTag(secret, 0, 1),
      contactTag(secret, 1, 1),
      contactTag(secret, 0, 2),
      contactTag(other, 0, 1),
      inviteTag(secret, 1),
      inviteTag(secret, 2),
      inviteTag(other, 1),
    ]
    expect(new Set(tags).size).toBe(tags.length)
    for (const tag of tags) expect(tag).toMatch(/^[0-9a-f]{32}$/)
    expect(contactTag(secret, 0, 1)).toBe(tags[0])
  })

  it('[NET-15] hold for one period', () => {
    expect(localPeriodOf(LOCAL_TAG_ROTATION_MS - 1)).toBe(0)
    expect(localPeriodOf(LOCAL_TAG_ROTATION_MS)).toBe(1)
  })
})
