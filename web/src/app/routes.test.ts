import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNavigation, type HistoryPort } from './navigation.ts'
import { parseRoute, routePath, type Place, type Route, type Sheet } from './routes.ts'

const sheet = fc.constantFrom<Sheet>('add', 'network', 'help', 'palette')
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom<Place>({ type: 'home' }, { type: 'requests' }, { type: 'settings' }, { type: 'profile' }),
  fc.record({
    type: fc.constant<'conversation'>('conversation'),
    conversation: fc.stringMatching(/^[\w-]{43}$/),
    isDetailsOpen: fc.boolean(),
  }),
)
const route: fc.Arbitrary<Route> = fc.oneof(fc.record({ place }), fc.record({ place, sheet }))

describe('routes', () => {
  it('reads back every route that it writes', () => {
    fc.assert(
      fc.property(route, (each) => {
        expect(parseRoute(routePath(each))).toEqual(each)
      }),
    )
  })

  it('takes any path for something', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(parseRoute(`/${path}`).place.type).toBeTypeOf('string')
      }),
    )
    expect(parseRoute('/c/../../etc')).toEqual({ place: { type: 'home' } })
    expect(parseRoute('/c/<script>')).toEqual({ place: { type: 'home' } })
  })
})

const fakeHistory = (): HistoryPort & { readonly entries: string[]; pop: () => void } => {
  const entries = ['/']
  let onPop = () => {}
  return {
    entries,
    path: () => entries.at(-1) ?? '/',
    push: (path) => entries.push(path),
    replace: (path) => entries.splice(-1, 1, path),
    onPop: (changed) => {
      onPop = changed
      return () => {}
    },
    pop: () => {
      entries.pop()
      onPop()
    },
  }
}

describe('navigation', () => {
  it('makes places history and lets sheets replace', () => {
    const port = fakeHistory()
    const navigation = createNavigation(port)
    navigation.openConversation('abc')
    navigation.openSheet('network')
    navigation.closeSheet()
    navigation.setDetailsOpen(true)
    expect(port.entries).toEqual(['/', '/c/abc/details'])
    port.pop()
    expect(navigation.getSnapshot()).toEqual({ place: { type: 'home' } })
  })

  it('stays where it is when asked to go there', () => {
    const port = fakeHistory()
    const navigation = createNavigation(port)
    navigation.openConversation('abc')
    navigation.openConversation('abc')
    navigation.goHome()
    expect(port.entries).toEqual(['/', '/c/abc', '/'])
  })
})
