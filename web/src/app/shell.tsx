import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { t } from '../locales/index.ts'
import { ConversationsPane } from '../screens/conversations/conversations-pane.tsx'
import { ConversationPane } from '../screens/timeline/conversation-pane.tsx'
import { classNames } from '../ui/class-names.ts'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { PaneNote } from '../ui/pane-note.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import { useApp } from './context.ts'
import { useGlobalKeys } from './global-keys.ts'
import { ListResizer } from './list-resizer.tsx'
import { LostBanner } from './lost-banner.tsx'
import { Rail } from './rail.tsx'
import type { Place, Sheet } from './routes.ts'
import styles from './shell.module.css'
import { useTitleBadge } from './title-badge.ts'

const cx = classNames(styles)

const RequestsPane = lazy(() => import('../screens/requests/requests-pane.tsx'))
const SettingsPane = lazy(() => import('../screens/settings/settings-pane.tsx'))
const ContactPane = lazy(() => import('../screens/contact/contact-pane.tsx'))
const WelcomePane = lazy(() => import('../screens/conversations/welcome-pane.tsx'))
const AddContactSheet = lazy(() => import('../screens/add-contact/add-contact-sheet.tsx'))
const NetworkSheet = lazy(() => import('../screens/network/network-sheet.tsx'))
const HelpSheet = lazy(() => import('../screens/help/help-sheet.tsx'))
const PaletteSheet = lazy(() => import('../screens/palette/palette-sheet.tsx'))

/** Rail, list, conversation, details: as many of them side by side as the width allows. */
export function Shell() {
  const { session, navigation, preferences } = useApp()
  const { place, sheet } = useViewModel(navigation)
  const { listWidth } = useViewModel(preferences)
  const isEmpty = useViewModel(session.conversations)?.length === 0
  useGlobalKeys()
  useTitleBadge()
  usePreloaded()
  const isDetailsOpen = place.type === 'conversation' && place.isDetailsOpen
  return (
    <div
      className={cx('shell', isDetailsOpen && 'withDetails')}
      data-place={isEmpty && place.type === 'home' ? 'welcome' : place.type}
      style={{ '--list-width': `${listWidth}px` }}
    >
      {place.type === 'conversation' && (
        <a className={cx('skip')} href="#messages">
          {t.app.skipToMessages}
        </a>
      )}
      <Rail />
      <aside className={cx('list')} aria-label={t.app.conversations}>
        <Pane>
          <ConversationsPane />
        </Pane>
        <ListResizer />
      </aside>
      <main className={cx('main')}>
        <LostBanner />
        <Pane resetKey={place.type === 'conversation' ? place.conversation : place.type}>
          <Main place={place} isEmpty={isEmpty} />
        </Pane>
      </main>
      {isDetailsOpen && (
        <aside className={cx('details')} aria-label={t.contact.title}>
          <Pane resetKey={place.conversation}>
            <ContactPane key={place.conversation} conversation={place.conversation} />
          </Pane>
        </aside>
      )}
      <Suspense fallback={null}>{sheet !== undefined && <SheetOf sheet={sheet} />}</Suspense>
    </div>
  )
}

function Pane({ children, resetKey }: { readonly children: ReactNode; readonly resetKey?: string }) {
  return (
    <ErrorBoundary {...(resetKey === undefined ? {} : { resetKey })}>
      <Suspense fallback={null}>{children}</Suspense>
    </ErrorBoundary>
  )
}

function Main({ place, isEmpty }: { readonly place: Place; readonly isEmpty: boolean }) {
  switch (place.type) {
    case 'conversation':
      return <ConversationPane key={place.conversation} conversation={place.conversation} />
    case 'requests':
      return <RequestsPane />
    case 'settings':
      return <SettingsPane />
    case 'home':
      return isEmpty ? <WelcomePane /> : <PaneNote title={t.empty.choose} text={t.empty.chooseHint} icon="chats" />
  }
}

function SheetOf({ sheet }: { readonly sheet: Sheet }) {
  switch (sheet) {
    case 'add':
      return <AddContactSheet />
    case 'network':
      return <NetworkSheet />
    case 'help':
      return <HelpSheet />
    case 'palette':
      return <PaletteSheet />
  }
}

/** What is not needed for the first look is fetched once the page is quiet, so that it opens at once later. */
const usePreloaded = () => {
  useEffect(() => {
    const preload = () => {
      void import('../screens/timeline/message-popups.tsx')
      void import('../screens/contact/contact-pane.tsx')
      void import('../screens/palette/palette-sheet.tsx')
    }
    const timer = setTimeout(preload, 1_200)
    return () => clearTimeout(timer)
  }, [])
}
