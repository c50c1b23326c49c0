import { EngineError, type Message } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession, type TestSession } from '../../dev/test-session.ts'
import type { FakeConversation, FakeWorld } from '../../dev/fake-world.ts'
import { stepsInWords } from './announcer.tsx'
import type { MessageTile } from './tiles.ts'
import { WINDOW_MESSAGES_KEPT } from './window.ts'
import { createTimelineModel } from './timeline-model.ts'
import type { TimelineModel } from './timeline-types.ts'

const MINUTE_MS = 60_000

const fill = (world: FakeWorld, to: FakeConversation, count: number, from: 'me' | 'them' = 'them') => {
  for (let at = 0; at < count; at += 1) {
    world.addMessage(to, from, `message ${at}`, {
      sentAt: world.now() - (count - at) * MINUTE_MS,
      ...(from === 'me' ? { state: 'read' } : {}),
    })
  }
}

const open = async (prepare: (world: FakeWorld, ada: FakeConversation) => void) => {
  const made: { ada?: FakeConversation } = {}
  const test = await createTestSession((world) => {
    made.ada = world.addConversation('Ada', { isConnected: true })
    prepare(world, made.ada)
  })
  const { ada } = made
  if (ada === undefined) throw new Error('not prepared')
  const timeline = test.session.timeline(ada.id)
  timeline.open()
  await settled()
  return { ...test, ada, timeline }
}

const tiles = (timeline: TimelineModel): readonly MessageTile[] =>
  timeline.getSnapshot().tiles.flatMap((tile) => (tile.type === 'message' ? [tile] : []))
const texts = (timeline: TimelineModel) =>
  tiles(timeline).map(({ message }) => (message.content.type === 'text' ? message.content.text : message.content.type))
const states = (timeline: TimelineModel) => tiles(timeline).map(({ message }) => message.state)
const messageAt = (timeline: TimelineModel, at: number): Message => {
  const message = tiles(timeline)[at]?.message
  if (message === undefined) throw new Error(`no message ${at}`)
  return message
}
const callsOf = ({ calls }: Pick<TestSession, 'calls'>, name: string) => calls.filter((call) => call.name === name)

describe('opening', () => {
  it('goes to the first unread and draws the line there', async () => {
    const { timeline, ada } = await open((world, to) => {
      fill(world, to, 120)
      to.readUpTo = 80
    })
    const { scroll, phase, hasBefore, hasAfter } = timeline.getSnapshot()
    expect({ phase, hasBefore, hasAfter }).toEqual({ phase: 'ready', hasBefore: true, hasAfter: true })
    const first = ada.messages[80]?.id
    expect(scroll?.target).toEqual({ type: 'tile', key: first })
    expect(tiles(timeline).find((tile) => tile.isFirstUnread)?.message.id).toBe(first)
  })

  it('goes to the end when everything is read', async () => {
    const { timeline } = await open((world, to) => {
      fill(world, to, 120)
      to.readUpTo = 120
    })
    expect(timeline.getSnapshot().scroll?.target).toEqual({ type: 'end' })
    expect(timeline.getSnapshot().hasAfter).toBe(false)
    expect(texts(timeline).at(-1)).toBe('message 119')
  })

  it('shows a conversation that was open before in the same frame, where the reader was', async () => {
    const { timeline, calls } = await open((world, to) => {
      fill(world, to, 40)
      to.readUpTo = 40
    })
    const key = tiles(timeline)[10]?.key ?? ''
    timeline.setAtEnd(false)
    timeline.leave({ key, offset: 7 })
    const before = callsOf({ calls }, 'messages.page').length
    timeline.open()
    expect(timeline.getSnapshot().scroll?.target).toEqual({ type: 'tile', key, offset: 7 })
    expect(callsOf({ calls }, 'messages.page')).toHaveLength(before)
  })

  it('opens where the reader was when the page is loaded again, once', async () => {
    const { timeline, session, environment, ada } = await open((world, to) => {
      fill(world, to, 200)
      to.readUpTo = 200
    })
    const key = tiles(timeline)[10]?.message.id ?? ''
    timeline.setAtEnd(false)
    timeline.keepPlace({ key, offset: 7 })
    const reload = async () => {
      const again = createTimelineModel({
        client: session.client,
        environment,
        conversation: ada.id,
        me: () => session.me.getSnapshot()?.account ?? '',
        current: () => session.conversation(ada.id),
      })
      again.open()
      await settled()
      return again
    }
    expect((await reload()).getSnapshot().scroll?.target).toEqual({ type: 'tile', key, offset: 7 })
    expect((await reload()).getSnapshot().scroll?.target).toEqual({ type: 'end' })
    timeline.setAtEnd(true)
    timeline.keepPlace({ key, offset: 7 })
    expect((await reload()).getSnapshot().scroll?.target).toEqual({ type: 'end' })
  })

  it('keeps the line until the conversation is left', async () => {
    const { timeline, ada, environment } = await open((world, to) => {
      fill(world, to, 10)
      to.readUpTo = 5
    })
    for (const { message } of tiles(timeline)) timeline.see(message)
    await environment.advance(500)
    await environment.frame()
    expect(ada.readUpTo).toBe(10)
    expect(tiles(timeline).some((tile) => tile.isFirstUnread)).toBe(true)
    timeline.leave(undefined)
    timeline.open()
    expect(tiles(timeline).some((tile) => tile.isFirstUnread)).toBe(false)
  })

  it('says why when the node cannot read its disk, and tries again when asked', async () => {
    const { session, ada, failWith } = await open((world, to) => fill(world, to, 3))
    failWith('messages.page', new EngineError('STORE_FAILED'))
    const { client, environment } = session
    const timeline = createTimelineModel({
      client,
      environment,
      conversation: ada.id,
      me: () => '',
      current: () => session.conversation(ada.id),
    })
    timeline.open()
    await settled()
    expect(timeline.getSnapshot()).toMatchObject({ phase: 'failed', reason: expect.stringContaining('disk') })
    failWith('messages.page', undefined)
    timeline.open()
    await settled()
    expect(timeline.getSnapshot().phase).toBe('ready')
  })
})

