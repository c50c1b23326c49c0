import type { Invite } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './invite-reach.module.css'
import { invitePlace, type InvitePlace } from './works-on.ts'

const cx = classNames(styles)
const icons: Record<InvitePlace, IconName> = {
  computer: 'warning',
  network: 'network',
  unproven: 'info',
  anywhere: 'check',
  later: 'clock',
}

/** Where one's own invite works; with a way to more when that is not everywhere. */
export function InviteReach({ invite }: { readonly invite: Invite }) {
  const { session, navigation } = useApp()
  const network = useViewModel(session.network)
  if (network === undefined) return null
  const place = invitePlace(invite, network)
  return (
    <div className={cx('reach', place)} role="status" data-testid="works-on" data-works={place}>
      <Icon name={icons[place]} size={18} />
      <p>{t.reach.invite.places[place]}</p>
      {place !== 'anywhere' && network.transport === 'direct' && (
        <Button isSmall look={place === 'computer' ? 'quiet' : 'plain'} onClick={() => navigation.openSheet('network')}>
          {place === 'unproven' ? t.reach.invite.test : t.reach.invite.change}
        </Button>
      )}
    </div>
  )
}
