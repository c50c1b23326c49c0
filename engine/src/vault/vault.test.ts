import { createMemoryStore, seededRandom } from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { encodeCbor, equalBytes, utf8, type CborValue } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSecret, saveSecret } from '../store/secrets.ts'
import { migrate } from '../store/schema.ts'
import { openVault } from './vault.ts'

const crypto = await createNodeCrypto()
const SECRET = utf8('a secret that must not be found on disk')

function createDisk(seed = 1) {
  const store = createMemoryStore()
  migrate(store)
  return { store, crypto, random: seededRandom(seed) }
}
const keyRow = ({ store }: ReturnType<typeof createDisk>) =>
  store.all("SELECT value FROM meta WHERE key = 'vault'")[0]?.['value']
const writeKeyRow = ({ store }: ReturnType<typeof createDisk>, value: Uint8Array) =>
  store.run("UPDATE meta SET value = ? WHERE key = 'vault'", [value])
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'opened',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  )
const isOnDisk = ({ store }: ReturnType<typeof createDisk>, needle: Uint8Array) =>
  store
    .all('SELECT value AS bytes FROM meta UNION ALL SELECT value_sealed FROM secrets')
    .some(({ bytes }) => bytes instanceof Uint8Array && Buffer.from(bytes).includes(Buffer.from(needle)))

describe('vault', () => {
  it('[KEY-1] gives back what it sealed, and nothing of it is readable on disk', async () => {
    const disk = createDisk()
    const vault = await openVault(disk, undefined)
    saveSecret(disk.store, vault, 'device/seed', SECRET)
    expect(readSecret(disk.store, vault, 'device/seed')).toEqual(SECRET)
    expect(readSecret(disk.store, await openVault(disk, undefined), 'device/seed')).toEqual(SECRET)
    expect(isOnDisk(disk, SECRET)).toBe(false)
  })

  it('[KEY-1] seals no two values alike, whatever they are', async () => {
    const vault = await openVault(createDisk(), undefined)
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.uint8Array({ maxLength: 60 }), (place, value) => {
        const [one, two] = [vault.seal(place, value), vault.seal(place, value)]
        expect(equalBytes(one, two)).toBe(false)
        expect([vault.open(place, one), vault.open(place, two)]).toEqual([value, value])
      }),
    )
  })

  it('[KEY-2] a value that was moved to another row does not open', async () => {
    const disk = createDisk()
    const vault = await openVault(disk, undefined)
    saveSecret(disk.store, vault, 'inbox/1', SECRET)
    saveSecret(disk.store, vault, 'inbox/2', utf8('another'))
    disk.store.run(
      "UPDATE secrets SET value_sealed = (SELECT value_sealed FROM secrets WHERE name = 'inbox/1') WHERE name = 'inbox/2'",
    )
    expect(readSecret(disk.store, vault, 'inbox/1')).toEqual(SECRET)
    expect(() => readSecret(disk.store, vault, 'inbox/2')).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })

  it('[KEY-2] a value that was changed in any bit, cut, or sealed by another database does not open', async () => {
    const vault = await openVault(createDisk(), undefined)
    const sealed = vault.seal('place', SECRET)
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const damaged = sealed.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        expect(() => vault.open('place', damaged)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
      }),
    )
    for (const length of [0, 10, 24, 39]) expect(() => vault.open('place', sealed.slice(0, length))).toThrow()
    const other = await openVault(createDisk(2), undefined)
    expect(() => other.open('place', sealed)).toThrow()
  })

  it('[KEY-3] [KEY-4] with a passphrase the key itself is sealed; without it, or with another one, nothing opens', async () => {
    const disk = createDisk()
    const vault = await openVault(disk, 'correct horse')
    const sealed = vault.seal('place', SECRET)
    expect(vault.hasPassphrase).toBe(true)
    expect(await codeOf(openVault(disk, undefined))).toBe('LOCKED')
    expect(await codeOf(openVault(disk, 'wrong horse'))).toBe('PASSPHRASE_WRONG')
    expect(await codeOf(openVault(disk, ''))).toBe('PASSPHRASE_WRONG')
    expect((await openVault(disk, 'correct horse')).open('place', sealed)).toEqual(SECRET)
  })

  it('[KEY-3] a passphrase is the same however its letters are composed', async () => {
    const disk = createDisk()
    await openVault(disk, 'Gr\u00fcn ﬁsh')
    expect(await codeOf(openVault(disk, 'Gru\u0308n fish'))).toBe('opened')
  })

  it('[KEY-5] setting, changing and removing a passphrase seals the same key anew; what was sealed stays readable', async () => {
    const disk = createDisk()
    const vault = await openVault(disk, undefined)
    const sealed = vault.seal('place', SECRET)
    const plainRow = keyRow(disk)
    const set = await vault.prepareRewrap('first one')
    expect([vault.hasPassphrase, keyRow(disk)]).toEqual([false, plainRow])
    set.save()
    set.adopt()
    expect([vault.hasPassphrase, await vault.isPassphrase('first one'), await vault.isPassphrase('other')]).toEqual([
      true,
      true,
      false,
    ])
    expect(await codeOf(openVault(disk, undefined))).toBe('LOCKED')
    const changed = await vault.prepareRewrap('second one')
    changed.save()
    changed.adopt()
    expect(await codeOf(openVault(disk, 'first one'))).toBe('PASSPHRASE_WRONG')
    expect((await openVault(disk, 'second one')).open('place', sealed)).toEqual(SECRET)
    const removed = await vault.prepareRewrap(undefined)
    removed.save()
    removed.adopt()
    expect([vault.hasPassphrase, await vault.isPassphrase('second one')]).toEqual([false, false])
    expect((await openVault(disk, undefined)).open('place', sealed)).toEqual(SECRET)
  })

  it('[KEY-5] a change that was not stored has not happened', async () => {
    const disk = createDisk()
    const vault = await openVault(disk, undefined)
    const set = await vault.prepareRewrap('never stored')
    expect(() =>
      disk.store.transaction(() => {
        set.save()
        throw new Error('full')
      }),
    ).toThrow('full')
    expect([vault.hasPassphrase, await codeOf(openVault(disk, undefined))]).toEqual([false, 'opened'])
  })

  it('[KEY-4] a damaged key is reported, never replaced', async () => {
    const disk = createDisk()
    await openVault(disk, undefined)
    const salt = new Uint8Array(16)
    const wrong: readonly CborValue[] = [
      null,
      { v: 2, key: new Uint8Array(32) },
      { v: 1, key: new Uint8Array(31) },
      { v: 1, salt, sealed: salt },
      { v: 1, salt, sealed: salt, cost: [2 ** 30, 3, 1] },
      { v: 1, salt, sealed: salt, cost: [65_536, 0, 1] },
      { v: 1, salt, sealed: salt, cost: [65_536, 3, 'one'] },
    ]
    for (const value of [...wrong.map((item) => encodeCbor(item)), new Uint8Array(0), Uint8Array.of(0xff)]) {
      writeKeyRow(disk, value)
      expect(await codeOf(openVault(disk, 'any'))).toBe('STORE_CORRUPT')
      expect(keyRow(disk)).toEqual(value)
    }
  })
})
