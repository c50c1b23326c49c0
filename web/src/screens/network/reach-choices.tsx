import type { Reach } from '@parley/engine/api'
import type { Ref } from 'react'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import styles from './reach-choices.module.css'
import { reaches } from './reach.ts'

const cx = classNames(styles)
const icons: Record<Reach, IconName> = { computer: 'lock', network: 'network', anyone: 'link' }

interface ReachChoicesProps {
  /** Id of the question. */
  readonly labelledBy: string
  /** What is so now; `undefined` when nobody chose. */
  readonly current: Reach | undefined
  /** What is being changed to. */
  readonly pending: Reach | undefined
  readonly onChoose: (reach: Reach) => void
  readonly firstRef?: Ref<HTMLButtonElement>
}

/**
 * Who may connect: three buttons, each with who learns what. Buttons and no radio buttons, since arrows that pass over
 * one would already open this computer.
 */
export function ReachChoices({ labelledBy, current, pending, onChoose, firstRef }: ReachChoicesProps) {
  return (
    <div className={cx('choices')} role="group" aria-labelledby={labelledBy}>
      {reaches.map((reach, at) => (
        <button
          key={reach}
          type="button"
          className={cx('choice')}
          aria-pressed={current === undefined ? undefined : reach === current}
          aria-disabled={pending !== undefined}
          ref={at === 0 ? firstRef : undefined}
          onClick={() => {
            if (pending === undefined && reach !== current) onChoose(reach)
          }}
        >
          <Icon name={icons[reach]} />
          <span className={cx('words')}>
            <span className={cx('title')}>{t.reach.choices[reach].title}</span>{' '}
            <span className={cx('line')}>{reach === pending ? t.reach.changing : t.reach.choices[reach].line}</span>
          </span>
          <span className={cx('mark')}>{reach === current && <Icon name="check" size={18} />}</span>
        </button>
      ))}
    </div>
  )
}
