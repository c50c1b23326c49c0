import { createMemoryStore, seededRandom } from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { describe, expect, it } from 'vitest'
import { openVault } from '../vault/vault.ts'
import { hasAvatar, readAvatar, saveAvatar, trimAvatars, usedAvatar } from './avatars.ts'
import { migrate } from './schema.ts'

describe('pictures at rest', () => {
  it('[PFX-16] the least recently used go, the own one never, and they are sealed', async () => {
    const [store, crypto] = [createMemoryStore(), await createNodeCrypto()]
    migrate(store)
    const vault = await openVault({ store, crypto, random: seededRandom(1) }, undefined)
    const image = (index: number) => Uint8Array.from({ length: 1_000 }, () => index)
    for (let index = 0; index < 10; index++) saveAvatar(store, vault, `cid ${index}`, image(index), index)
    usedAvatar(store, 'cid 1', 100)
    trimAvatars(store, 'cid 0', 4_500)
    const left = Array.from({ length: 10 }, (_, index) => index).filter((index) => hasAvatar(store, `cid ${index}`))
    expect(left).toEqual([0, 1, 8, 9])
    expect(readAvatar(store, vault, 'cid 8')).toEqual({ image: image(8), usedAt: 8 })
    expect(readAvatar(store, vault, 'cid 5')).toBeUndefined()
    const [row] = store.all('SELECT image_sealed FROM avatars')
    expect(Buffer.from(row?.['image_sealed'] as Uint8Array).includes(Buffer.from(image(0).subarray(0, 16)))).toBe(false)
    trimAvatars(store, 'cid 0', 0)
    expect(hasAvatar(store, 'cid 0')).toBe(true)
  })
})
