import type { Conversation, Network, Waiting } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { isElsewhere } from '../../ui/message-status.ts'
import { timeAgo } from '../../ui/time.ts'
import { byteCount } from './diagnostics.ts'
import { NodeName } from './node-name.tsx'
import styles from './waiting-section.module.css'
import { onlyHereOf } from './waiting.ts'

const cx = classNames(styles)

interface WaitingSectionProps {
  readonly network: Network
  readonly conversations: readonly Conversation[]
  /** Unix milliseconds. */
  readonly now: number
  readonly onOpen: (conversation: string) => void
}

/** What waits for whom, who holds it, and what those who hold it learn. */
export function WaitingSection(props: WaitingSectionProps) {
  const { network, conversations, now, onOpen } = props
  const { waiting, waitingMessages } = network
  return (
    <section className={cx('section')} aria-labelledby="waiting-title" data-testid="waiting">
      <h3 id="waiting-title">{t.delivery.waiting.title}</h3>
      {waiting.length === 0 ? (
        <p className={cx('lead')}>
          {waitingMessages > 0 ? t.delivery.waiting.unposted(waitingMessages) : t.delivery.waiting.empty}
        </p>
      ) : (
        <>
          <p className={cx('lead')}>{t.delivery.waiting.lead}</p>
          <ul className={cx('cards')}>
            {waiting.map((each) => (
              <WaitingCard
                key={each.account}
                waiting={each}
                conversation={conversations.find(({ id }) => id === each.conversation)}
                storage={network.storage}
                now={now}
                onOpen={onOpen}
              />
            ))}
          </ul>
        </>
      )}
      <p className={cx('learn')}>
        <Icon name="lock" size={16} />
        <span>
          {t.delivery.waiting.learn}
          {isElsewhere(network.storage) && ` ${t.delivery.waiting.learnStorage}`}
        </span>
      </p>
    </section>
  )
}

/** What it is: messages; without any, a request, or what a conversation needs besides messages. */
const whatOf = ({ messages }: Waiting, isInvited: boolean): string => {
  if (messages > 0) return t.delivery.waiting.messages(messages)
  return isInvited ? t.delivery.waiting.request : t.delivery.waiting.setup
}

interface WaitingCardProps extends Pick<WaitingSectionProps, 'now' | 'onOpen'> {
  readonly waiting: Waiting
  readonly conversation: Conversation | undefined
  readonly storage: Network['storage']
}

function WaitingCard({ waiting, conversation, storage, now, onOpen }: WaitingCardProps) {
  const { bytes, since, envelopes, holders } = waiting
  const name = conversation?.name ?? waiting.name
  const onlyHere = onlyHereOf(waiting, storage)
  return (
    <li className={cx('card')} data-account={waiting.account}>
      <button
        type="button"
        className={cx('head')}
        title={t.delivery.waiting.show(name)}
        onClick={() => onOpen(waiting.conversation)}
      >
        <bdi className={cx('name')}>{name}</bdi>
        <span className={cx('what')}>{whatOf(waiting, conversation?.status === 'invited')}</span>
        <span className={cx('facts')}>
          {t.delivery.waiting.facts(byteCount(bytes), timeAgo(since, now), envelopes)}
        </span>
      </button>
      <ul className={cx('holders')} aria-label={t.delivery.waiting.holders}>
        {holders.map((holder) => (
          <Holder key={holder.address} holder={holder} all={envelopes} now={now} />
        ))}
        {isElsewhere(storage) && onlyHere < envelopes && (
          <li className={cx('holder')}>
            <Icon name="check" size={16} />
            <span>{t.delivery.waiting.inStorage(t.delivery.storage.places[storage])}</span>
          </li>
        )}
        {onlyHere > 0 && (
          <li className={cx('holder', 'here')}>
            <Icon name="clock" size={16} />
            <span>{t.delivery.waiting.onlyHere(onlyHere, envelopes)}</span>
          </li>
        )}
      </ul>
    </li>
  )
}

interface HolderProps {
  readonly holder: Waiting['holders'][number]
  readonly all: number
  readonly now: number
}

function Holder({ holder, all, now }: HolderProps) {
  const { address, envelopes, checkedAt, isLost } = holder
  const when = timeAgo(checkedAt, now)
  const has = envelopes >= all ? t.delivery.waiting.hasAll : t.delivery.waiting.hasSome(envelopes, all)
  return (
    <li className={cx('holder', isLost && 'lost')}>
      <Icon name={isLost ? 'warning' : 'check'} size={16} />
      <span>
        <NodeName address={address} />
        <span className={cx('proof')}>
          {isLost ? t.delivery.waiting.lost(when) : `${has}, ${t.delivery.waiting.proven(when)}`}
        </span>
      </span>
    </li>
  )
}
