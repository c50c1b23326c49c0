import type { ContactRequest, Profile } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { useCachedProfiles } from '../../app/profiles-cached.ts'
import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { PaneHeader } from '../../ui/pane-header.tsx'
import { PaneNote } from '../../ui/pane-note.tsx'
import { useTask } from '../../ui/task.ts'
import { fullTime, listTime } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { RequestProfile } from './request-profile.tsx'
import styles from './requests-pane.module.css'

const cx = classNames(styles)

/** People who ask to talk. */
export function RequestsPane() {
  const { session } = useApp()
  const requests = useViewModel(session.requests) ?? []
  const profiles = useCachedProfiles(requests.map(({ account }) => account))
  return (
    <section className={cx('pane')} aria-label={t.requests.title}>
      <PaneHeader title={t.requests.title} />
      {requests.length === 0 ? (
        <PaneNote title={t.requests.empty} text={t.requests.emptyHint} icon="request" />
      ) : (
        <div className={cx('scroller')}>
          <p className={cx('lead')}>{t.requests.lead}</p>
          <ul className={cx('list')}>
            {requests.map((request) => (
              <RequestCard key={request.id} request={request} profile={profiles.get(request.account)} />
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}

interface RequestCardProps {
  readonly request: ContactRequest
  /** What they say about themselves, as far as it is known here. */
  readonly profile: Profile | undefined
}

function RequestCard({ request, profile }: RequestCardProps) {
  const { session, navigation } = useApp()
  const { run, isBusy, problem } = useTask()
  const now = useMinute()
  const { id, account, name, text, receivedAt } = request
  const accept = () =>
    run(async () => {
      const conversation = await session.client.call('requests.accept', { id })
      navigation.openConversation(conversation.id)
    })
  const decline = () => run(() => session.client.call('requests.decline', { id }))
  return (
    <li className={cx('card')} data-testid="request">
      <div className={cx('who')}>
        <Avatar account={account} name={name} picture={profile?.avatar} />
        <div className={cx('words')}>
          <h3 className={cx('name')}>
            <bdi>{name}</bdi>
          </h3>
          <span className={cx('unverified')}>{t.requests.unverified}</span>
        </div>
        <time className={cx('time')} title={fullTime(receivedAt)}>
          {listTime(receivedAt, now)}
        </time>
      </div>
      <p className={cx(text === '' ? 'noText' : 'text')} dir="auto">
        {text === '' ? t.requests.noText : text}
      </p>
      <RequestProfile account={account} name={name} profile={profile} />
      {problem !== undefined && (
        <p className={cx('problem')} role="alert">
          {problem}
        </p>
      )}
      <div className={cx('actions')}>
        <Button look="primary" disabled={isBusy} onClick={() => void accept()}>
          {t.requests.accept}
        </Button>
        <Button disabled={isBusy} onClick={() => void decline()}>
          {t.requests.decline}
        </Button>
        <span className={cx('hint')}>{t.requests.declineHint}</span>
      </div>
    </li>
  )
}
