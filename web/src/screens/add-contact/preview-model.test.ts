import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createTestSession } from '../../dev/test-session.ts'
import { settled } from '../../dev/test-environment.ts'
import { createPreviewModel } from './preview-model.ts'

const PAUSE_MS = 200
const link = 'https://parley.example/i#abc'

const setUp = async () => {
  const scene = await createTestSession()
  return { ...scene, model: createPreviewModel(scene.session) }
}

describe('the preview of an invite', () => {
  it('says whose it is and where it works, once somebody stops typing', async () => {
    const { model, environment, calls } = await setUp()
    for (let end = 1; end <= link.length; end += 1) model.setLink(link.slice(0, end))
    expect(calls).toEqual([])
    await environment.advance(PAUSE_MS)
    expect(calls).toEqual([{ name: 'invites.preview', params: { link } }])
    expect(model.getSnapshot()).toMatchObject({ preview: { name: 'Noor', worksOn: 'anywhere' }, problem: undefined })
  })

  it('says nothing of half a link, and nothing of none', async () => {
    const { model, environment, calls } = await setUp()
    model.setLink('https://parley.example/')
    await environment.advance(PAUSE_MS)
    expect(model.getSnapshot()).toEqual({ preview: undefined, problem: undefined })
    model.setLink('  ')
    await environment.advance(PAUSE_MS)
    expect(calls).toHaveLength(1)
  })

  it('says why a link is of no use', async () => {
    const { model, environment, failWith, session } = await setUp()
    failWith('invites.preview', new EngineError('RATE_LIMITED'))
    model.setLink(link)
    await environment.advance(PAUSE_MS)
    expect(model.getSnapshot().problem).toContain('Too many requests')
    failWith('invites.preview', undefined)
    const own = await session.client.call('invites.create', {})
    model.setLink(own.link)
    await environment.advance(PAUSE_MS)
    expect(model.getSnapshot().preview?.problem).toBe('own')
  })

  it('forgets an answer that comes after the link has changed', async () => {
    const { model, environment } = await setUp()
    model.setLink(link)
    const late = environment.advance(PAUSE_MS)
    model.setLink('')
    await late
    await settled()
    expect(model.getSnapshot()).toEqual({ preview: undefined, problem: undefined })
    model.setLink(link)
    model.dispose()
    await environment.advance(PAUSE_MS)
    expect(model.getSnapshot().preview).toBeUndefined()
  })
})
