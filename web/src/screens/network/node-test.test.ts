import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { fakePushNode } from '../../dev/fake-network.ts'
import { createTestSession } from '../../dev/test-session.ts'
import { createNodeTest, nodeState, refusalWords, sourceWords, testWords } from './node-test.ts'

const address = '/dns4/push.example/tcp/443/wss/p2p/12D3KooWOne'

describe('trying a push node', () => {
  it.each([
    [{ isReachable: true, latencyMs: 34, offersRelay: true, offersMailbox: true }, true, 'in 34'],
    [{ isReachable: true, offersRelay: true, offersMailbox: true }, true, 'It answers. It keeps messages and passes'],
    [{ isReachable: true, latencyMs: 0, offersRelay: false, offersMailbox: true }, true, 'passes no connections on'],
    [{ isReachable: true, latencyMs: 1, offersRelay: true, offersMailbox: false }, true, 'keeps no messages'],
    [{ isReachable: true, offersRelay: false, offersMailbox: false }, false, 'it is no push node'],
    [{ isReachable: false, offersRelay: false, offersMailbox: false }, false, 'It does not answer'],
    [{ isReachable: false, offersRelay: false, offersMailbox: false, problem: 'Not so.' }, false, 'Not so. Check'],
  ])('%j', (answer, isGood, text) => {
    expect(testWords(answer)).toEqual({ isGood, text: expect.stringContaining(text) })
  })

  it('says what came of it, or why it could not be tried', async () => {
    const { session, failWith, world } = await createTestSession()
    const test = createNodeTest(session.client)
    await test.run(address)
    expect(test.getSnapshot()).toMatchObject({ isBusy: false, result: { isGood: true } })
    world.pushNodes.set(address, { isReachable: false, offersRelay: false, offersMailbox: false })
    await test.run(address)
    expect(test.getSnapshot().result).toMatchObject({ isGood: false, text: expect.stringContaining('not answer') })
    failWith('pushNodes.test', new EngineError('PUSH_NODE_MALFORMED'))
    await test.run('nonsense')
    expect(test.getSnapshot().result).toMatchObject({ isGood: false, text: expect.stringContaining('not the address') })
  })

  it('tries one at a time, and forgets an answer to something else', async () => {
    const { session, calls } = await createTestSession()
    const test = createNodeTest(session.client)
    const first = test.run(address)
    await test.run(address)
    expect(calls.filter(({ name }) => name === 'pushNodes.test')).toHaveLength(1)
    test.clear()
    await first
    expect(test.getSnapshot()).toEqual({ isBusy: false, result: undefined })
  })
})

describe('a push node that is used', () => {
  it('says how it stands, plainly when it is full', () => {
    expect(nodeState(fakePushNode(address))).toEqual({
      text: 'connected, passes connections on to you',
      isLacking: false,
    })
    expect(nodeState(fakePushNode(address, false)).text).toBe('not connected')
    const full = fakePushNode(address, true, { relay: 'refused', refusal: 'All of its places are taken.' })
    expect(nodeState(full)).toEqual({ text: 'connected', isLacking: true })
    expect(refusalWords(full)).toBe(
      'Full. All of its places are taken. It passes no connections on to you; it may still keep messages.',
    )
    expect(refusalWords(fakePushNode(address, true, { relay: 'refused', refusal: 'odd' }))).toContain('odd')
    expect(refusalWords(fakePushNode(address, true, { relay: 'refused' }))).toContain('refuses')
    expect(refusalWords(fakePushNode(address))).toBeUndefined()
  })

  it('says where one has it from', () => {
    expect(sourceWords(fakePushNode(address, true, { source: 'config' }))).toBe('from your configuration')
    expect(sourceWords(fakePushNode(address))).toBe('added by you')
    expect(sourceWords(fakePushNode(address, true, { source: 'contact', contact: 'Ada' }))).toBe('from Ada')
    expect(sourceWords(fakePushNode(address, true, { source: 'contact' }))).toBe('from a contact')
  })
})
