import { EngineError, operations } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createTestSession } from '../../dev/test-session.ts'
import { settled } from '../../dev/test-environment.ts'
import type { ChosenPicture, PictureOutcome } from './picture.ts'
import { createProfileModel, LETTERS_MAX } from './profile-model.ts'

const webp = btoa('RIFF0000WEBPVP8 picture')
const picture: ChosenPicture = {
  base64: webp,
  mediaType: 'image/webp',
  bytes: 23,
  preview: { width: 256 } as HTMLCanvasElement,
}

const setUp = async (outcome: PictureOutcome = { ok: true, picture }) => {
  const test = await createTestSession()
  await test.environment.frame()
  const { client, profile } = test.session
  const model = createProfileModel({ client, profile, prepare: () => Promise.resolve(outcome) })
  const saved = () => test.world.handlers['profile.get']({})
  const look = () => {
    const snapshot = model.getSnapshot()
    if (snapshot === undefined) throw new Error('no profile yet')
    return snapshot
  }
  return { ...test, model, look, saved }
}

describe('editing one’s profile', () => {
  it('has the limits of the node', () => {
    const limits = operations['profile.update'].params.properties
    for (const field of ['name', 'handle', 'location', 'about'] as const) {
      // Twice as many UTF-16 units as letters.
      expect([field, limits[field]]).toMatchObject([field, { maxLength: LETTERS_MAX[field] * 2 }])
    }
  })

  it('begins with what is saved, changed by nobody', async () => {
    const { look } = await setUp()
    expect(look()).toMatchObject({ isChanged: false, canSave: false, visibility: 'contacts', saving: 'no' })
    expect(look().fields.name).toEqual({ value: 'Robin', used: 5, max: 40 })
  })

  it('saves what differs, cleaned, in one call', async () => {
    const { model, look, calls, saved } = await setUp()
    model.setField('handle', ' @robin ')
    model.setField('location', 'Malmö')
    model.setField('location', '')
    model.setField('about', 'Chairs.\n\n')
    expect(look()).toMatchObject({ isChanged: true, canSave: true })
    expect(await model.save()).toBe(true)
    expect(calls.filter(({ name }) => name === 'profile.update')).toEqual([
      { name: 'profile.update', params: { handle: 'robin', about: 'Chairs.' } },
    ])
    expect(saved()).toMatchObject({ name: 'Robin', handle: 'robin', about: 'Chairs.' })
    expect(look()).toMatchObject({ isChanged: false, saving: 'saved' })
    expect(look().fields.about.value).toBe('Chairs.')
  })

  it('counts letters as people do, and says what has to be changed', async () => {
    const { model, look } = await setUp()
    model.setField('name', '🥝'.repeat(40))
    expect(look().fields.name).toMatchObject({ used: 40 })
    expect(look().canSave).toBe(true)
    model.setField('name', `${'🥝'.repeat(41)} `)
    expect(look().fields.name).toMatchObject({ used: 41, problem: expect.stringContaining('1 letter too long') })
    expect(look().canSave).toBe(false)
    model.setField('name', '  ')
    expect(look().fields.name.problem).toBe('A profile needs a name.')
    model.setField('name', 'Robin')
    for (const odd of ['ro bin', 'ro@bin']) {
      model.setField('handle', odd)
      expect(look().fields.handle.problem).toContain('no spaces')
    }
    expect(await model.save()).toBe(false)
  })

  it('keeps what was typed when something else changes elsewhere', async () => {
    const { model, look, world, environment } = await setUp()
    model.setField('about', 'unsaved')
    world.handlers['profile.update']({ location: 'Lund' })
    await settled()
    await environment.frame()
    expect([look().fields.about.value, look().fields.location.value]).toEqual(['unsaved', 'Lund'])
  })

  it('can take a discarding back, until something else is typed', async () => {
    const { model, look } = await setUp()
    model.setField('about', 'unsaved')
    model.setVisibility('public')
    const undo = model.discard()
    expect(look()).toMatchObject({ isChanged: false, visibility: 'contacts' })
    expect(look().fields.about.value).toBe('')
    undo()
    expect(look()).toMatchObject({ isChanged: true, visibility: 'public' })
    expect(look().fields.about.value).toBe('unsaved')
    const late = model.discard()
    model.setField('about', 'something else')
    late()
    expect(look().fields.about.value).toBe('something else')
  })

  it('keeps everything when it cannot be saved, and says why', async () => {
    const { model, look, failWith } = await setUp()
    failWith('profile.update', new EngineError('STORE_FULL'))
    model.setField('location', 'Lund')
    expect(await model.save()).toBe(false)
    expect(look()).toMatchObject({ canSave: true, saving: 'no', problem: expect.stringContaining('disk is full') })
    model.setField('location', 'Lund!')
    expect(look().problem).toBeUndefined()
    failWith('profile.update', undefined)
    expect(await model.save()).toBe(true)
  })

  it('keeps what was typed while it was being saved', async () => {
    const { model, look, saved } = await setUp()
    model.setField('location', 'Lund')
    const saving = model.save()
    expect(look()).toMatchObject({ saving: 'busy', canSave: false })
    model.setField('about', 'later')
    await saving
    expect(saved()).toMatchObject({ location: 'Lund', about: '' })
    expect(look()).toMatchObject({ isChanged: true, canSave: true, saving: 'no' })
    expect(look().fields.about.value).toBe('later')
  })

  it('says who may see it only when it is saved', async () => {
    const { model, look, saved } = await setUp()
    model.setVisibility('public')
    expect([look().visibility, look().own.visibility, saved().visibility]).toEqual(['public', 'contacts', 'contacts'])
    await model.save()
    expect([look().own.visibility, saved().visibility]).toEqual(['public', 'public'])
    model.setVisibility('contacts')
    model.setVisibility('public')
    expect(look().isChanged).toBe(false)
  })
})

