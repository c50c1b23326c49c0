import { createFakeHandlers, createFakeStreams, type Handlers, type Streams } from './fake-handlers.ts'
import { createFakeState, type FakeState } from './fake-state.ts'

export type { FakeConversation } from './fake-state.ts'

/** A pretend node: the whole API over plain memory. For tests and for looking at screens; never in production. */
export type FakeWorld = FakeState & { readonly handlers: Handlers; readonly streams: Streams }

export const createFakeWorld = (now: () => number): FakeWorld => {
  const state = createFakeState(now)
  return Object.assign(state, { handlers: createFakeHandlers(state), streams: createFakeStreams(state) })
}
