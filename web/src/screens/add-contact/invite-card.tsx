import { Suspense, useEffect, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useCopy } from '../../ui/copy.ts'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './invite-card.module.css'
import { InviteReach } from './invite-reach.tsx'
import { createInviteModel } from './invite-model.ts'
import { part } from '../../ui/part.ts'

const cx = classNames(styles)
const QrCode = part(async () => (await import('../../ui/qr-code.tsx')).QrCode)

/** One's own invite: as a code to scan and as a link to send. */
export function InviteCard({ isWide = false }: { readonly isWide?: boolean }) {
  const { session } = useApp()
  const [model] = useState(() => createInviteModel(session))
  useEffect(() => model.dispose, [model])
  const { invite, problem } = useViewModel(model)
  const copy = useCopy()
  return (
    <div className={cx('card', isWide && 'wide')}>
      <div className={cx('code')}>
        <Suspense fallback={null}>{invite !== undefined && <QrCode text={invite.link} label={t.empty.qr} />}</Suspense>
      </div>
      <div className={cx('side')}>
        {invite !== undefined && <InviteReach invite={invite} />}
        <input
          className={cx('link')}
          aria-label={t.empty.linkLabel}
          data-testid="invite-link"
          readOnly
          value={invite?.link ?? ''}
          onFocus={(event) => event.target.select()}
        />
        <Button
          look="primary"
          icon="copy"
          isWide
          disabled={invite === undefined}
          onClick={() => invite !== undefined && copy(invite.link)}
        >
          {t.empty.copyLink}
        </Button>
        <p className={cx('until')}>
          {problem ?? (invite === undefined ? '' : t.add.expires(plainDate(invite.expiresAt)))}
        </p>
      </div>
    </div>
  )
}