describe('one’s picture', () => {
  it('is seen before it is saved', async () => {
    const { model, look, saved } = await setUp()
    await model.choosePicture(new Blob(['x']))
    expect(look()).toMatchObject({ picture: { type: 'chosen', picture }, isChanged: true, canSave: true })
    expect(saved().avatar).toBeUndefined()
    await model.save()
    expect(look().picture).toEqual({ type: 'kept', cid: saved().avatar })
    expect(saved().avatar).toMatch(/^bafkrei/u)
  })

  it('is removed with the next saving; one that was only chosen at once', async () => {
    const { model, look, saved } = await setUp()
    await model.choosePicture(new Blob(['x']))
    model.removePicture()
    expect(look()).toMatchObject({ picture: { type: 'kept' }, isChanged: false })
    await model.choosePicture(new Blob(['x']))
    await model.save()
    model.removePicture()
    expect(look()).toMatchObject({ picture: { type: 'removed' }, isChanged: true })
    await model.save()
    expect(saved().avatar).toBeUndefined()
  })

  it('is kept when the new one cannot be used', async () => {
    const { model, look } = await setUp({ ok: false, refusal: 'unreadable' })
    await model.choosePicture(new Blob(['x']))
    expect(look()).toMatchObject({ isChanged: false, isPreparing: false, picture: { type: 'kept' } })
    expect(look().pictureProblem).toContain('not a picture')
  })

  it('is told apart from the rest when only it was saved', async () => {
    const { model, look, failWith } = await setUp()
    failWith('profile.update', new EngineError('STORE_FULL'))
    await model.choosePicture(new Blob(['x']))
    model.setField('location', 'Lund')
    expect(await model.save()).toBe(false)
    expect(look().problem).toMatch(/^The picture is saved, the rest is not\. .*disk is full/u)
    expect(look()).toMatchObject({ picture: { type: 'kept' }, isChanged: true })
  })
})
