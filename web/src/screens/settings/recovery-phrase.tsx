import { useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** The words, only when asked for, and never for longer than they are looked at. */
export function RecoveryPhrase() {
  const { session } = useApp()
  const me = useViewModel(session.me)
  const [phrase, setPhrase] = useState<string>()
  const { run, isBusy, problem } = useTask()
  if (me === undefined) return null
  const show = () =>
    run(async () => {
      setPhrase((await session.client.call('me.recoveryPhrase', {})).phrase)
    })
  const confirm = () =>
    run(async () => {
      await session.client.call('me.confirmRecoveryPhrase', {})
      setPhrase(undefined)
    })
  return (
    <div className={cx('block')}>
      <div className={cx('blockHead')}>
        <span className={cx('words')}>
          {t.settings.phrase}
          <small>{me.isRecoveryPhraseConfirmed ? t.settings.phraseDone : t.settings.phraseHint}</small>
        </span>
        <Button isSmall disabled={isBusy} onClick={() => (phrase === undefined ? void show() : setPhrase(undefined))}>
          {phrase === undefined ? t.settings.phraseShow : t.settings.phraseHide}
        </Button>
      </div>
      {problem !== undefined && <p className={cx('problem')}>{problem}</p>}
      {phrase !== undefined && (
        <div className={cx('form')}>
          <ol className={cx('phrase')} data-testid="recovery-phrase" translate="no">
            {phrase.split(' ').map((word, at) => (
              <li key={at}>{word}</li>
            ))}
          </ol>
          <p className={cx('warning')}>{t.settings.phraseWarning}</p>
          {!me.isRecoveryPhraseConfirmed && (
            <span className={cx('buttons')}>
              <Button isSmall look="primary" icon="check" onClick={() => void confirm()}>
                {t.settings.phraseConfirm}
              </Button>
            </span>
          )}
        </div>
      )}
    </div>
  )
}
