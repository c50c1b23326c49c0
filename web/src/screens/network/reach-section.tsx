import type { Network, Reach } from '@parley/engine/api'
import { useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { useTask } from '../../ui/task.ts'
import { ReachChoices } from './reach-choices.tsx'
import styles from './reach-section.module.css'
import { reachOf, type ReachWords } from './reach.ts'

const cx = classNames(styles)
const icons: Record<ReachWords['state'], IconName> = {
  public: 'check',
  relayed: 'check',
  network: 'network',
  computer: 'lock',
}

/** Who may connect, what was proven of it, and what to do next. Through Tor this is another matter: see `TorNote`. */
export function ReachSection({ network, now }: { readonly network: Network; readonly now: number }) {
  const { session } = useApp()
  const testing = useTask()
  const changing = useTask()
  const [wanted, setWanted] = useState<Reach>()
  if (network.transport === 'tor') return null
  const { state, title, next, mapping } = reachOf(network, now)
  const isTesting = testing.isBusy || network.reachability.isTesting
  const change = (reach: Reach) => {
    setWanted(reach)
    void changing.run(() => session.client.call('network.change', { reach }))
  }
  return (
    <section className={cx('section')} aria-labelledby="reach-title" data-testid="reach" data-state={state}>
      <h3 id="reach-title">{t.reach.title}</h3>
      <div className={cx('proven')}>
        <Icon name={icons[state]} size={18} />
        <p className={cx('title')} role="status">
          {isTesting ? t.reach.testing : title}
        </p>
        <Button
          isSmall
          aria-disabled={isTesting}
          onClick={() => {
            if (!isTesting) void testing.run(() => session.client.call('network.test', {}))
          }}
        >
          {t.reach.test}
        </Button>
        <div className={cx('more')}>
          <p>{next}</p>
          {mapping !== undefined && <p>{mapping}</p>}
          <Problem text={testing.problem} />
        </div>
      </div>
      {network.isReachFixed ? (
        <p className={cx('fixed')}>{t.reach.fixed}</p>
      ) : (
        <ReachChoices
          labelledBy="reach-title"
          current={network.isReachChosen ? network.reach : undefined}
          pending={changing.isBusy ? wanted : undefined}
          onChoose={change}
        />
      )}
      <Problem text={changing.problem} />
    </section>
  )
}

function Problem({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <p className={cx('problem')} role="alert">
      {text}
    </p>
  )
}
