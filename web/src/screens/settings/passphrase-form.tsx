import { useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** Sets, changes or removes the passphrase that seals the keys on disk. */
export function PassphraseForm() {
  const me = useViewModel(useApp().session.me)
  const [open, setOpen] = useState<'set' | 'remove'>()
  if (me === undefined) return null
  const { hasPassphrase } = me
  const close = () => setOpen(undefined)
  return (
    <div className={cx('block')}>
      <div className={cx('blockHead')}>
        <span className={cx('words')}>
          {t.settings.passphrase}
          <small className={cx(hasPassphrase ? 'calm' : 'warning')}>
            {hasPassphrase ? t.settings.passphraseOn : t.settings.passphraseOff}
          </small>
        </span>
        {open === undefined && (
          <span className={cx('buttons')}>
            <Button isSmall onClick={() => setOpen('set')}>
              {hasPassphrase ? t.settings.passphraseChange : t.settings.passphraseSet}
            </Button>
            {hasPassphrase && (
              <Button isSmall onClick={() => setOpen('remove')}>
                {t.settings.passphraseRemove}
              </Button>
            )}
          </span>
        )}
      </div>
      {open !== undefined && (
        <Fields key={open} isRemoving={open === 'remove'} hasCurrent={hasPassphrase} onClose={close} />
      )}
    </div>
  )
}

interface FieldsProps {
  readonly isRemoving: boolean
  readonly hasCurrent: boolean
  readonly onClose: () => void
}

function Fields({ isRemoving, hasCurrent, onClose }: FieldsProps) {
  const { session, toasts } = useApp()
  const [current, setCurrent] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const [repeat, setRepeat] = useState('')
  const { run, fail, clear, isBusy, problem } = useTask()
  const submit = async () => {
    if (passphrase !== repeat) return fail(t.settings.passphraseDiffers)
    const isDone = await run(() =>
      session.client.call('me.setPassphrase', { passphrase, ...(hasCurrent ? { current } : {}) }),
    )
    if (!isDone) return undefined
    toasts.show(isRemoving ? t.settings.passphraseRemoved : t.settings.passphraseSaved)
    return onClose()
  }
  const typing = (set: (text: string) => void) => (text: string) => {
    clear()
    set(text)
  }
  return (
    <form
      className={cx('form')}
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        void submit()
      }}
    >
      {hasCurrent && (
        <TextField
          label={t.settings.passphraseCurrent}
          type="password"
          autoComplete="current-password"
          ref={focusOnMount}
          value={current}
          onText={typing(setCurrent)}
        />
      )}
      {!isRemoving && (
        <>
          <TextField
            label={t.settings.passphraseNew}
            type="password"
            autoComplete="new-password"
            {...(hasCurrent ? {} : { ref: focusOnMount })}
            value={passphrase}
            onText={typing(setPassphrase)}
            hint={t.settings.passphraseRule}
          />
          <TextField
            label={t.settings.passphraseRepeat}
            type="password"
            autoComplete="new-password"
            value={repeat}
            onText={typing(setRepeat)}
          />
        </>
      )}
      {problem !== undefined && (
        <p className={cx('problem')} role="alert">
          {problem}
        </p>
      )}
      <span className={cx('buttons')}>
        <Button isSmall look="primary" type="submit" disabled={isBusy || (!isRemoving && passphrase === '')}>
          {isRemoving ? t.settings.passphraseRemove : t.settings.save}
        </Button>
        <Button isSmall onClick={onClose}>
          {t.app.cancel}
        </Button>
      </span>
    </form>
  )
}
