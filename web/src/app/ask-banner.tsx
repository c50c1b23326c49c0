import { t } from '../locales/index.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icon.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import styles from './ask-banner.module.css'
import { useApp } from './context.ts'

const cx = classNames(styles)

/** Asks once whether to notify, after something came that was not noticed. It came while nobody looked, and so does this. */
export function AskBanner() {
  const { attention } = useApp()
  if (!useViewModel(attention.isAsking)) return null
  return (
    <section className={cx('banner')} aria-label={t.notifications.title} data-testid="ask-notify">
      <Icon name="bell" size={18} />
      <p className={cx('words')}>{t.attention.ask}</p>
      <span className={cx('buttons')}>
        <Button isSmall look="primary" onClick={() => attention.decide(true)}>
          {t.attention.yes}
        </Button>
        <Button isSmall look="plain" onClick={() => attention.decide(false)}>
          {t.attention.no}
        </Button>
      </span>
    </section>
  )
}
