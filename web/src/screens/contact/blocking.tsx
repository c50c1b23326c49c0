import type { Contact } from '@parley/engine/api'
import { Suspense, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { part } from '../../ui/part.ts'
import { useTask } from '../../ui/task.ts'
import styles from './contact-pane.module.css'

const cx = classNames(styles)
const BlockSheet = part(async () => (await import('./block-sheet.tsx')).BlockSheet)

/** Blocks and unblocks, each after a sheet that says what it does. */
export function Blocking({ contact }: { readonly contact: Contact }) {
  const { session } = useApp()
  const { run, isBusy, problem } = useTask()
  const [isAsking, setAsking] = useState(false)
  const { account, status } = contact
  const isBlocked = status === 'blocked'
  const change = () => {
    setAsking(false)
    void run(() =>
      isBlocked ? session.client.call('blocks.remove', { account }) : session.client.call('blocks.add', { account }),
    )
  }
  return (
    <section className={cx('section')}>
      {isBlocked && <p className={cx('hint')}>{t.profile.block.notice}</p>}
      <Button
        look={isBlocked ? 'quiet' : 'plainDanger'}
        {...(isBlocked ? {} : { icon: 'block' as const })}
        disabled={isBusy}
        onClick={() => setAsking(true)}
      >
        {isBlocked ? t.contact.unblock : t.contact.block}
      </Button>
      {problem !== undefined && (
        <p className={cx('problem')} role="alert">
          {problem}
        </p>
      )}
      {isAsking && (
        <Suspense fallback={null}>
          <BlockSheet
            name={contact.name === '' ? t.app.nameless : contact.name}
            isBlocked={isBlocked}
            onConfirm={change}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </section>
  )
}
