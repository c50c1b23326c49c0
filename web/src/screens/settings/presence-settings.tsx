import type { Settings } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Choice } from '../../ui/choice.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { Section } from './section.tsx'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

const choices: readonly Settings['presence'][] = ['nobody', 'contacts']

/** Who sees whether one is there, and what that means. */
export function PresenceSettings() {
  const { session, toasts } = useApp()
  const me = useViewModel(session.me)
  if (me === undefined) return null
  const { presence } = me.settings
  const choose = (next: Settings['presence']) => {
    session.client
      .call('me.update', { settings: { presence: next } })
      .catch((error: unknown) => toasts.show(reasonOf(error)))
  }
  return (
    <Section title={t.presence.title}>
      <div className={cx('block')}>
        <div className={cx('blockHead', 'wraps')}>
          <span>{t.presence.label}</span>
          <Choice
            label={t.presence.label}
            value={presence}
            options={choices.map((value) => ({ value, label: t.presence.choices[value] }))}
            onChange={choose}
          />
        </div>
        <ul className={cx('sentences')}>
          {t.presence.sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        <WhoLearns text={presence === 'contacts' ? t.presence.learnsContacts : t.presence.learnsNobody} />
      </div>
    </Section>
  )
}
