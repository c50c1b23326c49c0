import type { Contact } from '@parley/engine/api'
import { useEffect, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { createLiveModel } from '../../app/live-model.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './contact-pane.module.css'
import { digitGroups } from './digit-groups.ts'

const cx = classNames(styles)

/** The digits that both sides see, and whether they were compared. */
export function SafetyNumber({ contact }: { readonly contact: Contact }) {
  const { session } = useApp()
  const { account, name, isVerified } = contact
  const [model] = useState(() =>
    createLiveModel(session.client, session.environment, 'contacts.safetyNumber', { account }),
  )
  useEffect(() => model.dispose, [model])
  const number = useViewModel(model)
  const { run, isBusy, problem } = useTask()
  const mark = (next: boolean) => run(() => session.client.call('contacts.verify', { account, isVerified: next }))
  return (
    <section className={cx('section')}>
      <h4>{t.contact.safety}</h4>
      <ol className={cx('digits')} aria-label={t.contact.safety} data-testid="safety-number">
        {digitGroups(number?.digits ?? '').map((group, at) => (
          <li key={at}>{group}</li>
        ))}
      </ol>
      <p className={cx('hint')}>{isVerified ? t.contact.safetyVerified(name) : t.contact.safetyLead(name)}</p>
      {problem !== undefined && <p className={cx('problem')}>{problem}</p>}
      {isVerified ? (
        <Button isSmall disabled={isBusy} onClick={() => void mark(false)}>
          {t.contact.unverify}
        </Button>
      ) : (
        <Button isSmall icon="check" disabled={isBusy || number === undefined} onClick={() => void mark(true)}>
          {t.contact.verify}
        </Button>
      )}
    </section>
  )
}
