import { useEffect, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { createLiveModel } from '../../app/live-model.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useCopy } from '../../ui/copy.ts'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { invitePlace } from '../add-contact/works-on.ts'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** Links that are out there, to be taken back. */
export function InviteLinks() {
  const { session, toasts, navigation } = useApp()
  const [model] = useState(() => createLiveModel(session.client, session.environment, 'invites.list', {}))
  useEffect(() => model.dispose, [model])
  const invites = useViewModel(model) ?? []
  const network = useViewModel(session.network)
  const copy = useCopy()
  const revoke = (id: string) => {
    session.client.call('invites.revoke', { id }).catch((error: unknown) => toasts.show(reasonOf(error)))
  }
  return (
    <>
      <div className={cx('row')}>
        <span className={cx('words')}>
          <small>{invites.length === 0 ? t.settings.invitesEmpty : t.settings.invitesLead}</small>
        </span>
        <Button isSmall icon="person-add" onClick={() => navigation.openSheet('add')}>
          {t.app.add}
        </Button>
      </div>
      {invites.map(({ id, link, expiresAt, worksOn }) => (
        <div key={id} className={cx('row')}>
          <span className={cx('words')}>
            <code>{`…${link.slice(-16)}`}</code>
            <small>
              {t.settings.inviteUntil(plainDate(expiresAt))}
              {network !== undefined && `, ${t.reach.invite.short[invitePlace({ worksOn }, network)]}`}
            </small>
          </span>
          <span className={cx('buttons')}>
            <IconButton icon="copy" label={t.empty.copyLink} onClick={() => copy(link)} />
            <Button isSmall look="plainDanger" onClick={() => revoke(id)}>
              {t.settings.revoke}
            </Button>
          </span>
        </div>
      ))}
    </>
  )
}
