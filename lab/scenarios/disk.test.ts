import { describe, expect, test } from 'vitest'
import { befriend, codeOf, createDisk, createWorld, send, states, texts } from './world.ts'

describe('a full disk', () => {
  test('[DLV-12] while sending: the sender is told, nothing is half-sent, and it works again when there is room', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(bob, id, 'before')
    await world.pass(5_000)
    bob.disk.isFull = true
    expect(await codeOf(send(bob, id, 'lost to the caller'))).toBe('STORE_FULL')
    expect(await codeOf(bob.engine.call('profile.update', { name: 'Robert' }))).toBe('STORE_FULL')
    expect((await bob.engine.call('me.get', {})).name).toBe('Bob')
    await world.pass(10_000)
    expect([await texts(bob, id), await texts(alice, id)]).toEqual([['before'], ['before']])
    bob.disk.isFull = false
    await send(bob, id, 'after')
    await world.pass(5_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([
      ['before', 'after'],
      ['delivered', 'delivered'],
    ])
    await send(alice, id, 'fine')
    await world.pass(5_000)
    expect(await texts(bob, id)).toEqual(['before', 'after', 'fine'])
  })

  test('[DLV-12] while receiving: nothing is acknowledged that was not stored, and everything arrives when there is room', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    alice.disk.isFull = true
    for (const text of ['one', 'two', 'three']) await send(bob, id, text)
    await world.pass(20_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([[], ['queued', 'queued', 'queued']])
    alice.disk.isFull = false
    await world.pass(10_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([
      ['one', 'two', 'three'],
      ['delivered', 'delivered', 'delivered'],
    ])
  })

  test('[DLV-12] while acknowledgements arrive: they are asked for again, and no message goes twice to the reader', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await world.pass(5_000)
    await send(bob, id, 'hello')
    bob.disk.isFull = true
    await world.pass(10_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['hello'], ['queued']])
    bob.disk.isFull = false
    await world.pass(10_000)
    expect([await texts(alice, id), await states(bob, id)]).toEqual([['hello'], ['delivered']])
    expect(bob.disk.store.all('SELECT * FROM outbox')).toEqual([])
  })

  test('[DLV-12] [FST-18] while meeting: the request is answered later, by the same link', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { link } = await alice.engine.call('invites.create', {})
    alice.disk.isFull = true
    await bob.engine.call('contacts.add', { link })
    await world.pass(10_000)
    alice.disk.isFull = false
    await world.pass(30_000)
    expect(await alice.engine.call('requests.list', {})).toHaveLength(1)
  })
})

describe('a database', () => {
  test('[KEY-4] with a passphrase opens with it and with nothing else; a wrong one changes nothing', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice', { passphrase: 'long enough' }), await world.open('Bob')]
    const id = await befriend(world, alice, bob)
    await send(bob, id, 'hello')
    await world.pass(5_000)
    await alice.stop()
    const disk = alice.disk.reopen()
    expect(await codeOf(world.open('Alice', { disk }))).toBe('LOCKED')
    expect(await codeOf(world.open('Alice', { disk, passphrase: 'long enoug' }))).toBe('PASSPHRASE_WRONG')
    const again = await world.open('Alice', { disk, passphrase: 'long enough' })
    expect([again.account, await texts(again, id)]).toEqual([alice.account, ['hello']])
  })

  test('[KEY-5] the passphrase is set, changed and removed while it runs; a short or wrong one is refused', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    const set = (passphrase: string, current?: string) =>
      codeOf(alice.engine.call('me.setPassphrase', { passphrase, ...(current === undefined ? {} : { current }) }))
    expect([await set('short'), await set('first passphrase')]).toEqual(['PASSPHRASE_TOO_SHORT', 'done'])
    expect((await alice.engine.call('me.get', {})).hasPassphrase).toBe(true)
    expect([await set('second passphrase'), await set('second passphrase', 'wrong')]).toEqual([
      'PASSPHRASE_WRONG',
      'PASSPHRASE_WRONG',
    ])
    alice.disk.isFull = true
    expect(await set('second passphrase', 'first passphrase')).toBe('STORE_FULL')
    alice.disk.isFull = false
    expect(await set('second passphrase', 'first passphrase')).toBe('done')
    const restarted = await world.restart(alice, { passphrase: 'second passphrase' })
    expect(
      await codeOf(restarted.engine.call('me.setPassphrase', { passphrase: '', current: 'second passphrase' })),
    ).toBe('done')
    const open = await world.restart(restarted)
    expect([open.account, (await open.engine.call('me.get', {})).hasPassphrase]).toEqual([alice.account, false])
  })

  test('[KEY-8] of a newer version is refused and left as it was', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    await alice.stop()
    const disk = alice.disk.reopen()
    disk.store.run('PRAGMA user_version = 99')
    const before = JSON.stringify(disk.store.all('SELECT * FROM meta'))
    await expect(world.open('Alice', { disk })).rejects.toThrow('newer version')
    expect(JSON.stringify(disk.store.all('SELECT * FROM meta'))).toBe(before)
  })

  test('[KEY-8] of another account is not taken over by a recovery phrase; broken words are refused', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const { phrase } = await bob.engine.call('me.recoveryPhrase', {})
    await alice.stop()
    const disk = alice.disk.reopen()
    expect(await codeOf(world.open('Alice', { disk, recoveryPhrase: phrase }))).toBe('ACCOUNT_IN_USE')
    expect(
      await codeOf(world.open('Eve', { disk: createDisk(), recoveryPhrase: phrase.replace(/^\S+/, 'parley') })),
    ).toBe('RECOVERY_PHRASE_INVALID')
    const twin = await world.open('Bob', {
      disk: createDisk(),
      recoveryPhrase: `  ${phrase.toUpperCase().replaceAll(' ', '\n')} `,
    })
    expect([twin.account, twin.peerId === bob.peerId]).toEqual([bob.account, false])
  })
})
