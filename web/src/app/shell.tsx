import { Suspense, useEffect, type ReactNode } from 'react'
import { t } from '../locales/index.ts'
import { ConversationsPane } from '../screens/conversations/conversations-pane.tsx'
import { ConversationPane } from '../screens/timeline/conversation-pane.tsx'
import { classNames } from '../ui/class-names.ts'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { PaneNote } from '../ui/pane-note.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import { AskBanner } from './ask-banner.tsx'
import { useApp } from './context.ts'
import { useGlobalKeys } from './global-keys.ts'
import { ListResizer } from './list-resizer.tsx'
import { LostBanner } from './lost-banner.tsx'
import { Rail } from './rail.tsx'
import type { Place, Sheet } from './routes.ts'
import styles from './shell.module.css'
import { useTitleBadge } from './title-badge.ts'
import { part } from '../ui/part.ts'

const cx = classNames(styles)

const RequestsPane = part(async () => (await import('../screens/requests/requests-pane.tsx')).RequestsPane)
const SettingsPane = part(async () => (await import('../screens/settings/settings-pane.tsx')).SettingsPane)
const ProfilePane = part(async () => (await import('../screens/profile/profile-pane.tsx')).ProfilePane)
const ContactPane = part(async () => (await import('../screens/contact/contact-pane.tsx')).ContactPane)
const WelcomePane = part(async () => (await import('../screens/conversations/welcome-pane.tsx')).WelcomePane)
const AddContactSheet = part(async () => (await import('../screens/add-contact/add-contact-sheet.tsx')).AddContactSheet)
const NetworkSheet = part(async () => (await import('../screens/network/network-sheet.tsx')).NetworkSheet)
const HelpSheet = part(async () => (await import('../screens/help/help-sheet.tsx')).HelpSheet)
const PaletteSheet = part(async () => (await import('../screens/palette/palette-sheet.tsx')).PaletteSheet)

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
    <div className={cx('frame')}>
      <AskBanner />
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
          <Pane key={place.type === 'conversation' ? place.conversation : place.type}>
            <Main place={place} isEmpty={isEmpty} />
          </Pane>
        </main>
        {isDetailsOpen && (
          <aside className={cx('details')} aria-label={t.contact.title}>
            <Pane key={place.conversation}>
              <ContactPane conversation={place.conversation} />
            </Pane>
          </aside>
        )}
        <Suspense fallback={null}>{sheet !== undefined && <SheetOf sheet={sheet} />}</Suspense>
      </div>
    </div>
  )
}

function Pane({ children }: { readonly children: ReactNode }) {
  return (
    <ErrorBoundary>
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
    case 'profile':
      return <ProfilePane />
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

const later: readonly (() => Promise<unknown>)[] = [
  () => import('../screens/timeline/message-popups.tsx'),
  () => import('../screens/contact/contact-pane.tsx'),
  () => import('../screens/palette/palette-sheet.tsx'),
]

/** What is not needed for the first look is fetched while nobody does anything, so that it opens at once later. */
const usePreloaded = () => {
  useEffect(() => {
    let isOver = false
    const preload = async () => {
      for (const load of later) {
        await idle()
        if (isOver) return
        await load()
      }
    }
    // A part that could not be fetched now is fetched when it is wanted, and says so then.
    preload().catch(() => undefined)
    return () => {
      isOver = true
    }
  }, [])
}

const IDLE_AFTER_MS = 2_000

const idle = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(
      () => ('requestIdleCallback' in window ? requestIdleCallback(() => resolve()) : resolve()),
      IDLE_AFTER_MS,
    )
  })
