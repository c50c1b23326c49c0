import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import styles from './node-name.module.css'
import { readableAddress } from './waiting.ts'

const cx = classNames(styles)

/** A machine by the name that people know, with what tells it from its neighbours. */
export function NodeName({ address }: { readonly address: string }) {
  const { host, peerEnd } = readableAddress(address)
  return (
    <span className={cx('name')} title={address}>
      <bdi className={cx('host')}>{host}</bdi>{' '}
      {peerEnd !== undefined && <small>{t.delivery.pushNodes.peer(peerEnd)}</small>}
    </span>
  )
}
