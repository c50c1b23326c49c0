import { useApp } from '../../app/context.ts'
import { notificationShows } from '../../app/preferences.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Switch } from '../../ui/switch.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { Section } from './section.tsx'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** What may draw attention when something arrives, and how much of it shows. */
export function NotificationSettings() {
  const { preferences, attention } = useApp()
  const { notifies, notificationShow, sounds, doNotDisturb } = useViewModel(preferences)
  const permission = useViewModel(attention.desktop.permission)
  const canNotify = permission === 'granted' || permission === 'undecided'
  return (
    <Section title={t.notifications.title}>
      {permission === 'unavailable' ? (
        <p className={cx('plain')}>{t.notifications.unavailable}</p>
      ) : (
        <div className={cx('block')}>
          <Switch
            label={t.notifications.on}
            hint={
              permission === 'undecided'
                ? `${t.notifications.onHint} ${t.notifications.undecided}`
                : t.notifications.onHint
            }
            isOn={notifies && permission === 'granted'}
            onChange={(isWanted) => attention.decide(isWanted)}
          />
          {permission === 'denied' && <p className={cx('warning')}>{t.notifications.denied}</p>}
        </div>
      )}
      {canNotify && (
        <div className={cx('block')}>
          <div className={cx('blockHead', 'wraps')}>
            <span className={cx('words')}>
              {t.notifications.show}
              <small>{t.notifications.showHints[notificationShow]}</small>
            </span>
            <Choice
              label={t.notifications.show}
              value={notificationShow}
              options={notificationShows.map((value) => ({ value, label: t.notifications.shows[value] }))}
              onChange={(next) => preferences.set({ notificationShow: next })}
            />
          </div>
          <WhoLearns text={t.notifications.learns} />
        </div>
      )}
      <div className={cx('block', 'tight')}>
        <Switch
          label={t.notifications.sounds}
          hint={t.notifications.soundsHint}
          isOn={sounds}
          onChange={(next) => preferences.set({ sounds: next })}
        />
        <span className={cx('inset')}>
          <Button isSmall look="plain" icon="sound" onClick={() => attention.sounds.play('away')}>
            {t.notifications.tryOut}
          </Button>
        </span>
      </div>
      <div className={cx('row')}>
        <Switch
          label={t.notifications.quiet}
          hint={t.notifications.quietHint}
          isOn={doNotDisturb}
          onChange={(next) => preferences.set({ doNotDisturb: next })}
        />
      </div>
      <Muted />
    </Section>
  )
}

/** Those that were told to be silent, to be heard again. */
function Muted() {
  const { session, preferences } = useApp()
  const { muted } = useViewModel(preferences)
  const conversations = (useViewModel(session.conversations) ?? []).filter(({ id }) => muted.includes(id))
  if (conversations.length === 0) return null
  return (
    <div className={cx('block')}>
      <span className={cx('words')}>
        {t.notifications.muted}
        <small>{t.notifications.mutedHint}</small>
      </span>
      {conversations.map(({ id, name }) => (
        <div key={id} className={cx('row')}>
          <bdi className={cx('cut')}>{name}</bdi>
          <Button
            isSmall
            aria-label={t.notifications.unmuteNamed(name)}
            onClick={() => preferences.setMuted(id, false)}
          >
            {t.notifications.unmute}
          </Button>
        </div>
      ))}
    </div>
  )
}
