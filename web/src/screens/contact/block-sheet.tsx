import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Sheet } from '../../ui/sheet.tsx'
import { WhoLearns } from '../../ui/who-learns.tsx'
import styles from './block-sheet.module.css'

const cx = classNames(styles)
const words = t.profile.block

interface BlockSheetProps {
  readonly name: string
  readonly isBlocked: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** What happens at once, what they notice, what stays. */
export function BlockSheet({ name, isBlocked, onConfirm, onClose }: BlockSheetProps) {
  const effects = isBlocked
    ? [[words.nowTitle, words.unblockNow] as const]
    : ([
        [words.nowTitle, words.now],
        [words.noticeTitle, words.notice],
        [words.staysTitle, words.stays],
      ] as const)
  return (
    <Sheet title={isBlocked ? words.unblockTitle(name) : words.title(name)} onClose={onClose} isAlert>
      <dl className={cx('effects')}>
        {effects.map(([title, text]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <WhoLearns text={isBlocked ? t.profile.learns.unblock(name) : t.profile.learns.block(name)} />
      <div className={cx('actions')}>
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button look={isBlocked ? 'primary' : 'danger'} onClick={onConfirm}>
          {isBlocked ? t.contact.unblock : t.contact.block}
        </Button>
      </div>
    </Sheet>
  )
}
