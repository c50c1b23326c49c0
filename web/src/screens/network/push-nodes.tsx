import type { Network } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { isElsewhere } from '../../ui/message-status.ts'
import styles from './push-nodes.module.css'
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

/** Push nodes with their state; without any, what this means and how to add one. */
export function PushNodes({ network }: { readonly network: Network }) {
  const { infrastructure, storage } = network
  if (infrastructure.length === 0) return <NoPushNodes isNeeded={!isElsewhere(storage)} />
  const isReachable = infrastructure.some((each) => each.isConnected)
  return (
    <>
      <ul className={cx('nodes')}>
        {infrastructure.map(({ address, isConnected }) => (
          <li key={address} className={cx('node')}>
            <span className={cx('dot', isConnected ? 'on' : 'off')} />
            <NodeName address={address} />
            <small className={cx('state')}>{isConnected ? t.network.isConnected : t.network.isNotConnected}</small>
          </li>
        ))}
      </ul>
      {!isReachable && !isElsewhere(storage) && <p className={cx('hint')}>{t.delivery.pushNodes.unreachable}</p>}
    </>
  )
}

function NoPushNodes({ isNeeded }: { readonly isNeeded: boolean }) {
  return (
    <div className={cx('none')}>
      <p className={cx('noneLead')}>
        <Icon name="info" size={18} />
        <span>{isNeeded ? t.delivery.pushNodes.none : t.network.infrastructureNone}</span>
      </p>
      <p>{t.delivery.pushNodes.noneHow}</p>
      <code>parley push-node</code>
      <p>{t.delivery.pushNodes.noneThen}</p>
      <code>parley daemon --bootstrap ADDRESS</code>
      <p>{t.delivery.pushNodes.noneDocs}</p>
    </div>
  )
}
