import type { Contact } from '@parley/engine/api'
import { Suspense, useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useCopy } from '../../ui/copy.ts'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PaneHeader } from '../../ui/pane-header.tsx'
import { useTask } from '../../ui/task.ts'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './contact-pane.module.css'
import { SafetyNumber } from './safety-number.tsx'
import { part } from '../../ui/part.ts'

const cx = classNames(styles)
const Confirm = part(async () => (await import('../../ui/confirm.tsx')).Confirm)

/** Everything known about a contact: who they say they are, and how to be sure. */
export function ContactPane({ conversation }: { readonly conversation: string }) {
  const { session, navigation } = useApp()
  const contact = useViewModel(session.contacts)?.find((each) => each.conversation === conversation)
  return (
    <div className={cx('pane')} data-testid="contact">
      <PaneHeader title={t.contact.title} onClose={() => navigation.setDetailsOpen(false)} />
      {contact !== undefined && (
        <div className={cx('scroller')}>
          <header className={cx('who')}>
            <Avatar account={contact.account} name={contact.name} size="large" />
            <h3 className={cx('name')}>
              <bdi>{contact.name === '' ? t.app.nameless : contact.name}</bdi>
            </h3>
            {contact.isVerified && (
              <span className={cx('verified')}>
                <Icon name="verified" size={16} />
                {t.header.verified}
              </span>
            )}
          </header>
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

function Blocking({ contact }: { readonly contact: Contact }) {
  const { session } = useApp()
  const { run, isBusy, problem } = useTask()
  const [isAsking, setAsking] = useState(false)
  const { account, name, status } = contact
  const isBlocked = status === 'blocked'
  return (
    <section className={cx('section')}>
      {isBlocked ? (
        <>
          <Button disabled={isBusy} onClick={() => void run(() => session.client.call('blocks.remove', { account }))}>
            {t.contact.unblock}
          </Button>
          <p className={cx('hint')}>{t.contact.unblockHint}</p>
        </>
      ) : (
        <Button look="plainDanger" icon="block" disabled={isBusy} onClick={() => setAsking(true)}>
          {t.contact.block}
        </Button>
      )}
      {problem !== undefined && <p className={cx('problem')}>{problem}</p>}
      {isAsking && (
        <Suspense fallback={null}>
          <Confirm
            title={t.contact.blockTitle(name)}
            text={t.contact.blockLead}
            confirmLabel={t.contact.block}
            onConfirm={() => void run(() => session.client.call('blocks.add', { account }))}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </section>
  )
}
