import type { InvitePreview } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { Switch } from '../../ui/switch.tsx'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { readableAddress } from '../network/waiting.ts'
import styles from './invite-preview.module.css'

const cx = classNames(styles)
const words = t.reach.preview
const list = new Intl.ListFormat(undefined)
const icons: Record<InvitePreview['worksOn'], IconName> = { computer: 'warning', network: 'network', anywhere: 'check' }

interface InvitePreviewCardProps {
  readonly preview: InvitePreview
  readonly usesPushNodes: boolean
  readonly onUsePushNodes: (uses: boolean) => void
}

/** Whose invite it is and where it works, before anybody is asked; and their push nodes for whoever has none. */
export function InvitePreviewCard({ preview, usesPushNodes, onUsePushNodes }: InvitePreviewCardProps) {
  const { session } = useApp()
  const network = useViewModel(session.network)
  const { name = '', expiresAt, worksOn, pushNodes, problem } = preview
  const isOffered = problem === undefined && network?.infrastructure.length === 0 && pushNodes.length > 0
  const hosts = list.format(pushNodes.map((address) => readableAddress(address).host))
  return (
    <section className={cx('card')} aria-label={words.title} data-testid="invite-preview" data-works={worksOn}>
      <h4>
        <bdi>{name === '' ? words.fromSomebody : words.from(name)}</bdi>
      </h4>
      {problem === undefined ? (
        <p className={cx('where', worksOn)}>
          <Icon name={icons[worksOn]} size={16} />
          <span>
            {words[worksOn]} {words.until(plainDate(expiresAt))}
          </span>
        </p>
      ) : (
        <p className={cx('where', 'computer')}>
          <Icon name="warning" size={16} />
          <span>{words.problems[problem]}</span>
        </p>
      )}
      {isOffered && (
        <div className={cx('offer')}>
          <Switch
            label={name === '' ? words.offerSomebodys(pushNodes.length) : words.offer(name, pushNodes.length)}
            hint={words.offerHint(hosts)}
            isOn={usesPushNodes}
            onChange={onUsePushNodes}
          />
          <WhoLearns text={words.offerLearns} />
        </div>
      )}
    </section>
  )
}
