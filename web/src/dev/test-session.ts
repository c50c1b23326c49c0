import type { ApiClient } from '@parley/engine/api'
import type { LinkState, NodeLink } from '../app/node-link.ts'
import { createSession, type Session } from '../app/session.ts'
import { createFakeClient } from './fake-client.ts'
import { createFakeWorld, type FakeWorld } from './fake-world.ts'
import { createTestEnvironment, settled, type TestEnvironment } from './test-environment.ts'

export interface TestSession {
  readonly session: Session
  readonly world: FakeWorld
  readonly environment: TestEnvironment
  /** Calls made so far, by name. */
  readonly calls: readonly { readonly name: string; readonly params: unknown }[]
  /** From now on calls of this name fail with the error; `undefined` lets them through again. */
  failWith(name: string, error: Error | undefined): void
  setLink(state: LinkState): void
}

/** A session over a pretend node, with a clock that the test moves. */
export const createTestSession = async (prepare: (world: FakeWorld) => void = () => {}): Promise<TestSession> => {
  const environment = createTestEnvironment()
  const world = createFakeWorld(environment.now)
  prepare(world)
  const real = createFakeClient(world)
  const calls: { readonly name: string; readonly params: unknown }[] = []
  const failures = new Map<string, Error>()
  const client: ApiClient = {
    live: real.live,
    on: real.on,
    stream: (name, params, signal) => {
      calls.push({ name, params })
      return real.stream(name, params, signal)
    },
    call: (name, params) => {
      calls.push({ name, params })
      const failure = failures.get(name)
      return failure === undefined ? real.call(name, params) : Promise.reject(failure)
    },
  }
  let tell: (state: LinkState) => void = () => {}
  const node: NodeLink = {
    status: () => Promise.resolve('open'),
    unlock: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    practice: () => Promise.reject(new Error('not in this test')),
    connect: () => ({
      client,
      onState: (handler) => {
        tell = handler
        handler('open')
        return () => {}
      },
      close: () => {},
    }),
  }
  const session = createSession(node, node.connect(), environment)
  await settled()
  return {
    session,
    world,
    environment,
    calls,
    failWith: (name, error) => {
      if (error === undefined) failures.delete(name)
      else failures.set(name, error)
    },
    setLink: (state) => tell(state),
  }
}
