import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createFakeNode } from '../dev/fake-node.ts'
import { createTestEnvironment, settled } from '../dev/test-environment.ts'
import { createBootModel } from './boot-model.ts'
import type { LinkState, NodeLink, NodeState } from './node-link.ts'

const setUp = (first: NodeState) => {
  const environment = createTestEnvironment()
  const node = createFakeNode('empty', 0)
  const control: { state: NodeState; tell: (state: LinkState) => void; connections: number } = {
    state: first,
    tell: () => {},
    connections: 0,
  }
  const link: NodeLink = {
    ...node,
    status: () => Promise.resolve(control.state),
    unlock: (passphrase) => {
      if (passphrase !== 'correct horse') return Promise.reject(new EngineError('PASSPHRASE_WRONG'))
      control.state = 'open'
      return Promise.resolve()
    },
    connect: () => {
      control.connections += 1
      return {
        ...node.connect(),
        onState: (handler) => {
          control.tell = handler
          handler('open')
          return () => {}
        },
      }
    },
  }
  const boot = createBootModel(link, environment)
  boot.start()
  return { boot, control, environment }
}

describe('starting', () => {
  it('opens a node that is open', async () => {
    const { boot } = setUp('open')
    await settled()
    expect(boot.getSnapshot().phase).toBe('open')
    expect(boot.getSnapshot().session?.me.getSnapshot()?.name).toBe('Robin')
  })

  it('waits for a node that does not answer', async () => {
    const { boot, control, environment } = setUp('unreachable')
    await settled()
    expect(boot.getSnapshot().phase).toBe('unreachable')
    control.state = 'open'
    await environment.advance(2_000)
    expect(boot.getSnapshot().phase).toBe('open')
  })

  it('does not go round for a browser that was not let in', async () => {
    const { boot, control, environment } = setUp('unauthorized')
    await settled()
    control.state = 'open'
    await environment.advance(60_000)
    expect(boot.getSnapshot().phase).toBe('unauthorized')
  })

  it('asks a locked node for its passphrase', async () => {
    const { boot } = setUp('locked')
    await settled()
    expect(boot.getSnapshot().phase).toBe('locked')
    await expect(boot.unlock('wrong')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' })
    expect(boot.getSnapshot().phase).toBe('locked')
    await boot.unlock('correct horse')
    expect(boot.getSnapshot().phase).toBe('open')
  })

  it('keeps the session while the link is lost, and locks when the node came back locked', async () => {
    const { boot, control, environment } = setUp('open')
    await settled()
    const { session } = boot.getSnapshot()
    control.state = 'unreachable'
    control.tell('lost')
    await environment.advance(10_000)
    expect(boot.getSnapshot().session).toBe(session)
    control.state = 'locked'
    await environment.advance(2_000)
    expect(boot.getSnapshot()).toEqual({ phase: 'locked' })
  })

  it('starts over with a fresh connection', async () => {
    const { boot, control } = setUp('open')
    await settled()
    boot.restart()
    await settled()
    expect(control.connections).toBe(2)
    expect(boot.getSnapshot().phase).toBe('open')
  })
})
