import { describe, expect, it } from 'vitest'
import { profileTopic } from '@parley/core'
import { createAccount, createBookScene } from '../testing/profiles.ts'
import { Hearing, HEARD_BURST_MAX, HEARD_PER_SECOND_MAX } from './hearing.ts'

describe('hearing', () => {
  it('[PFX-14] a flood on a topic is dropped unread beyond its pace, and what comes after it is heard', async () => {
    const { book, cache, clock, context, befriend } = await createBookScene()
    const alice = await createAccount(7)
    befriend(alice.account)
    const topic = profileTopic(alice.digest.bytes)
    let looked = 0
    const counting = Object.create(book, {
      take: {
        value: (offer: Parameters<typeof book.take>[0]) => {
          looked++
          return book.take(offer)
        },
      },
    }) as typeof book
    const hearing = new Hearing(() => context, counting)
    const { bytes } = await alice.sign(clock.now(), { isPublic: true, sequence: 3 })
    hearing.heard(topic, bytes)
    expect(looked).toBe(0)
    hearing.listen(new Set([topic]))
    for (let index = 0; index < 10_000; index++) hearing.heard(topic, Uint8Array.of(index & 255))
    hearing.heard((topic + 1) % 256, bytes)
    expect(looked).toBe(HEARD_BURST_MAX)
    await clock.run(1_000)
    for (let index = 0; index < 100; index++) hearing.heard(topic, Uint8Array.of(1))
    expect(looked).toBe(HEARD_BURST_MAX + HEARD_PER_SECOND_MAX)
    await clock.run(1_000)
    hearing.heard(topic, bytes)
    await clock.run(10)
    expect(cache.shown(alice.account)?.profile.version).toBe(3)
    hearing.stop()
    hearing.heard(topic, bytes)
    await clock.run(10_000)
  })
})
