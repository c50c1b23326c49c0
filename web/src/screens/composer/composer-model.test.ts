import { EngineError } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession } from '../../dev/test-session.ts'
import type { FakeConversation, FakeWorld } from '../../dev/fake-world.ts'

const setUp = async (prepare: (world: FakeWorld, ada: FakeConversation) => void = () => {}) => {
  const made: { ada?: FakeConversation } = {}
  const test = await createTestSession((world) => {
    made.ada = world.addConversation('Ada', { draft: 'half a' })
    prepare(world, made.ada)
  })
  const { ada } = made
  if (ada === undefined) throw new Error('not prepared')
  const timeline = test.session.timeline(ada.id)
  timeline.open()
  await settled()
  const composer = test.session.composer(ada.id)
  const named = (name: string) => test.calls.filter((call) => call.name === name)
  return { ...test, ada, timeline, composer, named }
}

describe('the composer', () => {
  it('begins with the draft and keeps what is typed, twice a second at most', async () => {
    const { composer, ada, environment, named } = await setUp()
    expect(composer.getSnapshot().text).toBe('half a')
    for (const letter of ['half a s', 'half a se', 'half a sentence']) composer.setText(letter)
    expect(named('conversations.setDraft')).toHaveLength(0)
    await environment.advance(400)
    expect(ada.draft).toBe('half a sentence')
    expect(named('conversations.setDraft')).toHaveLength(1)
  })

  it('sends, empties itself and clears the draft', async () => {
    const { composer, ada, environment } = await setUp()
    composer.setText('\n \nhello\n ')
    expect(composer.send()).toBe(true)
    expect(composer.getSnapshot()).toMatchObject({ text: '', canSend: false })
    await environment.advance(1_000)
    expect(ada.messages.map(({ content }) => content)).toEqual([{ type: 'text', text: 'hello' }])
    expect(ada.draft).toBe('')
  })

  it('sends nothing when there is nothing, or too much', async () => {
    const { composer, ada } = await setUp()
    composer.setText(' \n ')
    expect(composer.send()).toBe(false)
    composer.setText('🥝'.repeat(20_000))
    expect(composer.getSnapshot()).toMatchObject({ lettersLeft: 0, canSend: true })
    composer.setText('🥝'.repeat(20_001))
    expect(composer.getSnapshot()).toMatchObject({ lettersLeft: -1, canSend: false })
    expect(composer.send()).toBe(false)
    composer.setText('short again')
    expect(composer.getSnapshot().lettersLeft).toBeUndefined()
    expect(ada.messages).toEqual([])
  })

  it('tells of typing at most once in three seconds', async () => {
    const { composer, environment, named } = await setUp()
    for (let at = 0; at < 40; at += 1) {
      composer.setText(`a${at}`)
      await environment.advance(250)
    }
    expect(named('conversations.typing')).toHaveLength(4)
  })

  it('answers a message and takes it back', async () => {
    const { composer, ada, timeline } = await setUp((world, to) => world.addMessage(to, 'them', 'question?'))
    const [question] = ada.messages
    if (question === undefined) throw new Error('no question')
    composer.reply(question)
    composer.setText('answer')
    expect(composer.cancel()).toBe(true)
    expect(composer.getSnapshot()).toMatchObject({ text: 'answer', mode: { type: 'new' } })
    composer.reply(question)
    composer.send()
    await settled()
    expect(ada.messages[1]).toMatchObject({ replyTo: question.id })
    expect(timeline.find(ada.messages[1]?.id ?? '')).toBeDefined()
    expect(composer.cancel()).toBe(false)
  })

  it('edits the last own message and gives the unsent text back', async () => {
    const { composer, ada, environment } = await setUp((world, to) => {
      world.addMessage(to, 'me', 'helo')
      world.addMessage(to, 'them', 'hi')
    })
    composer.setText('unsent')
    await environment.advance(500)
    expect(composer.editLast()).toBe(true)
    expect(composer.getSnapshot()).toMatchObject({ text: 'helo', mode: { type: 'edit' } })
    composer.setText('hello')
    await environment.advance(500)
    expect(ada.draft).toBe('unsent')
    composer.send()
    expect(composer.getSnapshot()).toMatchObject({ text: 'unsent', mode: { type: 'new' } })
    await settled()
    expect(ada.messages[0]).toMatchObject({ content: { text: 'hello' } })
  })

  it('keeps an edit that was refused, with the reason', async () => {
    const { composer, failWith } = await setUp((world, to) => world.addMessage(to, 'me', 'helo'))
    composer.editLast()
    composer.setText('hello')
    failWith('messages.edit', new EngineError('STORE_FULL'))
    composer.send()
    await settled()
    expect(composer.getSnapshot()).toMatchObject({
      text: 'hello',
      mode: { type: 'edit' },
      problem: expect.stringContaining('full'),
    })
    composer.setText('hello!')
    expect(composer.getSnapshot().problem).toBeUndefined()
  })

  it('has nothing to edit when there is no own message', async () => {
    const { composer } = await setUp((world, to) => world.addMessage(to, 'them', 'hi'))
    expect(composer.editLast()).toBe(false)
  })

  it('keeps the text while the node is away and stores it when it is back', async () => {
    const { composer, ada, setLink, environment } = await setUp()
    setLink('lost')
    composer.setText('written meanwhile')
    expect(composer.getSnapshot().canSend).toBe(false)
    expect(composer.send()).toBe(false)
    setLink('open')
    expect(composer.getSnapshot()).toMatchObject({ text: 'written meanwhile', canSend: true })
    await environment.advance(500)
    expect(ada.draft).toBe('written meanwhile')
  })

  it('asks for the focus when told to', async () => {
    const { composer } = await setUp()
    const before = composer.getSnapshot().focusSerial
    composer.focus()
    expect(composer.getSnapshot().focusSerial).toBe(before + 1)
  })
})
