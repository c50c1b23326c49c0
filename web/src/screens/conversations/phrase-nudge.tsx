import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './nudge.module.css'

const cx = classNames(styles)
const LATER_MS = 3 * 86_400_000

/** Asks to write the recovery words down, once there is somebody to lose: after the first contact, never before. */
export function PhraseNudge() {
  const { session, navigation, preferences } = useApp()
  const me = useViewModel(session.me)
  const contacts = useViewModel(session.contacts) ?? []
  const { nudgeAfter } = useViewModel(preferences)
  const now = useMinute()
  const hasContact = contacts.some((contact) => contact.status === 'active')
  if (me === undefined || me.isRecoveryPhraseConfirmed || !hasContact || now < nudgeAfter) return null
  return (
    <section className={cx('nudge')} aria-label={t.settings.phrase}>
      <p>{t.nudge.phrase}</p>
      <div className={cx('actions')}>
        <Button look="plain" isSmall onClick={() => navigation.go({ type: 'settings' })}>
          {t.nudge.show}
        </Button>
        <Button look="plain" isSmall onClick={() => preferences.set({ nudgeAfter: now + LATER_MS })}>
          {t.nudge.later}
        </Button>
      </div>
    </section>
  )
}