describe('pages', () => {
  it('reaches the very beginning and the very end, each message once', async () => {
    const { timeline, environment } = await open((world, to) => {
      fill(world, to, 400)
      to.readUpTo = 200
    })
    for (let page = 0; page < 10; page += 1) {
      timeline.loadOlder()
      await settled()
      timeline.loadNewer()
      await settled()
      await environment.frame()
    }
    expect(texts(timeline)).toEqual(Array.from({ length: 400 }, (_, at) => `message ${at}`))
    expect(timeline.getSnapshot().tiles[0]?.type).toBe('intro')
  })

  it('asks once for a page however often the view wants it', async () => {
    const { timeline, calls } = await open((world, to) => {
      fill(world, to, 400)
      to.readUpTo = 400
    })
    const before = callsOf({ calls }, 'messages.page').length
    timeline.loadOlder()
    timeline.loadOlder()
    timeline.loadOlder()
    await settled()
    expect(callsOf({ calls }, 'messages.page')).toHaveLength(before + 1)
  })

  it('holds a bounded number of messages and finds the others again', async () => {
    const { timeline, environment } = await open((world, to) => {
      fill(world, to, 2_300)
      to.readUpTo = 2_300
    })
    for (let page = 0; page < 50; page += 1) {
      timeline.loadOlder()
      await settled()
      await environment.frame()
    }
    expect(timeline.getSnapshot().hasAfter, 'nothing goes while it moves').toBe(false)
    timeline.rest('end')
    expect(tiles(timeline).length).toBeLessThanOrEqual(WINDOW_MESSAGES_KEPT)
    expect(texts(timeline)[0]).toBe('message 0')
    expect(timeline.getSnapshot().hasAfter).toBe(true)
    timeline.jumpToLatest()
    await settled()
    expect(texts(timeline).at(-1)).toBe('message 2299')
  })
})

