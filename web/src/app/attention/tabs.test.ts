import { afterEach, describe, expect, it } from 'vitest'
import { settled } from '../../dev/test-environment.ts'
import { createTabs, type Tabs } from './tabs.ts'

/** Web Locks of Node are the browser's; each test has names of its own by ending its tabs. */
const open: Tabs[] = []
const tab = (): Tabs => {
  const made = createTabs(navigator.locks)
  open.push(made)
  return made
}
const turn = async () => {
  for (let round = 0; round < 5; round += 1) {
    await navigator.locks.query()
    await settled()
  }
}
const leading = (tabs: readonly Tabs[]) => tabs.map(({ leads }) => leads.getSnapshot())

afterEach(async () => {
  for (const each of open.splice(0)) each.dispose()
  await turn()
})

describe.skipIf(!('locks' in navigator))('tabs of one browser', () => {
  it('have one that leads: the first, until another takes it', async () => {
    const tabs = [tab(), tab(), tab()]
    await turn()
    expect(leading(tabs)).toEqual([true, false, false])
    tabs[2]?.lead()
    await turn()
    expect(leading(tabs)).toEqual([false, false, true])
    tabs[0]?.lead()
    await turn()
    expect(leading(tabs)).toEqual([true, false, false])
  })

  it('have another leader when that one goes', async () => {
    const tabs = [tab(), tab()]
    await turn()
    tabs[0]?.dispose()
    await turn()
    expect(leading(tabs)).toEqual([false, true])
  })

  it('see the signs of each other until they are taken back or their tab goes', async () => {
    const [a, b] = [tab(), tab()]
    a.sign('attended', true)
    a.sign('attended', true)
    b.sign('attended', true)
    b.sign('typing', true)
    expect(await a.signs()).toEqual(new Set(['attended', 'typing']))
    a.sign('attended', false)
    await turn()
    expect(await a.signs()).toEqual(new Set(['attended', 'typing']))
    b.dispose()
    await turn()
    expect(await a.signs()).toEqual(new Set())
  })
})

it('a tab that cannot know of others takes itself for the only one', async () => {
  const tabs = createTabs(undefined)
  tabs.sign('attended', true)
  expect(tabs.leads.getSnapshot()).toBe(true)
  expect(await tabs.signs()).toEqual(new Set(['attended']))
})
