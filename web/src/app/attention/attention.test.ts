import { afterEach, describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession, type TestSession } from '../../dev/test-session.ts'
import type { FakeConversation } from '../../dev/fake-world.ts'
import { createNavigation } from '../navigation.ts'
import { createPreferences } from '../preferences.ts'
import { createAttention, type Attention } from './attention.ts'
import type { Permission } from './desktop.ts'
import { createTestOutside } from './test-outside.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

interface Setting {
  readonly test: TestSession
  readonly ada: FakeConversation
}

/** A tab of the page over the pretend node. */
const openTab = ({ test }: Setting, permission: Permission = 'granted', locks?: LockManager) => {
  const preferences = createPreferences(test.environment.storage)
  const navigation = createNavigation({ path: () => '/', push: () => {}, replace: () => {}, onPop: () => () => {} })
  const outside = createTestOutside(permission, locks)
  const attention: Attention = createAttention({ session: test.session, preferences, navigation, ...outside })
  ends.push(attention.dispose, outside.tabs.dispose)
  return { preferences, navigation, attention, ...outside }
}

const setUp = async (permission?: Permission) => {
  const made: { ada?: FakeConversation } = {}
  const test = await createTestSession((world) => {
    made.ada = world.addConversation('Ada', { isConnected: true })
    world.addMessage(made.ada, 'them', 'old')
  })
  if (made.ada === undefined) throw new Error('not prepared')
  const setting = { test, ada: made.ada }
  const tab = openTab(setting, permission)
  await settled()
  /** Lets what happened reach the page. */
  const pass = async () => {
    await settled()
    await test.environment.frame()
    await settled()
  }
  const arrive = async (text: string, to = setting.ada) => {
    const message = test.world.addMessage(to, 'them', text)
    await pass()
    return message
  }
  return { ...test, ...setting, ...tab, pass, arrive }
}

describe('notifications', () => {
  it('show what arrives while nobody looks, one a conversation, and not what was there before', async () => {
    const { environment, world, arrive, pass, standing, notes } = await setUp()
    environment.setAttended(false)
    await pass()
    expect(notes).toEqual([])
    await arrive('Are you **there**?')
    expect(standing()).toEqual(['\u2068Ada\u2069 · 2 new: Are you there?'])
    await arrive('Hello?')
    const bob = world.addConversation('Bob')
    await arrive('Hi', bob)
    expect(standing()).toEqual(['\u2068Ada\u2069 · 3 new: Hello?', '\u2068Bob\u2069: Hi'])
    expect(notes.map(({ isAgain }) => isAgain)).toEqual([true, false, true])
  })

  it('are none while somebody looks', async () => {
    const { arrive, notes } = await setUp()
    await arrive('Are you there?')
    expect(notes).toEqual([])
  })

  it('show as much as is wanted, and what stands goes when less is', async () => {
    const { environment, preferences, arrive, standing } = await setUp()
    environment.setAttended(false)
    await arrive('secret one')
    preferences.set({ notificationShow: 'name' })
    expect(standing()).toEqual([])
    await arrive('secret two')
    expect(standing()).toEqual(['\u2068Ada\u2069: 3 new messages'])
    preferences.set({ notificationShow: 'nothing' })
    await arrive('secret three')
    expect(standing()).toEqual(['Parley: New message'])
  })

  it('are none of who is blocked or muted, nor when one is not to be disturbed', async () => {
    const { environment, preferences, world, ada, arrive, pass, notes, tones } = await setUp()
    environment.setAttended(false)
    preferences.setMuted(ada.id, true)
    await arrive('one')
    preferences.setMuted(ada.id, false)
    preferences.set({ doNotDisturb: true })
    await arrive('two')
    preferences.set({ doNotDisturb: false })
    world.handlers['blocks.add']({ account: ada.account })
    await arrive('three')
    world.handlers['blocks.remove']({ account: ada.account })
    await pass()
    expect(notes).toEqual([])
    expect(tones).toEqual([])
    await arrive('four')
    expect(notes).toHaveLength(1)
  })

  it('go when it was read elsewhere or taken back, and are none when it was read before they came', async () => {
    const { environment, world, ada, arrive, pass, standing, notes } = await setUp()
    environment.setAttended(false)
    await arrive('one')
    world.handlers['conversations.read']({ conversation: ada.id })
    await pass()
    expect(standing()).toEqual([])
    const two = await arrive('two')
    world.change(ada, two.id, { content: { type: 'deleted' } })
    await pass()
    expect(standing()).toEqual([])
    world.addMessage(ada, 'them', 'three')
    await settled()
    const before = notes.length
    world.handlers['conversations.read']({ conversation: ada.id })
    await pass()
    expect(notes).toHaveLength(before)
  })

  it('tell what came although as much was read elsewhere meanwhile', async () => {
    const { environment, world, ada, arrive, pass, standing } = await setUp()
    environment.setAttended(false)
    const one = await arrive('one')
    world.addMessage(ada, 'them', 'two')
    world.handlers['conversations.read']({ conversation: ada.id, upTo: one.id })
    world.addMessage(ada, 'them', 'three')
    await pass()
    expect(standing()).toEqual(['\u2068Ada\u2069 · 2 new: three'])
  })

  it('open the message when they are pressed', async () => {
    const { environment, session, ada, navigation, arrive, notes } = await setUp()
    environment.setAttended(false)
    const message = await arrive('look here')
    session.timeline(ada.id).open()
    await settled()
    notes[0]?.onClick()
    expect(navigation.getSnapshot().place).toMatchObject({ type: 'conversation', conversation: ada.id })
    for (let frame = 0; frame < 4; frame += 1) await environment.frame()
    expect(session.timeline(ada.id).getSnapshot().scroll).toMatchObject({
      target: { key: message.id },
      isHighlighted: true,
    })
  })

  it('go with the page', async () => {
    const { environment, arrive, standing } = await setUp()
    environment.setAttended(false)
    await arrive('one')
    environment.leave()
    expect(standing()).toEqual([])
  })

  it('come once from several tabs, and none while another tab is looked at', async () => {
    const { locks } = navigator
    const setting = await setUp()
    const turn = async () => {
      for (let round = 0; round < 8; round += 1) {
        await locks.query()
        await settled()
      }
    }
    const tabs = [openTab(setting, 'granted', locks), openTab(setting, 'granted', locks)]
    await turn()
    setting.environment.setAttended(false)
    await turn()
    await setting.arrive('one')
    await turn()
    expect(tabs.flatMap(({ notes }) => notes)).toHaveLength(1)
    setting.environment.setAttended(true)
    await turn()
    await setting.arrive('two')
    await turn()
    expect(tabs.flatMap(({ notes }) => notes)).toHaveLength(1)
    expect(tabs.flatMap(({ tones }) => tones).toSorted()).toEqual(['away', 'near'])
  })
})

