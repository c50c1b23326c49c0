import { useState, type FormEvent } from 'react'
import type { BootModel } from '../../app/boot-model.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { Logo } from '../../ui/logo.tsx'
import { useTask } from '../../ui/task.ts'
import styles from '../onboarding/onboarding-screen.module.css'

const cx = classNames(styles)

/** Asks for the passphrase that seals the keys of this node. */
export function UnlockScreen({ boot }: { readonly boot: BootModel }) {
  const [passphrase, setPassphrase] = useState('')
  const { run, isBusy, problem, clear } = useTask()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    await run(() => boot.unlock(passphrase))
  }
  return (
    <main className={cx('screen')}>
      <form className={cx('card')} onSubmit={(event) => void submit(event)} data-testid="unlock">
        <Logo />
        <div className={cx('words')}>
          <h1>{t.unlock.title}</h1>
          <p>{t.unlock.lead}</p>
        </div>
        <TextField
          label={t.unlock.label}
          type="password"
          value={passphrase}
          onText={(text) => {
            setPassphrase(text)
            clear()
          }}
          error={problem}
          ref={focusOnMount}
          autoComplete="current-password"
        />
        <Button look="primary" type="submit" isWide disabled={passphrase === '' || isBusy}>
          {isBusy ? t.unlock.opening : t.unlock.open}
        </Button>
      </form>
    </main>
  )
}
