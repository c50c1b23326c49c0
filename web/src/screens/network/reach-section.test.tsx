import { describe, expect, it } from 'vitest'
import { fakeNetworkAnswer, fakePushNode, seedReach, type FakeReach } from '../../dev/fake-network.ts'
import { createTestApp } from '../../dev/test-app.tsx'
import { PushNodes } from './push-nodes.tsx'
import { ReachSection } from './reach-section.tsx'

const nodes = ['/dns4/push.example/tcp/443/wss/p2p/12D3KooWOne', '/ip4/192.0.2.80/tcp/4001/p2p/12D3KooWTwo']

const openAt = async (how: FakeReach) => {
  const scene = await createTestApp((world) => seedReach(world, how))
  const network = scene.world.handlers['network.get']({})
  const now = scene.environment.now()
  return {
    ...scene,
    reach: scene.words(<ReachSection network={network} now={now} />),
    reachMarkup: scene.markup(<ReachSection network={network} now={now} />),
    pushNodes: scene.words(<PushNodes network={network} />),
  }
}

describe('who can connect', () => {
  it('says what was proven, what the router did, and marks the choice', async () => {
    const { reach, reachMarkup } = await openAt('reach-public')
    expect(reach).toContain('Reachable from outside (tested')
    expect(reach).toContain('at 198.51.100.7:4001')
    expect(reach).toContain('Test now')
    expect(reachMarkup.match(/aria-pressed="true"/gu)).toHaveLength(1)
    expect(reachMarkup).toMatch(/aria-pressed="true"[^>]*>.*?Anyone with my link/u)
  })

  it('marks nothing before anybody chose, so that what is so can be chosen too', async () => {
    const { reachMarkup } = await openAt('unasked')
    expect(reachMarkup).not.toContain('aria-pressed')
  })

  it('says who learns what with each choice', async () => {
    const { reach } = await openAt('unasked')
    expect(reach).toContain('nobody learns anything')
    expect(reach).toContain('Everybody on it can see that Parley runs here')
    expect(reach).toContain('Whoever has your link learns your internet address')
  })

  it('offers no choice where there is none, and nothing at all through Tor', async () => {
    const fixed = await openAt('reach-fixed')
    expect(fixed.reach).toContain('set where your node is started')
    expect(fixed.reachMarkup).not.toContain('aria-pressed')
    expect((await openAt('reach-tor')).reach).toBe('')
  })
})

describe('push nodes', () => {
  it('are named with their state and where they come from; one of the configuration cannot be removed here', async () => {
    const { markup } = await createTestApp()
    const list = markup(
      <PushNodes
        network={fakeNetworkAnswer({
          infrastructure: [
            fakePushNode(nodes[0] ?? '', true, { source: 'config' }),
            fakePushNode(nodes[1] ?? '', true, { source: 'contact', contact: 'Ada' }),
          ],
        })}
      />,
    )
    expect(list).toContain('from your configuration')
    expect(list).toContain('from Ada')
    expect(list).toContain('aria-label="Test push.example"')
    expect(list).not.toContain('aria-label="Remove push.example"')
    expect(list).toContain('aria-label="Remove 192.0.2.80:4001"')
  })

  it('say plainly when they are full or gone', async () => {
    const { pushNodes } = await openAt('reach-refused')
    expect(pushNodes).toContain('Full. All of its places are taken.')
    expect(pushNodes).toContain('not connected')
    const { words } = await createTestApp()
    const gone = fakeNetworkAnswer({ infrastructure: nodes.map((address) => fakePushNode(address, false)) })
    expect(words(<PushNodes network={gone} />)).toContain('None of them is reachable.')
  })

  it('are offered from friends, by their names', async () => {
    const { pushNodes } = await openAt('reach-alone')
    expect(pushNodes).toContain('Ada Lindqvist uses it')
  })

  it('may be none: what this means and how to run one', async () => {
    const { words } = await createTestApp()
    const none = words(<PushNodes network={fakeNetworkAnswer()} />)
    expect(none).toContain('messages wait on this device until you are both online')
    expect(none).toContain('parley push-node')
    expect(none).toContain('docs/operations.md')
    expect(words(<PushNodes network={fakeNetworkAnswer({ storage: 'dropbox' })} />)).toContain('None set up')
  })
})
