import type { Network, OfferedPushNode, PushNode } from '@parley/engine/api'
import { useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { isElsewhere } from '../../ui/message-status.ts'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { NodeName } from './node-name.tsx'
import { createNodeTest, nodeState, refusalWords, sourceWords } from './node-test.ts'
import { PushNodeForm } from './push-node-form.tsx'
import styles from './push-nodes.module.css'
import { TestResult } from './test-result.tsx'
import { readableAddress } from './waiting.ts'

const cx = classNames(styles)
const words = t.reach.nodes

/** Push nodes with their state, those of friends, a way to add one; without any, what this means. */
export function PushNodes({ network }: { readonly network: Network }) {
  const { infrastructure, offeredPushNodes, storage } = network
  const isReachable = infrastructure.some((each) => each.isConnected)
  const isNeeded = !isElsewhere(storage)
  return (
    <section className={cx('section')} aria-labelledby="push-nodes-title" data-testid="push-nodes">
      <h3 id="push-nodes-title">{t.network.infrastructure}</h3>
      <p className={cx('lead')}>{words.lead}</p>
      <WhoLearns text={words.learns} />
      {infrastructure.length === 0 ? (
        <p className={cx('none')}>
          <Icon name="info" size={18} />
          <span>{isNeeded ? t.delivery.pushNodes.none : t.network.infrastructureNone}</span>
        </p>
      ) : (
        <ul className={cx('nodes')}>
          {infrastructure.map((node) => (
            <Row key={node.address} node={node} />
          ))}
        </ul>
      )}
      {infrastructure.length > 0 && !isReachable && isNeeded && (
        <p className={cx('lead')}>{t.delivery.pushNodes.unreachable}</p>
      )}
      {offeredPushNodes.length > 0 && <Offers offers={offeredPushNodes} />}
      <PushNodeForm />
      <details className={cx('how')}>
        <summary>{words.how}</summary>
        <p>{t.delivery.pushNodes.noneHow}</p>
        <code>parley push-node</code>
        <p>{t.delivery.pushNodes.noneThen}</p>
        <p>{t.delivery.pushNodes.noneDocs}</p>
      </details>
    </section>
  )
}

function Row({ node }: { readonly node: PushNode }) {
  const { session, toasts } = useApp()
  const [test] = useState(() => createNodeTest(session.client))
  const { isBusy, result } = useViewModel(test)
  const removing = useTask()
  const [isAsking, setAsking] = useState(false)
  const { address, isConnected, peerId, source } = node
  const { host } = readableAddress(address)
  const { text, isLacking } = nodeState(node)
  const refusal = refusalWords(node)
  const remove = async () => {
    if (await removing.run(() => session.client.call('pushNodes.remove', { peerId }))) toasts.show(words.removed(host))
  }
  return (
    <li className={cx('node')} data-testid="push-node" data-peer={peerId}>
      <span className={cx('dot', isConnected ? (isLacking ? 'half' : 'on') : 'off')} />
      <span className={cx('words')}>
        <NodeName address={address} />
        <small>
          {text} · <span title={source === 'config' ? words.configHint : undefined}>{sourceWords(node)}</span>
        </small>
        {refusal !== undefined && <small className={cx('refusal')}>{refusal}</small>}
      </span>
      <span className={cx('actions', 'plain')}>
        <Button
          isSmall
          look="plain"
          aria-label={isBusy ? undefined : words.testNamed(host)}
          aria-disabled={isBusy}
          onClick={() => void test.run(address)}
        >
          {isBusy ? words.testing : words.test}
        </Button>
        {source !== 'config' && (
          <Button isSmall look="plainDanger" aria-label={words.removeNamed(host)} onClick={() => setAsking(true)}>
            {words.remove}
          </Button>
        )}
      </span>
      <TestResult result={result} />
      {removing.problem !== undefined && <TestResult result={{ isGood: false, text: removing.problem }} />}
      {isAsking && (
        <Confirm
          title={words.removeTitle(host)}
          text={words.removeText}
          confirmLabel={words.remove}
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  )
}

function Offers({ offers }: { readonly offers: readonly OfferedPushNode[] }) {
  return (
    <div className={cx('offers')}>
      <h4>{words.offered}</h4>
      <p className={cx('lead')}>{words.offeredLead}</p>
      <ul className={cx('nodes')}>
        {offers.map((offer) => (
          <Offer key={offer.peerId} offer={offer} />
        ))}
      </ul>
    </div>
  )
}

function Offer({ offer: { address, name } }: { readonly offer: OfferedPushNode }) {
  const { session, toasts } = useApp()
  const { run, isBusy, problem } = useTask()
  const { host } = readableAddress(address)
  const use = async () => {
    if (await run(() => session.client.call('pushNodes.add', { address }))) toasts.show(words.added(host))
  }
  return (
    <li className={cx('node')}>
      <span className={cx('dot', 'off')} />
      <span className={cx('words')}>
        <NodeName address={address} />
        <small>
          <bdi>{words.offeredBy(name)}</bdi>
        </small>
      </span>
      <span className={cx('actions')}>
        <Button isSmall aria-label={words.useNamed(host, name)} disabled={isBusy} onClick={() => void use()}>
          {words.use}
        </Button>
      </span>
      {problem !== undefined && <TestResult result={{ isGood: false, text: problem }} />}
    </li>
  )
}
