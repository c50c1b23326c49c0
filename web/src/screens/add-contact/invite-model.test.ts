import { EngineError } from '@parley/engine/api'
import { describe, expect, it, vi } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession } from '../../dev/test-session.ts'
import { createInviteModel } from './invite-model.ts'

describe('the invite to hand out', () => {
  it('is made once, and found again', async () => {
    const { session, calls, environment } = await createTestSession()
    const first = createInviteModel(session)
    await settled()
    await environment.frame()
    const { invite } = first.getSnapshot()
    expect(invite?.link).toContain('#')
    first.dispose()
    const second = createInviteModel(session)
    await settled()
    expect(second.getSnapshot().invite).toEqual(invite)
    expect(calls.filter((call) => call.name === 'invites.create')).toHaveLength(1)
  })

  it('is a fresh one when the old one is about to end', async () => {
    const { session, calls, environment } = await createTestSession()
    createInviteModel(session).dispose()
    await session.client.call('invites.create', {})
    await environment.advance(29.5 * 86_400_000)
    const model = createInviteModel(session)
    await settled()
    expect(calls.filter((call) => call.name === 'invites.create')).toHaveLength(2)
    expect(model.getSnapshot().invite?.expiresAt).toBeGreaterThan(environment.now() + 86_400_000)
  })

  it('says why there is none', async () => {
    const { session, failWith } = await createTestSession()
    failWith('invites.create', new EngineError('STORE_FULL'))
    const model = createInviteModel(session)
    await settled()
    expect(model.getSnapshot()).toMatchObject({ invite: undefined, problem: expect.stringContaining('full') })
  })

  it('is a fresh one once more people can come, and one is enough', async () => {
    const { session, calls, world, environment } = await createTestSession()
    const model = createInviteModel(session)
    await settled()
    expect(model.getSnapshot().invite?.worksOn).toBe('computer')
    await session.client.call('network.change', { reach: 'network' })
    await environment.frame()
    await environment.frame()
    expect(model.getSnapshot().invite?.worksOn).toBe('network')
    world.touch()
    await environment.frame()
    expect(calls.filter((call) => call.name === 'invites.create')).toHaveLength(2)
  })

  it('stays the old one when a fresh one works nowhere else, which is taken back', async () => {
    const { session, world, environment } = await createTestSession()
    const old = await session.client.call('invites.create', {})
    const create = vi.spyOn(world.handlers, 'invites.create')
    create.mockImplementation(() => {
      const invite = { ...old, id: 'later', link: `${old.link}2`, createdAt: old.createdAt + 1 }
      world.invites = [...world.invites, invite]
      return invite
    })
    const model = createInviteModel(session)
    await session.client.call('network.change', { reach: 'network' })
    await environment.frame()
    await environment.frame()
    expect(create).toHaveBeenCalledTimes(1)
    expect(world.invites).toEqual([old])
    expect(model.getSnapshot().invite).toEqual(old)
  })
})
