import { expect, test } from 'vitest'
import { createWorld } from './world.ts'
import { decodeRequest } from '@parley/core'

for (let turns = 0; turns < 3; turns++)
  test(`[PFX-2] what its owner writes while an old profile is taken over is kept, ${turns}`, async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    await alice.engine.call('profile.update', { visibility: 'public', location: 'Basel', about: 'old' })
    await world.pass(5_000)
    const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
    await alice.stop()
    const back = await world.open('Alice', { recoveryPhrase: phrase })
    const { mailbox } = back.wire.network
    const request = mailbox.request.bind(mailbox)
    let update: Promise<unknown> | undefined
    mailbox.request = async (address, bytes, signal) => {
      const answer = await request(address, bytes, signal)
      if (decodeRequest(bytes)?.type === 'profile.get') {
        const start = () => {
          update ??= back.engine.call('profile.update', { location: 'Chur' })
        }
        const later = async () => {
          for (let turn = 0; turn < turns; turn++) await Promise.resolve()
          start()
        }
        if (turns === 0) start()
        else void later()
      }
      return answer
    }
    await world.pass(10_000)
    expect(update).toBeDefined()
    await update
    await world.pass(10_000)
    expect((await back.engine.call('profile.get', {})).location).toBe('Chur')
  })
