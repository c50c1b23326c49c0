import { useApp } from '../../app/context.ts'
import { TEXT_SCALE, type Appearance } from '../../app/preferences.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useCopy } from '../../ui/copy.ts'
import { Icon } from '../../ui/icon.tsx'
import { PaneHeader } from '../../ui/pane-header.tsx'
import { Switch } from '../../ui/switch.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { InviteLinks } from './invite-links.tsx'
import { NotificationSettings } from './notification-settings.tsx'
import { PassphraseForm } from './passphrase-form.tsx'
import { PresenceSettings } from './presence-settings.tsx'
import { RecoveryPhrase } from './recovery-phrase.tsx'
import { Section } from './section.tsx'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** What can be changed. */
export function SettingsPane() {
  const { navigation } = useApp()
  return (
    <section className={cx('pane')} aria-label={t.settings.title} data-testid="settings">
      <PaneHeader title={t.settings.title} />
      <div className={cx('scroller')}>
        <div className={cx('column')}>
          <You />
          <Looks />
          <NotificationSettings />
          <PresenceSettings />
          <Privacy />
          <Section title={t.settings.security}>
            <PassphraseForm />
            <RecoveryPhrase />
          </Section>
          <Section title={t.settings.invites}>
            <InviteLinks />
          </Section>
          <div className={cx('foot')}>
            <Button look="plain" onClick={() => navigation.openSheet('network')}>
              {t.network.title}
            </Button>
            <Button look="plain" onClick={() => navigation.openSheet('help')}>
              {t.settings.shortcuts}
            </Button>
          </div>
        </div>
      </div>
    </section>
  )
}

function You() {
  const { session, navigation } = useApp()
  const me = useViewModel(session.me)
  const profile = useViewModel(session.profile)
  const copy = useCopy()
  if (me === undefined) return null
  return (
    <Section title={t.settings.you}>
      <button type="button" className={cx('profile')} onClick={() => navigation.go({ type: 'profile' })}>
        <Avatar account={me.account} name={me.name} size="medium" picture={profile?.avatar} />
        <span className={cx('words')}>
          <bdi className={cx('cut')}>{me.name}</bdi>
          <small>{t.settings.myProfileHint}</small>
        </span>
        <span className={cx('more')}>
          {t.settings.myProfile}
          <Icon name="chevron-right" size={16} />
        </span>
      </button>
      <div className={cx('row')}>
        <span className={cx('words')}>
          {t.settings.account}
          <code>{me.account}</code>
        </span>
        <IconButton icon="copy" label={t.settings.copyAccount} onClick={() => copy(me.account)} />
      </div>
    </Section>
  )
}

const appearances: readonly Appearance[] = ['system', 'light', 'dark']

function Looks() {
  const { preferences } = useApp()
  const { appearance, textScale } = useViewModel(preferences)
  return (
    <Section title={t.settings.appearance}>
      <div className={cx('row')}>
        <span>{t.settings.theme}</span>
        <Choice
          label={t.settings.theme}
          value={appearance}
          options={appearances.map((value) => ({ value, label: t.settings.themes[value] }))}
          onChange={(next) => preferences.set({ appearance: next })}
        />
      </div>
      <label className={cx('row')}>
        <span>{t.settings.textSize}</span>
        <span className={cx('scale')}>
          <input
            type="range"
            min={TEXT_SCALE.min}
            max={TEXT_SCALE.max}
            step={TEXT_SCALE.step}
            value={textScale}
            aria-valuetext={t.settings.textSizeValue(Math.round(textScale * 100))}
            onChange={(event) => preferences.set({ textScale: event.target.valueAsNumber })}
          />
          <output>{t.settings.textSizeValue(Math.round(textScale * 100))}</output>
        </span>
      </label>
    </Section>
  )
}

function Privacy() {
  const { session, toasts } = useApp()
  const me = useViewModel(session.me)
  if (me === undefined) return null
  const change = (settings: Partial<typeof me.settings>) => {
    session.client.call('me.update', { settings }).catch((error: unknown) => toasts.show(reasonOf(error)))
  }
  return (
    <Section title={t.settings.privacy}>
      <div className={cx('row')}>
        <Switch
          label={t.settings.typing}
          hint={t.settings.typingHint}
          isOn={me.settings.sendsTyping}
          onChange={(sendsTyping) => change({ sendsTyping })}
        />
      </div>
      <div className={cx('row')}>
        <Switch
          label={t.settings.receipts}
          hint={t.settings.receiptsHint}
          isOn={me.settings.sendsReadReceipts}
          onChange={(sendsReadReceipts) => change({ sendsReadReceipts })}
        />
      </div>
    </Section>
  )
}
