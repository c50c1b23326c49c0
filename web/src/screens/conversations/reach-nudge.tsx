import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { isReachOpen } from '../network/reach.ts'
import styles from './nudge.module.css'

const cx = classNames(styles)
/** How long the question stays away after it was put off. */
export const REACH_LATER_MS = 3 * 86_400_000

/** Whether the question who may connect has no answer yet and was not put off. */
export const useIsReachNudged = (): boolean => {
  const { session, preferences } = useApp()
  const { reachNudgeAfter } = useViewModel(preferences)
  const isOpen = isReachOpen(useViewModel(session.network))
  const now = useMinute()
  return isOpen && now >= reachNudgeAfter
}

/** Leads whoever was never asked, or has not decided, to who may connect. */
export function ReachNudge() {
  const { session, navigation, preferences } = useApp()
  const state = useViewModel(session.network)?.reachability.state
  const now = useMinute()
  return (
    <section className={cx('nudge')} aria-label={t.reach.title} data-testid="ask-reach">
      <p>
        <strong>{t.reach.question}</strong> {state === 'computer' ? t.reach.nudge.computer : t.reach.nudge.other}
      </p>
      <div className={cx('actions')}>
        <Button look="plain" isSmall onClick={() => navigation.openSheet('network')}>
          {t.reach.nudge.choose}
        </Button>
        <Button look="plain" isSmall onClick={() => preferences.set({ reachNudgeAfter: now + REACH_LATER_MS })}>
          {t.reach.nudge.later}
        </Button>
      </div>
    </section>
  )
}
