import type { Contact } from '@parley/engine/api'
import { useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { useCachedProfiles } from '../../app/profiles-cached.ts'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { presenceWord } from '../../ui/avatar-model.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { useCopy } from '../../ui/copy.ts'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PaneHeader } from '../../ui/pane-header.tsx'
import { useTask } from '../../ui/task.ts'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { About } from './about.tsx'
import { Blocking } from './blocking.tsx'
import styles from './contact-pane.module.css'
import { SafetyNumber } from './safety-number.tsx'

const cx = classNames(styles)

/** Everything known about a contact: who they say they are, and how to be sure. */
export function ContactPane({ conversation }: { readonly conversation: string }) {
  const { session, navigation } = useApp()
  const contact = useViewModel(session.contacts)?.find((each) => each.conversation === conversation)
  const profile = useCachedProfiles(contact === undefined ? [] : [contact.account]).get(contact?.account ?? '')
  return (
    <div className={cx('pane')} data-testid="contact">
      <PaneHeader title={t.contact.title} onClose={() => navigation.setDetailsOpen(false)} />
      {contact !== undefined && (
        <div className={cx('scroller')}>
          <Who contact={contact} claimed={profile?.name} />
          <About account={contact.account} profile={profile} />
          <NameForm key={contact.name} contact={contact} />
          <AccountId account={contact.account} />
          <SafetyNumber contact={contact} />
          <Devices contact={contact} />
          <Blocking contact={contact} />
        </div>
      )}
    </div>
  )
}

interface WhoProps {
  readonly contact: Contact
  /** The name in their profile. */
  readonly claimed: string | undefined
}

/** Face, name, and what they say of themselves in a word. */
function Who({ contact, claimed = contact.claimedName }: WhoProps) {
  const { session } = useApp()
  const presence = useViewModel(session.conversations)?.find(({ id }) => id === contact.conversation)?.presence
  const now = useMinute()
  const { account, name, avatar, handle, location, isVerified } = contact
  const word = presence === undefined ? undefined : presenceWord(presence, now)
  return (
    <header className={cx('who')}>
      <Avatar account={account} name={name} size="large" picture={avatar} presence={presence?.status ?? 'hidden'} />
      <h3 className={cx('name')}>
        <bdi>{name === '' ? t.app.nameless : name}</bdi>
      </h3>
      {claimed !== '' && claimed !== name && <p className={cx('claim')}>{t.profile.contact.claims(claimed)}</p>}
      <p className={cx('facts')}>
        <Handle handle={handle} />
        <Place location={location} />
      </p>
      {isVerified && (
        <span className={cx('verified')}>
          <Icon name="verified" size={16} />
          {t.header.verified}
        </span>
      )}
      {word !== undefined && (
        <details className={cx('presence')}>
          <summary>
            {word}
            <Icon name="info" size={14} />
          </summary>
          <WhoLearns text={t.profile.learns.presence} />
        </details>
      )}
    </header>
  )
}

function NameForm({ contact }: { readonly contact: Contact }) {
  const { session } = useApp()
  const [name, setName] = useState(contact.name)
  const { run, isBusy, problem } = useTask()
  const isChanged = name.trim() !== contact.name
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const own = name.trim() === contact.claimedName ? '' : name.trim()
    void run(() => session.client.call('contacts.rename', { account: contact.account, name: own }))
  }
  return (
    <form className={cx('section')} onSubmit={submit}>
      <TextField
        label={t.contact.nameLabel}
        value={name}
        onText={setName}
        maxLength={64}
        error={problem}
        hint={t.contact.nameHint(contact.claimedName)}
      />
      {isChanged && (
        <Button isSmall type="submit" disabled={isBusy}>
          {t.contact.save}
        </Button>
      )}
    </form>
  )
}

function AccountId({ account }: { readonly account: string }) {
  const copy = useCopy()
  return (
    <section className={cx('section')}>
      <h4>{t.contact.account}</h4>
      <div className={cx('account')}>
        <code>{account}</code>
        <IconButton icon="copy" label={t.contact.copyAccount} onClick={() => copy(account)} />
      </div>
      <p className={cx('hint')}>{t.contact.accountHint}</p>
    </section>
  )
}

function Devices({ contact }: { readonly contact: Contact }) {
  return (
    <section className={cx('section')}>
      <h4>{t.contact.devices}</h4>
      <ul className={cx('devices')}>
        {contact.devices.map(({ peerId, addedAt, isConnected }) => (
          <li key={peerId} className={cx('device')}>
            <code title={peerId}>…{peerId.slice(-10)}</code>
            <span className={cx('hint')}>
              {isConnected ? t.contact.deviceConnected : t.contact.deviceSince(plainDate(addedAt))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
