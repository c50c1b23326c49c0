import { createRoot } from 'react-dom/client'
import '../styles/tokens.css'
import '../styles/base.css'
import { createToasts } from '../ui/toast.ts'
import { App } from './app.tsx'
import { browserAppBadge } from './attention/app-badge.ts'
import { browserDesktop } from './attention/desktop.ts'
import { browserSounds } from './attention/sounds.ts'
import { createTabs } from './attention/tabs.ts'
import { createBootModel } from './boot-model.ts'
import { browserEnvironment } from './environment.ts'
import { createHttpNode } from './http-node.ts'
import { browserHistory, createNavigation } from './navigation.ts'
import type { NodeLink } from './node-link.ts'
import { applyPreferences, createPreferences } from './preferences.ts'
import { slide } from './view-transition.ts'

/** Composition root: the only place that picks the node. The pretend one is never part of a production build. */
const createNode = async (): Promise<NodeLink> => {
  if (import.meta.env.MODE === 'fake') return (await import('../dev/fake-page.ts')).createFakePageNode()
  return createHttpNode()
}

const preferences = createPreferences(browserEnvironment.storage)
applyPreferences(preferences, document.documentElement)

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')
const boot = createBootModel(await createNode(), browserEnvironment)
boot.start()
createRoot(root).render(
  <App
    boot={boot}
    navigation={createNavigation(browserHistory, slide)}
    preferences={preferences}
    toasts={createToasts(browserEnvironment.after)}
    outside={{
      desktop: browserDesktop(),
      sounds: browserSounds(),
      badge: browserAppBadge(),
      // A page that is not served securely has none.
      tabs: createTabs('locks' in navigator ? navigator.locks : undefined),
    }}
  />,
)