describe('sending', () => {
  it('shows the message in the same frame and keeps its tile when the node answers', async () => {
    const { timeline } = await open((world, to) => fill(world, to, 3))
    timeline.send('hello', undefined)
    const echo = tiles(timeline).at(-1)
    expect([echo?.isEcho, echo?.message.state, echo?.isOwn]).toEqual([true, 'queued', true])
    await settled()
    const stored = tiles(timeline).at(-1)
    expect([stored?.isEcho, stored?.key, texts(timeline).at(-1)]).toEqual([false, echo?.key, 'hello'])
    expect(tiles(timeline)).toHaveLength(4)
  })

  it('shows equal texts as often as they were sent', async () => {
    const { timeline, environment } = await open((world, to) => fill(world, to, 1))
    timeline.send('ok', undefined)
    timeline.send('ok', undefined)
    expect(texts(timeline)).toEqual(['message 0', 'ok', 'ok'])
    await settled()
    await environment.frame()
    expect(texts(timeline)).toEqual(['message 0', 'ok', 'ok'])
  })

  it('follows the states as they move on, once a frame', async () => {
    const { timeline, world, ada, environment } = await open((to, conversation) => fill(to, conversation, 1))
    timeline.send('hello', undefined)
    await settled()
    const id = tiles(timeline).at(-1)?.message.id ?? ''
    world.change(ada, id, { state: 'sent' })
    world.change(ada, id, { state: 'delivered' })
    await settled()
    expect(states(timeline).at(-1)).toBe('queued')
    await environment.frame()
    expect(states(timeline).at(-1)).toBe('delivered')
  })

  it('keeps a refused message with its reason, and sends it again or gives its text back', async () => {
    const { timeline, failWith } = await open((world, to) => fill(world, to, 1))
    failWith('messages.send', new EngineError('STORE_FULL'))
    timeline.send('hello', undefined)
    await settled()
    const failed = tiles(timeline).at(-1)?.message
    expect([failed?.state, failed?.failure]).toEqual(['failed', expect.stringContaining('disk is full')])
    failWith('messages.send', undefined)
    timeline.retry(failed?.id ?? '')
    await settled()
    expect([texts(timeline).at(-1), states(timeline).at(-1)]).toEqual(['hello', 'queued'])
    expect(timeline.discardEcho('echo-9')).toBeUndefined()
  })

  it('hands over again what a lost link left unanswered, but not what the node has', async () => {
    const { timeline, failWith, environment, setLink, ada } = await open((to, conversation) =>
      fill(to, conversation, 1),
    )
    failWith('messages.send', new EngineError('CLOSED'))
    timeline.send('taken', undefined)
    timeline.send('not taken', undefined)
    await settled()
    expect(states(timeline).slice(-2)).toEqual(['queued', 'queued'])
    setLink('lost')
    // The node had committed the first one before it went away; the page never heard.
    ada.messages.push({ ...messageAt(timeline, 1), id: '01aa', order: '9' })
    failWith('messages.send', undefined)
    setLink('open')
    await environment.advance(5_000)
    await environment.frame()
    expect(ada.messages.map((message) => message.content.type === 'text' && message.content.text)).toEqual([
      'message 0',
      'taken',
      'not taken',
    ])
    expect(texts(timeline).toSorted()).toEqual(['message 0', 'not taken', 'taken'])
  })

  it('sends a failed stored message again', async () => {
    const { timeline, ada, calls } = await open((world, to) => {
      world.addMessage(to, 'me', 'old', { state: 'failed', failure: 'gone' })
    })
    const id = ada.messages[0]?.id ?? ''
    timeline.retry(id)
    await settled()
    expect(callsOf({ calls }, 'messages.retry')).toHaveLength(1)
    expect(states(timeline)).toEqual(['queued'])
  })
})

describe('arriving', () => {
  it('comes in once a frame, however many there are', async () => {
    const { timeline, world, ada, environment } = await open((to, conversation) => fill(to, conversation, 1))
    let renders = 0
    timeline.subscribe(() => {
      renders += 1
    })
    for (let at = 0; at < 200; at += 1) world.addMessage(ada, 'them', `new ${at}`)
    await settled()
    await environment.frame()
    expect(texts(timeline)).toHaveLength(201)
    expect(renders).toBe(1)
  })

  it('marks as read only what was looked at', async () => {
    const { timeline, world, ada, environment, calls } = await open((to, conversation) => fill(to, conversation, 1))
    timeline.see(messageAt(timeline, 0))
    await environment.advance(200)
    environment.setAttended(false)
    world.addMessage(ada, 'them', 'unseen')
    await settled()
    await environment.frame()
    await environment.frame()
    timeline.see(messageAt(timeline, 1))
    await environment.advance(200)
    expect(ada.readUpTo).toBe(1)
    expect(tiles(timeline).find((tile) => tile.isFirstUnread)?.message.content).toEqual({
      type: 'text',
      text: 'unseen',
    })
    environment.setAttended(true)
    timeline.see(messageAt(timeline, 1))
    await environment.advance(200)
    expect(ada.readUpTo).toBe(2)
    expect(callsOf({ calls }, 'conversations.read')).toHaveLength(2)
  })

  it('shows an edit, a reaction and a deletion where the message stands', async () => {
    const { timeline, world, ada, environment } = await open((to, conversation) => fill(to, conversation, 3))
    const id = ada.messages[1]?.id ?? ''
    world.change(ada, id, { content: { type: 'text', text: 'edited' }, editedAt: 5 })
    world.change(ada, id, { reactions: [{ emoji: '👍', accounts: [ada.account] }] })
    await settled()
    await environment.frame()
    expect(texts(timeline)[1]).toBe('edited')
    expect(tiles(timeline)[1]?.message.reactions).toHaveLength(1)
    world.change(ada, id, { content: { type: 'deleted' } })
    await settled()
    await environment.frame()
    expect(texts(timeline)).toEqual(['message 0', 'deleted', 'message 2'])
  })

  it('catches up after the link was lost', async () => {
    const { timeline, ada, setLink, environment } = await open((world, to) => fill(world, to, 3))
    setLink('lost')
    const last = ada.messages.at(-1)
    if (last !== undefined)
      ada.messages.push({ ...last, id: '01bb', order: '9', content: { type: 'text', text: 'missed' } })
    setLink('open')
    await environment.advance(3_000)
    expect(texts(timeline).at(-1)).toBe('missed')
  })
})

