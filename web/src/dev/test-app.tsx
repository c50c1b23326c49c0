import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { createAttention } from '../app/attention/attention.ts'
import { createTestOutside } from '../app/attention/test-outside.ts'
import { AppContext, type App } from '../app/context.ts'
import { createNavigation } from '../app/navigation.ts'
import { createPreferences } from '../app/preferences.ts'
import { createToasts } from '../ui/toast.ts'
import type { FakeWorld } from './fake-world.ts'
import { createTestSession, type TestSession } from './test-session.ts'

export interface TestApp extends TestSession {
  readonly app: App
  /** What stands in the page: the words of `view`, without its markup. */
  words(view: ReactNode): string
  markup(view: ReactNode): string
}

/** Everything that a screen may use, over a pretend node. */
export const createTestApp = async (prepare?: (world: FakeWorld) => void): Promise<TestApp> => {
  const scene = await createTestSession(prepare)
  const { session, environment } = scene
  const preferences = createPreferences(environment.storage)
  const navigation = createNavigation({ path: () => '/', push: () => {}, replace: () => {}, onPop: () => () => {} })
  const attention = createAttention({ session, preferences, navigation, ...createTestOutside('granted') })
  const toasts = createToasts(environment.after)
  const app: App = { session, navigation, preferences, toasts, attention, restart: () => {} }
  const markup = (view: ReactNode) => renderToStaticMarkup(<AppContext value={app}>{view}</AppContext>)
  return {
    ...scene,
    app,
    markup,
    words: (view) =>
      markup(view)
        .replace(/<[^>]*>/gu, ' ')
        .replace(/\s+/gu, ' ')
        .trim(),
  }
}
