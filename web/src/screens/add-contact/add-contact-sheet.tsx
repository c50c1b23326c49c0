import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Sheet } from '../../ui/sheet.tsx'
import styles from './add-contact-sheet.module.css'
import { AskForm } from './ask-form.tsx'
import { InviteCard } from './invite-card.tsx'

const cx = classNames(styles)

/** Two ways to somebody: hand out one's own link, or use theirs. */
export function AddContactSheet() {
  const { navigation } = useApp()
  const close = () => navigation.closeSheet()
  return (
    <Sheet title={t.app.add} onClose={close} isWide>
      <div className={cx('ways')}>
        <section className={cx('way')}>
          <h3>{t.add.yours}</h3>
          <p>{t.add.yoursLead}</p>
          <InviteCard />
        </section>
        <section className={cx('way')}>
          <h3>{t.add.theirs}</h3>
          <p>{t.add.theirsLead}</p>
          <AskForm onDone={close} />
        </section>
      </div>
    </Sheet>
  )
}