describe('jumping', () => {
  it('finds a message that is not loaded', async () => {
    const { timeline, ada } = await open((world, to) => {
      fill(world, to, 400)
      to.readUpTo = 400
    })
    const far = ada.messages[20]?.id ?? ''
    await timeline.jumpTo(far)
    expect(timeline.getSnapshot().scroll).toMatchObject({
      target: { type: 'tile', key: far },
      align: 'center',
      isHighlighted: true,
    })
    expect(tiles(timeline).some((tile) => tile.message.id === far)).toBe(true)
  })

  it('stays where it is when the message is not on this device, and says so', async () => {
    const { timeline } = await open((world, to) => fill(world, to, 3))
    expect(await timeline.jumpTo(`01${'f'.repeat(62)}`)).toContain('not on this device')
    expect(timeline.getSnapshot().phase).toBe('ready')
    expect(texts(timeline)).toHaveLength(3)
  })

  it('goes back to the end when something is sent from far above', async () => {
    const { timeline, ada } = await open((world, to) => {
      fill(world, to, 400)
      to.readUpTo = 400
    })
    await timeline.jumpTo(ada.messages[20]?.id ?? '')
    timeline.send('here', undefined)
    await settled()
    expect(texts(timeline).at(-1)).toBe('here')
    expect(timeline.getSnapshot().hasAfter).toBe(false)
  })
})

describe('what became of what was written', () => {
  const spoken = (timeline: TimelineModel) =>
    stepsInWords(timeline.getSnapshot().steps, { me: 'You', them: 'Ada', storage: undefined })

  it('[OFF-12] is said when it is stored, when it arrives after that, and when nobody fetched it', async () => {
    const { world, ada, timeline, environment } = await open((made, to) => {
      for (const text of ['a', 'b']) made.addMessage(to, 'me', text)
    })
    const ids = tiles(timeline).map(({ message }) => message.id)
    const all = async (fields: Partial<Message>) => {
      for (const id of ids) world.change(ada, id, fields)
      await settled()
      await environment.frame()
    }
    expect(spoken(timeline)).toBe('')
    await all({ state: 'stored', copies: { held: 1, wanted: 2 } })
    expect(spoken(timeline)).toBe('2 messages stored for Ada')
    const before = timeline.getSnapshot().steps
    await all({ copies: { held: 2, wanted: 2 } })
    expect(timeline.getSnapshot().steps).toBe(before)
    await all({ state: 'delivered' })
    expect(spoken(timeline)).toBe('Ada has 2 messages of yours')
    world.addMessage(ada, 'me', 'c')
    await settled()
    await environment.frame()
    const last = messageAt(timeline, 2)
    world.change(ada, last.id, { state: 'failed', failure: 'expired' })
    await settled()
    await environment.frame()
    expect(spoken(timeline)).toBe('Not sent. Nobody fetched this in 30 days. It is still here.')
  })

  it('is not said of what goes to somebody who is there, nor when nobody looks', async () => {
    const { world, ada, timeline, environment } = await open((made, to) => made.addMessage(to, 'me', 'a'))
    const { id } = messageAt(timeline, 0)
    for (const state of ['sent', 'delivered', 'read'] as const) {
      world.change(ada, id, { state })
      await settled()
      await environment.frame()
    }
    expect(spoken(timeline)).toBe('')
    world.change(ada, id, { state: 'stored' })
    timeline.leave(undefined)
    await settled()
    await environment.frame()
    expect(spoken(timeline)).toBe('')
  })
})
