import type { Profile } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { useCachedProfiles } from '../../app/profiles-cached.ts'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { LookUp } from '../contact/look-up.tsx'
import styles from './find-person.module.css'

const cx = classNames(styles)
const words = t.profile.find

interface FindPersonProps {
  /** An account or a `Qm…` id. */
  readonly id: string
  readonly isBusy: boolean
  /** Asks the person behind the invite of a public profile for contact. */
  readonly onAsk: (invite: string) => void
}

/** Somebody whose id was pasted: who they say they are, and a way to them. Nothing is asked before a press. */
export function FindPerson({ id, isBusy, onAsk }: FindPersonProps) {
  const { session } = useApp()
  const profile = useCachedProfiles([id]).get(id)
  const account = profile?.account ?? id
  const me = useViewModel(session.me)?.account
  const contact = useViewModel(session.contacts)?.find((each) => each.account === account)
  if (account === me) return <p className={cx('note')}>{words.you}</p>
  return (
    <section className={cx('card')} aria-label={words.title} data-testid="found">
      {profile === undefined ? (
        <>
          <p className={cx('note')}>{words.lead}</p>
          <LookUp account={id} />
        </>
      ) : (
        <Facts profile={profile} />
      )}
      {contact === undefined ? (
        profile !== undefined && <Ask profile={profile} isBusy={isBusy} onAsk={onAsk} />
      ) : (
        <Known name={contact.name} conversation={contact.conversation} />
      )}
    </section>
  )
}

function Facts({ profile }: { readonly profile: Profile }) {
  const about = profile.about.trim()
  return (
    <>
      <div className={cx('who')}>
        <Avatar account={profile.account} name={profile.name} picture={profile.avatar} />
        <span className={cx('words')}>
          <bdi className={cx('name')}>{profile.name}</bdi>
          <span className={cx('facts')}>
            <Handle handle={profile.handle} />
            <Place location={profile.location} />
          </span>
        </span>
      </div>
      {about !== '' && (
        <p className={cx('about')} dir="auto">
          {about}
        </p>
      )}
      <p className={cx('note')}>{t.profile.request.signed}</p>
    </>
  )
}

function Ask({ profile: { invite }, isBusy, onAsk }: Omit<FindPersonProps, 'id'> & { readonly profile: Profile }) {
  if (invite === undefined) return <p className={cx('note')}>{words.noInvite}</p>
  return (
    <Button look="primary" isWide disabled={isBusy} onClick={() => onAsk(invite)}>
      {t.add.ask}
    </Button>
  )
}

function Known({ name, conversation }: { readonly name: string; readonly conversation: string }) {
  const { navigation } = useApp()
  return (
    <Button isWide onClick={() => navigation.openConversation(conversation)}>
      {words.open(name === '' ? t.app.nameless : name)}
    </Button>
  )
}
