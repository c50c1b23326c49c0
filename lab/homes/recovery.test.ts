/** The network under a person changes: what they write right then arrives all the same, soon. */
import { expect, test } from 'vitest'
import { RECOVERIES, recover } from './support/recovery.ts'
import { describeHomes, openWorld } from './support/stage.ts'

/** By evidence, not by timers of half a minute; how soon exactly is measured by `npm run bench -- homes`. */
const SOON_MS = 15_000

describeHomes('what is written right after', () => {
  test.each(RECOVERIES)('[NET-32] $story', async (recovery) => {
    await using world = openWorld()
    expect(await recover(world, recovery)).toBeLessThan(SOON_MS)
  })
})
