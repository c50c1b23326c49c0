import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
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
})
