import { shortcutOf } from '../../app/keys.ts'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { ConversationList } from './conversation-list.tsx'
import styles from './conversations-pane.module.css'
import { PhraseNudge } from './phrase-nudge.tsx'
import { ReachNudge, useIsReachNudged } from './reach-nudge.tsx'

const cx = classNames(styles)

/** The list with its header. */
export function ConversationsPane() {
  const { session, navigation } = useApp()
  const conversations = useViewModel(session.conversations) ?? []
  const requests = useViewModel(session.requests) ?? []
  const { place } = useViewModel(navigation)
  const isReachNudged = useIsReachNudged()
  return (
    <div className={cx('pane')}>
      <header className={cx('header')}>
        <h1>{t.app.conversations}</h1>
        <IconButton icon="person-add" label={t.app.add} onClick={() => navigation.openSheet('add')} />
      </header>
      <button type="button" className={cx('search')} onClick={() => navigation.openSheet('palette')}>
        <Icon name="search" size={16} />
        <span>{t.app.search}</span>
        <kbd>{shortcutOf('palette')}</kbd>
      </button>
      {requests.length > 0 && (
        <button
          type="button"
          className={cx('requests')}
          aria-current={place.type === 'requests' ? 'page' : undefined}
          onClick={() => navigation.go({ type: 'requests' })}
        >
          <span className={cx('requestsIcon')}>
            <Icon name="request" />
          </span>
          <span>{t.list.requests(requests.length)}</span>
          <Icon name="chevron-right" size={16} />
        </button>
      )}
      {conversations.length === 0 ? (
        <p className={cx('none')}>{t.empty.list}</p>
      ) : (
        <ConversationList conversations={conversations} />
      )}
      {isReachNudged ? <ReachNudge /> : <PhraseNudge />}
    </div>
  )
}
