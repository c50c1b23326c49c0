import { describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession } from '../../dev/test-session.ts'
import { AWAY_AFTER_MS, RENEW_MS, sharePresence } from './presence.ts'
import { createTabs } from './tabs.ts'

const setUp = async (presence: 'nobody' | 'contacts') => {
  const test = await createTestSession((world) => {
    world.me.current = { ...world.me.current, settings: { ...world.me.current.settings, presence } }
  })
  const end = sharePresence(test.session, createTabs(undefined))
  await settled()
  const said = () =>
    test.calls.flatMap(({ name, params }) =>
      name === 'presence.set' && typeof params === 'object' && params !== null && 'status' in params
        ? [params.status]
        : [],
    )
  return { ...test, end, said }
}

describe('presence', () => {
  it('is said to nobody unless the settings say so', async () => {
    const { environment, session, said } = await setUp('nobody')
    environment.use()
    await environment.advance(20 * 60_000)
    expect(said()).toEqual([])
    await session.client.call('me.update', { settings: { presence: 'contacts' } })
    await settled()
    await environment.frame()
    environment.use()
    await settled()
    expect(said().at(-1)).toBe('online')
  })

  it('is online, renewed, while the page is used, and away after five quiet minutes', async () => {
    const { environment, said } = await setUp('contacts')
    expect(said()).toEqual(['online'])
    await environment.advance(AWAY_AFTER_MS - RENEW_MS)
    expect(said()).toEqual(Array.from({ length: AWAY_AFTER_MS / RENEW_MS }, () => 'online'))
    await environment.advance(RENEW_MS)
    expect(said().at(-1)).toBe('away')
    environment.use()
    await settled()
    expect(said().at(-1)).toBe('online')
  })

  it('is away at once when the page is hidden, and online when it is back', async () => {
    const { environment, said } = await setUp('contacts')
    environment.setVisible(false)
    await settled()
    expect(said()).toEqual(['online', 'away'])
    environment.setVisible(true)
    await settled()
    expect(said()).toEqual(['online', 'away', 'online'])
  })

  it('is said again when the node is back, and when it could not be said', async () => {
    const { environment, failWith, setLink, said } = await setUp('contacts')
    setLink('lost')
    await environment.advance(RENEW_MS)
    expect(said()).toEqual(['online'])
    setLink('open')
    await settled()
    expect(said()).toEqual(['online', 'online'])
    failWith('presence.set', new Error('gone'))
    environment.setVisible(false)
    await settled()
    failWith('presence.set', undefined)
    await environment.advance(RENEW_MS)
    expect(said().slice(2)).toEqual(['away', 'away'])
  })

  it('ends with the page', async () => {
    const { environment, end, said } = await setUp('contacts')
    end()
    await environment.advance(10 * RENEW_MS)
    environment.use()
    await settled()
    expect(said()).toEqual(['online'])
  })
})
