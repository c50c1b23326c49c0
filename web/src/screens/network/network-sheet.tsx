import type { Network } from '@parley/engine/api'
import type { ReactNode } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { useCopy } from '../../ui/copy.ts'
import { Sheet } from '../../ui/sheet.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { connectionOf, pathText } from './connection.ts'
import { byteCount, diagnosticsOf } from './diagnostics.ts'
import styles from './network-sheet.module.css'
import { PushNodes } from './push-nodes.tsx'
import { ReachSection } from './reach-section.tsx'
import { TorNote } from './tor-note.tsx'
import { WaitingSection } from './waiting-section.tsx'

const cx = classNames(styles)

/** How the node is connected, for people. */
export function NetworkSheet() {
  const { session, navigation } = useApp()
  const network = useViewModel(session.network)
  const conversations = useViewModel(session.conversations) ?? []
  const link = useViewModel(session.link)
  const now = useMinute()
  const copy = useCopy()
  const { tone, text } = connectionOf(network, link)
  return (
    <Sheet title={t.network.title} onClose={() => navigation.closeSheet()}>
      <p className={cx('summary')}>
        <span className={cx('dot', tone)} />
        {text}
      </p>
      {network !== undefined && <TorNote network={network} />}
      {network !== undefined && <ReachSection network={network} now={now} />}
      {network !== undefined && <PushNodes network={network} />}
      {network !== undefined && <Facts network={network} />}
      {network !== undefined && (
        <WaitingSection
          network={network}
          conversations={conversations}
          now={now}
          onOpen={(conversation) => {
            navigation.closeSheet()
            navigation.openConversation(conversation)
          }}
        />
      )}
      <div className={cx('foot')}>
        <Button
          icon="copy"
          disabled={network === undefined}
          onClick={() => network !== undefined && copy(diagnosticsOf(network, link, navigator.userAgent))}
        >
          {t.network.diagnostics}
        </Button>
        <p>{t.network.diagnosticsHint}</p>
      </div>
    </Sheet>
  )
}

function Facts({ network }: { readonly network: Network }) {
  const { peers, storage, storedBytes } = network
  return (
    <dl className={cx('facts')}>
      <Fact name={t.network.peers}>
        {peers.length === 0
          ? t.network.nobody
          : peers.map((peer) => (
              <span key={peer.peerId} className={cx('line')}>
                <bdi>{peer.name}</bdi>
                <small>{pathText(peer)}</small>
              </span>
            ))}
      </Fact>
      <Fact name={t.delivery.storage.title}>
        {storage === undefined ? t.delivery.storage.none : t.delivery.storage.hints[storage]}
      </Fact>
      <Fact name={t.network.storage}>{byteCount(storedBytes)}</Fact>
    </dl>
  )
}

interface FactProps {
  readonly name: string
  readonly children: ReactNode
}

function Fact({ name, children }: FactProps) {
  return (
    <div className={cx('fact')}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
