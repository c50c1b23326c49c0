import { describe, expect, it } from 'vitest'
import { fakeNetwork, fakePushNode, seedReach, type FakeReach } from '../../dev/fake-network.ts'
import { createTestApp } from '../../dev/test-app.tsx'
import { InvitePreviewCard } from './invite-preview.tsx'
import { InviteReach } from './invite-reach.tsx'

const ofOwn = async (how: FakeReach) => {
  const scene = await createTestApp((world) => seedReach(world, how))
  const invite = await scene.session.client.call('invites.create', {})
  return scene.words(<InviteReach invite={invite} />)
}

describe('one’s own invite', () => {
  it('says where it works before it is copied, and leads to more', async () => {
    expect(await ofOwn('unasked')).toMatch(/works on this computer only.*Change who can reach you/u)
    expect(await ofOwn('reach-network')).toMatch(/works on your network only.*Change who can reach you/u)
    expect(await ofOwn('reach-public')).toBe('This link works from anywhere.')
  })
})

describe('the invite of somebody else', () => {
  const card = async (how: 'none' | 'some', link: string) => {
    const scene = await createTestApp((world) => {
      if (how === 'some') world.network = fakeNetwork({ infrastructure: [fakePushNode('/dns4/push.example/p2p/1')] })
    })
    const preview = await scene.session.client.call('invites.preview', { link })
    return scene.words(<InvitePreviewCard preview={preview} usesPushNodes={false} onUsePushNodes={() => {}} />)
  }

  it('says whose it is, where it works, and offers their push node to whoever has none', async () => {
    const words = await card('none', 'https://parley.example/i#abc')
    expect(words).toContain('Noor invites you')
    expect(words).toContain('It works from anywhere. Works until')
    expect(words).toContain('Use Noor’s push node too')
    expect(words).toContain('never what you write')
    expect(await card('some', 'https://parley.example/i#abc')).not.toContain('push node')
  })

  it('warns of one that works on another computer only', async () => {
    expect(await card('none', 'https://parley.example/i#computer')).toContain(
      'only on the computer on which it was made',
    )
  })
})
