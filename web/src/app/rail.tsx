import { t } from '../locales/index.ts'
import { Avatar } from '../ui/avatar.tsx'
import { classNames } from '../ui/class-names.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import { connectionOf } from '../screens/network/connection.ts'
import { unreadTotal } from './attention/unread.ts'
import { useApp } from './context.ts'
import styles from './rail.module.css'
import { shortcutOf } from './keys.ts'

const cx = classNames(styles)

interface RailLinkProps {
  readonly icon: IconName
  readonly label: string
  readonly isCurrent: boolean
  readonly count?: number
  readonly onPress: () => void
}

function RailLink({ icon, label, isCurrent, count = 0, onPress }: RailLinkProps) {
  return (
    <button
      type="button"
      className={cx('link')}
      aria-current={isCurrent ? 'page' : undefined}
      title={label}
      onClick={onPress}
    >
      <span className={cx('glyph')}>
        <Icon name={icon} size={22} />
        {count > 0 && <span className={cx('badge')}>{count > 99 ? '99+' : count}</span>}
      </span>
      <span className={cx('word')}>{label}</span>
    </button>
  )
}

/** The places of the app: a column beside the list, a bar below it on a narrow screen. */
export function Rail() {
  const { session, navigation, preferences } = useApp()
  const { place } = useViewModel(navigation)
  const me = useViewModel(session.me)
  const picture = useViewModel(session.profile)?.avatar
  const conversations = useViewModel(session.conversations) ?? []
  const requests = useViewModel(session.requests) ?? []
  const connection = connectionOf(useViewModel(session.network), useViewModel(session.link))
  const { muted } = useViewModel(preferences)
  const unread = unreadTotal(conversations, muted)
  return (
    <nav className={cx('rail')} aria-label={t.app.navigation} data-place={place.type}>
      <button
        type="button"
        className={cx('me')}
        title={me?.name}
        aria-label={t.profile.open(me?.name ?? '')}
        aria-current={place.type === 'profile' ? 'page' : undefined}
        onClick={() => navigation.go({ type: 'profile' })}
      >
        <Avatar account={me?.account ?? ''} name={me?.name ?? ''} size="small" picture={picture} />
      </button>
      <RailLink
        icon="chats"
        label={t.app.conversations}
        isCurrent={place.type === 'home' || place.type === 'conversation'}
        count={unread}
        onPress={() => navigation.goHome()}
      />
      <RailLink
        icon="request"
        label={t.app.requests}
        isCurrent={place.type === 'requests'}
        count={requests.length}
        onPress={() => navigation.go({ type: 'requests' })}
      />
      <span className={cx('space')} />
      <button
        type="button"
        className={cx('link', 'network')}
        title={connection.text}
        onClick={() => navigation.openSheet('network')}
      >
        <span className={cx('glyph')}>
          <span className={cx('dot', connection.tone)} />
        </span>
        <span className="visually-hidden">{`${t.app.network}: ${connection.text}`}</span>
      </button>
      <span className={cx('wideOnly')}>
        <RailLink
          icon="help"
          label={`${t.app.help} (${shortcutOf('help') ?? ''})`}
          isCurrent={false}
          onPress={() => navigation.openSheet('help')}
        />
      </span>
      <RailLink
        icon="settings"
        label={t.app.settings}
        isCurrent={place.type === 'settings'}
        onPress={() => navigation.go({ type: 'settings' })}
      />
    </nav>
  )
}
