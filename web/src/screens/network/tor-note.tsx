import type { Network } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import styles from './tor-note.module.css'

const cx = classNames(styles)

/** That connections go through Tor, what this hides and what it does not. Nothing when they do not. Spec: TOR-12. */
export function TorNote({ network }: { readonly network: Network }) {
  if (network.transport !== 'tor') return null
  return (
    <section className={cx('note')} data-testid="tor">
      <Icon name="shield" size={18} />
      <div>
        <h3>{t.network.tor}</h3>
        <p>{network.isListening ? t.network.torReachable : t.network.torNotYet}</p>
        <p>{t.network.torHides}</p>
        <p>{t.network.torDoesNotHide}</p>
      </div>
    </section>
  )
}
