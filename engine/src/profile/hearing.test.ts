import { describe, expect, it } from 'vitest'
import { PROFILE_TOPICS, profileTopic } from '@parley/core'
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

  it('[PFX-14] [PUB-2] a record on a topic that is not its own is dropped', async () => {
    const { book, cache, clock, context, befriend } = await createBookScene()
    const alice = await createAccount(7)
    befriend(alice.account)
    const topic = profileTopic(alice.digest.bytes)
    const hearing = new Hearing(() => context, book)
    hearing.listen(new Set(Array.from({ length: PROFILE_TOPICS }, (_, number) => number)))
    const { bytes } = await alice.sign(clock.now(), { isPublic: true })
    for (let other = 0; other < PROFILE_TOPICS; other += 17) if (other !== topic) hearing.heard(other, bytes)
    await clock.run(10)
    expect(cache.shown(alice.account)).toBeUndefined()
    hearing.heard(topic, bytes)
    await clock.run(10)
    expect(cache.shown(alice.account)?.profile.version).toBe(1)
    hearing.stop()
  })
})
