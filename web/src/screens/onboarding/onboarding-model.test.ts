import { EngineError } from '@parley/engine/api'
import { describe, expect, it, vi } from 'vitest'
import { createFakeClient } from '../../dev/fake-client.ts'
import { createFakeWorld } from '../../dev/fake-world.ts'
import { createOnboardingModel, wordsOf } from './onboarding-model.ts'

const phrase = Array.from({ length: 24 }, (_, at) => `word${'abcdefghijklmnopqrstuvwx'[at]}`).join(' ')

const setUp = () => {
  const world = createFakeWorld(() => 0)
  const recover = vi.fn<(phrase: string, name: string) => Promise<void>>(() => Promise.resolve())
  const restart = vi.fn<() => void>()
  const model = createOnboardingModel({ node: { recover }, client: createFakeClient(world), restart })
  return { world, recover, restart, model }
}

describe('onboarding', () => {
  it('needs a name and nothing else', async () => {
    const { model, world } = setUp()
    model.setName('   ')
    expect(model.getSnapshot().canSubmit).toBe(false)
    model.setName('  Robin ')
    expect(await model.submit()).toBe(true)
    expect(world.me.current.name).toBe('Robin')
  })

  it('counts pasted words, however they are separated', () => {
    const { model } = setUp()
    model.setMode('recover')
    model.setName('Robin')
    model.setPhrase(
      phrase
        .split(' ')
        .map((word, at) => `${at + 1}. ${word.toUpperCase()}`)
        .join('\n'),
    )
    expect(model.getSnapshot()).toMatchObject({ wordCount: 24, canSubmit: true })
    model.setPhrase(phrase.replace('worda ', ''))
    expect(model.getSnapshot()).toMatchObject({ wordCount: 23, canSubmit: false })
    expect(wordsOf(' a,b;\n c ')).toEqual(['a', 'b', 'c'])
  })

  it('takes the 12 words of an OpenBazaar identity too, and no other number', () => {
    const { model } = setUp()
    model.setMode('recover')
    model.setName('Robin')
    const words = phrase.split(' ')
    for (const count of [0, 11, 12, 13, 23, 24]) {
      model.setPhrase(words.slice(0, count).join(' '))
      expect([count, model.getSnapshot().canSubmit]).toEqual([count, count === 12 || count === 24])
    }
  })

  it('recovers and starts over', async () => {
    const { model, recover, restart } = setUp()
    model.setMode('recover')
    model.setName('Robin')
    model.setPhrase(`\n${phrase}  `)
    expect(await model.submit()).toBe(true)
    expect(recover).toHaveBeenCalledWith(phrase, 'Robin')
    expect(restart).toHaveBeenCalledTimes(1)
  })

  it('says why recovery failed and lets it be tried again', async () => {
    const { model, recover, restart } = setUp()
    recover.mockRejectedValueOnce(new EngineError('RECOVERY_PHRASE_INVALID'))
    model.setMode('recover')
    model.setName('Robin')
    model.setPhrase(phrase)
    expect(await model.submit()).toBe(false)
    expect(model.getSnapshot()).toMatchObject({
      isBusy: false,
      canSubmit: true,
      problem: expect.stringContaining('24'),
    })
    model.setPhrase(`${phrase} `)
    expect(model.getSnapshot().problem).toBeUndefined()
    expect(restart).not.toHaveBeenCalled()
  })

  it('cuts a name at its limit by letters, not by halves of them', () => {
    const { model } = setUp()
    model.setName('🥝'.repeat(80))
    expect(model.getSnapshot().name).toBe('🥝'.repeat(40))
  })
})
