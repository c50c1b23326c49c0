import type { Network } from '@parley/engine/api'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { fakeNetwork, fakePushNode } from '../../dev/fake-network.ts'
import { createFakeWorld, type FakeWorld } from '../../dev/fake-world.ts'
import { WaitingSection } from './waiting-section.tsx'

const NOW = 1_800_000_000_000
const nodes = ['/dns4/push.example/tcp/443/wss/p2p/12D3KooWOne', '/ip4/192.0.2.80/tcp/4001/p2p/12D3KooWTwo']

const world = (): FakeWorld => {
  const made = createFakeWorld(() => NOW)
  made.network = fakeNetwork({ infrastructure: nodes.map((address) => fakePushNode(address)) })
  return made
}
const textOf = (made: FakeWorld, fields: Partial<Network> = {}): string =>
  renderToStaticMarkup(
    <WaitingSection
      network={{ ...made.handlers['network.get']({}), ...fields }}
      conversations={made.handlers['conversations.list']({})}
      now={NOW}
      onOpen={() => {}}
    />,
  )
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')

describe('what waits for others', () => {
  it('says that nothing does, and does not when something is on its way to be sealed', () => {
    expect(textOf(world())).toContain('Nothing waits.')
    const text = textOf(world(), { waitingMessages: 1 })
    expect(text).toContain('1 message waits on this device until the conversation is ready.')
    expect(text).not.toContain('Nothing waits')
  })

  it('[OFF-12] says what waits, since when, who proved to hold it and what is only here', () => {
    const made = world()
    const bob = made.addConversation('Bob')
    const sentAt = NOW - 3 * 3_600_000
    made.addMessage(bob, 'me', 'a', { sentAt, state: 'stored', copies: { held: 1, wanted: 2 } })
    made.addMessage(bob, 'me', 'b', { sentAt })
    const text = textOf(made)
    expect(text).toMatch(/Bob 2 messages 8\.2 kB, the first sealed 3\s?h/u)
    expect(text).toContain('push.example peer …ooWOne')
    expect(text).toContain('Has 1 of 2, proved it')
    expect(text).toContain('1 of 2 only on this device')
    expect(text).not.toContain('192.0.2.80')
  })

  it('[OFF-10] warns of a push node that proves nothing', () => {
    const made = world()
    const bob = made.addConversation('Bob')
    made.addMessage(bob, 'me', 'a', { state: 'stored', copies: { held: 1, wanted: 2 } })
    made.lostHolders = nodes
    const text = textOf(made)
    expect(text).toContain('Does not prove that it still has it.')
    expect(text).toContain('Only on this device')
    expect(text).not.toContain('proved it')
  })

  it('calls a request a request and keys keys', () => {
    const made = world()
    const vera = made.addConversation('Vera', { status: 'invited' })
    expect(textOf(made)).toContain('Your contact request')
    const { waiting } = made.handlers['network.get']({})
    vera.status = 'active'
    expect(textOf(made, { waiting })).toContain('Keys of the conversation')
  })

  it('names the storage that has what no push node has, and what its owner knows', () => {
    const made = world()
    made.network = fakeNetwork({ storage: 'dropbox' })
    made.addMessage(made.addConversation('Bob'), 'me', 'a', { state: 'stored', copies: { held: 0, wanted: 1 } })
    const text = textOf(made)
    expect(text).toContain('Kept in your Dropbox')
    expect(text).toContain('Whoever runs your storage')
    expect(text).not.toContain('nly on this device')
  })
})
