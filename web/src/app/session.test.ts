import { describe, expect, it } from 'vitest'
import { createTestSession } from '../dev/test-session.ts'
import { t } from '../locales/index.ts'

describe('what the screens share', () => {
  it('[OFF-13] gives somebody who was not met yet, and so has told no name, something to be called', async () => {
    const { session } = await createTestSession((world) => {
      world.addConversation('', { status: 'invited', lastHeardAt: undefined })
      world.addConversation('Bob')
    })
    const names = session.conversations.getSnapshot()?.map((each) => each.name)
    expect(names?.toSorted()).toEqual(['Bob', t.app.nameless])
  })
})
