import { Suspense, useEffect, useMemo, useState } from 'react'
import { t } from '../locales/index.ts'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { PaneNote } from '../ui/pane-note.tsx'
import type { Toasts } from '../ui/toast.ts'
import { ToastList } from '../ui/toast-list.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import { createAttention, type Outside } from './attention/attention.ts'
import type { BootModel } from './boot-model.ts'
import { AppContext, useApp } from './context.ts'
import type { Navigation } from './navigation.ts'
import type { Preferences } from './preferences.ts'
import type { Session } from './session.ts'
import { Shell } from './shell.tsx'
import { part } from '../ui/part.ts'

const OnboardingScreen = part(
  async () => (await import('../screens/onboarding/onboarding-screen.tsx')).OnboardingScreen,
)
const UnlockScreen = part(async () => (await import('../screens/unlock/unlock-screen.tsx')).UnlockScreen)

interface AppProps {
  readonly boot: BootModel
  readonly navigation: Navigation
  readonly preferences: Preferences
  readonly toasts: Toasts
  readonly outside: Outside
}

/** The page: what the node's state allows to be shown. */
export function App(props: AppProps) {
  const { boot } = props
  const { phase, session } = useViewModel(boot)
  return (
    <ErrorBoundary key={phase}>
      <Suspense fallback={null}>
        {phase === 'unreachable' && (
          <PaneNote title={t.boot.unreachable} text={t.boot.unreachableHint} icon="network" />
        )}
        {phase === 'unauthorized' && <PaneNote title={t.boot.unauthorized} text={t.boot.unauthorizedHint} icon="key" />}
        {phase === 'locked' && <UnlockScreen boot={boot} />}
        {session !== undefined && phase === 'open' && <OpenApp {...props} session={session} />}
      </Suspense>
      <ToastList toasts={props.toasts} />
    </ErrorBoundary>
  )
}

function OpenApp(props: AppProps & { readonly session: Session }) {
  const { boot, navigation, preferences, toasts, session, outside } = props
  const [attention] = useState(() => createAttention({ session, preferences, navigation, ...outside }))
  useEffect(() => attention.dispose, [attention])
  const app = useMemo(
    () => ({ session, navigation, preferences, toasts, attention, restart: boot.restart }),
    [session, navigation, preferences, toasts, attention, boot],
  )
  return (
    <AppContext value={app}>
      <Gate />
    </AppContext>
  )
}

/** A node without a name has nobody yet: first things first. */
function Gate() {
  const { session, navigation } = useApp()
  const me = useViewModel(session.me)
  const conversations = useViewModel(session.conversations)
  const isNew = me?.name === ''
  useEffect(() => {
    if (isNew) navigation.replace({ type: 'home' })
  }, [isNew, navigation])
  if (me === undefined || conversations === undefined) return null
  return isNew ? <OnboardingScreen /> : <Shell />
}
