import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession, type TestSession } from '../../dev/test-session.ts'
import type { FakeConversation } from '../../dev/fake-world.ts'
import { createNavigation } from '../navigation.ts'
import { createPreferences, type Preferences } from '../preferences.ts'
import { createAttention } from './attention.ts'
import { createTestOutside } from './test-outside.ts'
import { unreadTotal } from './unread.ts'

type Step =
  | 'arrive'
  | 'look'
  | 'readElsewhere'
  | 'readOneElsewhere'
  | 'answer'
  | 'block'
  | 'unblock'
  | 'mute'
  | 'unmute'
  | 'takeBack'
  | 'hide'
  | 'clear'
  | 'turnAway'
  | 'turnBack'
  | 'loseLink'

const steps: readonly Step[] = [
  'arrive',
  'look',
  'readElsewhere',
  'readOneElsewhere',
  'answer',
  'block',
  'unblock',
  'mute',
  'unmute',
  'takeBack',
  'hide',
  'clear',
  'turnAway',
  'turnBack',
  'loseLink',
]

interface Stage extends TestSession {
  readonly preferences: Preferences
}

const act = (stage: Stage, to: FakeConversation, step: Step) => {
  const { world, environment, session, preferences } = stage
  const { handlers } = world
  const first = to.messages[to.readUpTo]
  const last = to.messages.at(-1)
  const timeline = session.timeline(to.id)
  switch (step) {
    case 'arrive':
      world.addMessage(to, 'them', 'hello')
      break
    case 'answer':
      world.addMessage(to, 'me', 'hello', { state: 'sent' })
      break
    case 'look':
      for (const tile of timeline.getSnapshot().tiles) if (tile.type === 'message') timeline.see(tile.message)
      break
    case 'readElsewhere':
      handlers['conversations.read']({ conversation: to.id })
      break
    case 'readOneElsewhere':
      if (first !== undefined) handlers['conversations.read']({ conversation: to.id, upTo: first.id })
      break
    case 'block':
      handlers['blocks.add']({ account: to.account })
      break
    case 'unblock':
      handlers['blocks.remove']({ account: to.account })
      break
    case 'mute':
    case 'unmute':
      preferences.setMuted(to.id, step === 'mute')
      break
    case 'takeBack':
      if (last !== undefined) world.change(to, last.id, { content: { type: 'deleted' } })
      break
    case 'hide':
      if (last !== undefined) handlers['messages.hide']({ conversation: to.id, message: last.id })
      break
    case 'clear':
      handlers['conversations.clear']({ conversation: to.id })
      break
    case 'turnAway':
    case 'turnBack':
      environment.setAttended(step === 'turnBack')
      break
    case 'loseLink':
      stage.setLink('lost')
      stage.setLink('open')
      break
  }
}

/** What the node would say, counted anew. */
const expected = ({ world, preferences }: Stage): number =>
  world.conversations
    .filter(({ id, status }) => status !== 'blocked' && !preferences.getSnapshot().muted.includes(id))
    .flatMap(({ messages, readUpTo }) => messages.slice(readUpTo))
    .filter(({ sender }) => sender !== world.account).length

const pass = async ({ environment }: Stage) => {
  for (let round = 0; round < 3; round += 1) {
    await settled()
    await environment.frame()
  }
  await environment.advance(200)
  await settled()
  await environment.frame()
}

const play = async (script: readonly (readonly [who: number, step: Step, passes: boolean])[]) => {
  const people: FakeConversation[] = []
  const test = await createTestSession((world) => {
    for (const name of ['Ada', 'Bob', 'Cleo']) people.push(world.addConversation(name, { isConnected: true }))
  })
  const preferences = createPreferences(test.environment.storage)
  const stage = { ...test, preferences }
  const navigation = createNavigation({ path: () => '/', push: () => {}, replace: () => {}, onPop: () => () => {} })
  const outside = createTestOutside()
  const attention = createAttention({ session: test.session, preferences, navigation, ...outside })
  for (const { id } of people) test.session.timeline(id).open()
  await pass(stage)
  for (const [who, step, passes] of script) {
    const to = people[who % people.length]
    if (to !== undefined) act(stage, to, step)
    if (passes) await pass(stage)
  }
  await pass(stage)
  const shown = unreadTotal(test.session.conversations.getSnapshot() ?? [], preferences.getSnapshot().muted)
  expect(shown).toBe(expected(stage))
  expect(outside.badges.at(-1) ?? 0).toBe(shown)
  for (const count of outside.badges) expect(count).toBeGreaterThanOrEqual(0)

  // Whatever happened before: who looks at everything has nothing unread left.
  test.environment.setAttended(true)
  for (const to of people) act(stage, to, 'unblock')
  for (const { id } of people) preferences.setMuted(id, false)
  await pass(stage)
  for (const to of people) act(stage, to, 'look')
  await pass(stage)
  expect(expected(stage)).toBe(0)
  expect(outside.badges.at(-1) ?? 0).toBe(0)
  expect(outside.standing()).toEqual([])
  attention.dispose()
}

describe('what is unread', () => {
  it('is never below zero and never stuck, whatever happens here and elsewhere, in whatever order', async () => {
    const script = fc.array(fc.tuple(fc.nat(2), fc.constantFrom(...steps), fc.boolean()), { maxLength: 30 })
    await fc.assert(fc.asyncProperty(script, play), { numRuns: 150 })
  })
})