describe('the question whether to notify', () => {
  it('comes once, after something came that nobody saw, and asks the browser only when told to', async () => {
    const { environment, attention, preferences, arrive, asked, standing } = await setUp('undecided')
    expect(attention.isAsking.getSnapshot()).toBe(false)
    await arrive('seen')
    expect(attention.isAsking.getSnapshot()).toBe(false)
    environment.setAttended(false)
    await arrive('unseen')
    expect(attention.isAsking.getSnapshot()).toBe(true)
    expect(asked()).toBe(0)
    attention.decide(true)
    await settled()
    expect(asked()).toBe(1)
    expect(preferences.getSnapshot()).toMatchObject({ isNotifyingDecided: true, notifies: true })
    await arrive('next')
    expect(standing()).toHaveLength(1)
  })

  it('does not come again when it was put away', async () => {
    const { environment, attention, arrive, asked } = await setUp('undecided')
    environment.setAttended(false)
    await arrive('one')
    attention.decide(false)
    await arrive('two')
    expect(attention.isAsking.getSnapshot()).toBe(false)
    expect(asked()).toBe(0)
  })
})

describe('tones', () => {
  it('sound when nobody looks, softly for another conversation, and never for the one in view', async () => {
    const { environment, navigation, world, ada, arrive, tones } = await setUp()
    const bob = world.addConversation('Bob')
    navigation.openConversation(ada.id)
    await arrive('here')
    expect(tones).toEqual([])
    await arrive('there', bob)
    expect(tones).toEqual(['near'])
    environment.setAttended(false)
    await environment.advance(5_000)
    await arrive('away')
    expect(tones).toEqual(['near', 'away'])
  })

  it('are silent while somebody types, when switched off, and one in a flood', async () => {
    const { environment, preferences, arrive, tones } = await setUp()
    environment.use('typing')
    await arrive('one')
    expect(tones).toEqual([])
    await environment.advance(4_000)
    for (let at = 0; at < 5; at += 1) await arrive(`flood ${at}`)
    expect(tones).toEqual(['near'])
    preferences.set({ sounds: false })
    await environment.advance(4_000)
    await arrive('two')
    expect(tones).toEqual(['near'])
  })
})
