import { EngineError, type MessageState } from '@parley/engine/api'
import type { LinkState, NodeLink, NodeState } from '../app/node-link.ts'
import { createFakeClient } from './fake-client.ts'
import { seedAway, seedWorld } from './fake-seed.ts'
import { seedReach, type FakeReach } from './fake-network.ts'
import { createFakeWorld, type FakeConversation, type FakeWorld } from './fake-world.ts'

/** `?scenario=` of a page in fake mode. */
export type Scenario =
  | 'lived-in'
  | 'empty'
  | 'onboarding'
  | 'locked'
  | 'offline'
  | 'lost'
  /** Push nodes are set up, none answers. */
  | 'unreachable'
  /** No push node, but Dropbox. */
  | 'dropbox'
  | FakeReach

const isReach = (scenario: Scenario): scenario is FakeReach => scenario === 'unasked' || scenario.startsWith('reach-')

const STEP_MS = 350
const ECHO_MS = 1_200
const progress: readonly MessageState[] = ['sent', 'delivered', 'read']

/** Lets own messages move on, and Echo answer, as a real network would. */
const animate = (world: FakeWorld) =>
  world.listen({
    changed: () => {},
    messages: (id, messages) => {
      const to = world.conversations.find((each) => each.id === id)
      for (const message of messages) {
        if (to === undefined || message.sender !== world.me.current.account || message.state !== 'queued') continue
        if (!to.isConnected) {
          leave(world, to, message.id)
          continue
        }
        for (const [at, state] of progress.entries()) {
          setTimeout(() => world.change(to, message.id, { state }), STEP_MS * (at + 1))
        }
        if (to.claimedName === 'Echo' && message.content.type === 'text') answer(world, to, message.content.text)
      }
    },
  })

/** Leaves what nobody takes with one push node after another. */
const leave = (world: FakeWorld, to: FakeConversation, id: string) => {
  const wanted = world.network.infrastructure.length
  const reachable = world.network.infrastructure.filter((each) => each.isConnected).length
  for (let held = 1; held <= reachable; held += 1) {
    setTimeout(() => world.change(to, id, { state: 'stored', copies: { held, wanted } }), STEP_MS * 2 * held)
  }
}

const answer = (world: FakeWorld, echo: FakeConversation, text: string) => {
  echo.typing = true
  world.touch()
  setTimeout(() => {
    echo.typing = false
    world.addMessage(echo, 'them', `You said: ${text}`)
  }, ECHO_MS)
}

/** A node that lives in the page. */
export const createFakeNode = (
  scenario: Scenario = 'lived-in',
  latencyMs = 4,
): NodeLink & { readonly world: FakeWorld } => {
  const world = createFakeWorld(() => Date.now())
  let state: NodeState = scenario === 'locked' ? 'locked' : 'open'
  if (scenario === 'onboarding') {
    world.me.current = { ...world.me.current, name: '' }
    seedReach(world, 'unasked')
  }
  if (scenario === 'lived-in' || scenario === 'locked' || scenario === 'lost') seedWorld(world)
  if (scenario === 'offline' || scenario === 'unreachable' || scenario === 'dropbox') seedAway(world, scenario)
  if (isReach(scenario)) {
    seedWorld(world, 200)
    seedReach(world, scenario)
  }
  animate(world)
  return {
    world,
    status: async () => state,
    unlock: async (passphrase) => {
      if (passphrase !== 'correct horse') throw new EngineError('PASSPHRASE_WRONG')
      state = 'open'
    },
    recover: async (phrase, name) => {
      if (phrase.trim().split(/\s+/u).length !== 24) throw new EngineError('RECOVERY_PHRASE_INVALID')
      world.me.current = { ...world.me.current, name, isRecoveryPhraseConfirmed: true }
      world.touch()
    },
    practice: async () => {
      const known = world.conversations.find((each) => each.claimedName === 'Echo')
      const echo = known ?? world.addConversation('Echo', { isConnected: true })
      if (known === undefined) world.addMessage(echo, 'them', 'Hi, I am Echo. Write something and I will answer.')
      const listed = world.handlers['conversations.list']({}).find((each) => each.id === echo.id)
      if (listed === undefined) throw new EngineError('PRACTICE_UNAVAILABLE')
      return listed
    },
    connect: () => ({
      client: createFakeClient(world, latencyMs),
      onState: (handler: (link: LinkState) => void) => {
        const timer = setTimeout(() => handler('open'), 0)
        const loss = scenario === 'lost' ? setTimeout(() => handler('lost'), 300) : undefined
        return () => {
          clearTimeout(timer)
          clearTimeout(loss)
        }
      },
      close: () => {},
    }),
  }
}
