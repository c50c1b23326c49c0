import { EngineError, type Network } from '@parley/engine/api'
import { describe, expect, it, vi } from 'vitest'
import { createFakeClient } from '../../dev/fake-client.ts'
import { fakeNetwork } from '../../dev/fake-network.ts'
import { createFakeWorld } from '../../dev/fake-world.ts'
import { createCell } from '../../ui/view-model.ts'
import { createOnboardingModel, wordsOf } from './onboarding-model.ts'

const phrase = Array.from({ length: 24 }, (_, at) => `word${'abcdefghijklmnopqrstuvwx'[at]}`).join(' ')

const setUp = (fields: Partial<Network> = {}) => {
  const world = createFakeWorld(() => 0)
  world.network = fakeNetwork({ isReachChosen: true, ...fields })
  world.me.current = { ...world.me.current, name: '' }
  const recover = vi.fn<(phrase: string, name: string) => Promise<void>>(() => Promise.resolve())
  const restart = vi.fn<() => void>()
  const client = createFakeClient(world)
  const call = vi.spyOn(client, 'call')
  const network = createCell<Network | undefined>(world.handlers['network.get']({}))
  const model = createOnboardingModel({ node: { recover }, client, network, restart })
  return { world, recover, restart, model, network, call }
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

describe('the question who may connect', () => {
  const asked = async () => {
    const scene = setUp({ isReachChosen: false })
    scene.model.setName('Robin')
    await scene.model.submit()
    return scene
  }

  it('comes after the name, and the answer ends the first minute', async () => {
    const { model, world } = await asked()
    expect(model.getSnapshot().step).toBe('reach')
    expect(world.me.current.name).toBe('')
    expect(await model.choose('network')).toBe(true)
    expect(world.network).toMatchObject({ reach: 'network', isReachChosen: true })
    expect(world.me.current.name).toBe('Robin')
  })

  it('may be left open: nothing is changed then', async () => {
    const { model, world, call } = await asked()
    expect(await model.choose('later')).toBe(true)
    expect(world.network).toMatchObject({ reach: 'computer', isReachChosen: false })
    expect(call.mock.calls.map(([name]) => name)).toEqual(['profile.update'])
  })

  it('is not asked where it has an answer, and not through Tor', async () => {
    for (const fields of [{ isReachChosen: true }, { isReachChosen: false, transport: 'tor' as const }]) {
      const { model, world } = setUp(fields)
      model.setName('Robin')
      expect(await model.submit()).toBe(true)
      expect(world.me.current.name).toBe('Robin')
      expect(model.getSnapshot().step).toBe('name')
    }
  })

  it('is asked again when the answer could not be kept, with nothing half done', async () => {
    const { model, world, call } = await asked()
    call.mockRejectedValueOnce(new EngineError('REACH_FAILED'))
    expect(await model.choose('anyone')).toBe(false)
    expect(model.getSnapshot()).toMatchObject({ step: 'reach', isBusy: false, chosen: undefined })
    expect(model.getSnapshot().problem).toContain('could not listen')
    expect(world.me.current.name).toBe('')
    model.backToName()
    expect(model.getSnapshot()).toMatchObject({ step: 'name', name: 'Robin', problem: undefined })
  })
})
