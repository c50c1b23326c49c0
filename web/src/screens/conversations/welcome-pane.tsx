import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useTask } from '../../ui/task.ts'
import { AskForm } from '../add-contact/ask-form.tsx'
import { InviteCard } from '../add-contact/invite-card.tsx'
import styles from './welcome-pane.module.css'

const cx = classNames(styles)

/** An empty list, with everything that ends its emptiness. */
export function WelcomePane() {
  const { session, navigation } = useApp()
  const { run, isBusy, problem } = useTask()
  const practise = () =>
    run(async () => {
      const conversation = await session.node.practice()
      navigation.openConversation(conversation.id)
    })
  return (
    <div className={cx('pane')} data-testid="welcome">
      <div className={cx('column')}>
        <header>
          <h2>{t.empty.title}</h2>
          <p>{t.empty.lead}</p>
        </header>
        <InviteCard isWide />
        <AskForm isShort onDone={() => {}} />
        <section className={cx('practice')}>
          <div>
            <h3>{t.empty.practiseTitle}</h3>
            <p>{problem ?? t.empty.practiseHint}</p>
          </div>
          <Button icon="practice" disabled={isBusy} onClick={() => void practise()}>
            {isBusy ? t.empty.practising : t.empty.practise}
          </Button>
        </section>
      </div>
    </div>
  )
}
