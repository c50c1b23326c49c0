import type { Conversation } from '@parley/engine/api'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { createNavigation } from '../../app/navigation.ts'
import { fakeCid } from '../../dev/fake-profiles.ts'
import { createFakeWorld } from '../../dev/fake-world.ts'
import { ConversationRow } from './conversation-row.tsx'

const NOW = 1_800_000_000_000
const navigation = createNavigation({ path: () => '/', push: () => {}, replace: () => {}, onPop: () => () => {} })

const rowOf = (fields: Partial<Conversation>): string => {
  const world = createFakeWorld(() => NOW)
  world.addConversation('Ada Lindqvist')
  const [conversation] = world.handlers['conversations.list']({})
  if (conversation === undefined) throw new Error('nothing listed')
  return renderToStaticMarkup(
    <ConversationRow
      conversation={{ ...conversation, ...fields }}
      me={world.account}
      now={NOW}
      isOpen={false}
      isMuted={false}
      storage={undefined}
      navigation={navigation}
    />,
  )
}

const wordsOf = (markup: string): string =>
  markup
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()

describe('a head in the list', () => {
  it('has initials in the place of a picture, and the picture over them', () => {
    const avatar = fakeCid('ada')
    expect(rowOf({})).not.toContain('<img')
    const markup = rowOf({ avatar })
    expect(wordsOf(markup)).toMatch(/^AL Ada Lindqvist/u)
    expect(markup).toContain(`src="/v1/avatars/${avatar}" alt="" decoding="async" loading="lazy"`)
  })

  it('says handle, place and presence in words, the face in none', () => {
    const markup = rowOf({ handle: 'ada', location: 'Malmö', presence: { status: 'online' } })
    expect(wordsOf(markup)).toContain('Ada Lindqvist Online @ada')
    expect(markup).toContain('>in Malmö<')
    expect(markup).toMatch(/<span class="[^"]*" style="--hue:\d+" aria-hidden="true">/u)
  })

  it('says nothing of somebody who does not say whether they are there', () => {
    const hidden = wordsOf(rowOf({ presence: { status: 'hidden', seenAt: NOW }, isConnected: true }))
    for (const word of ['Online', 'Away', 'Last seen']) expect(hidden).not.toContain(word)
    expect(wordsOf(rowOf({ presence: { status: 'offline', seenAt: NOW - 300_000 } }))).toMatch(/Last seen 5/u)
  })
})
