import { useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Logo } from '../../ui/logo.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './onboarding-screen.module.css'
import { createOnboardingModel } from './onboarding-model.ts'

const cx = classNames(styles)

export function OnboardingScreen() {
  const { session, restart } = useApp()
  const [model] = useState(() => createOnboardingModel({ node: session.node, client: session.client, restart }))
  const { mode, name, phrase, wordCount, canSubmit, isBusy, problem } = useViewModel(model)
  const isNew = mode === 'create'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void model.submit()
  }
  return (
    <main className={cx('screen')}>
      <form className={cx('card')} onSubmit={submit} data-testid="onboarding">
        <Logo />
        <div className={cx('words')}>
          <h1>{isNew ? t.onboarding.title : t.onboarding.recoverTitle}</h1>
          <p>{isNew ? t.onboarding.lead : t.onboarding.recoverLead}</p>
          {!isNew && <p>{t.profile.oldWordsLead}</p>}
        </div>
        {!isNew && (
          <TextArea
            label={t.onboarding.phraseLabel}
            value={phrase}
            onText={model.setPhrase}
            rows={4}
            ref={focusOnMount}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            hint={wordCount === 12 ? t.profile.oldWords : t.onboarding.words(wordCount)}
          />
        )}
        <TextField
          key={mode}
          label={t.onboarding.nameLabel}
          value={name}
          onText={model.setName}
          hint={t.onboarding.nameHint}
          {...(isNew ? { ref: focusOnMount } : {})}
          autoComplete="name"
        />
        {problem !== undefined && (
          <p className={cx('problem')} role="alert">
            {problem}
          </p>
        )}
        <Button look="primary" type="submit" isWide disabled={!canSubmit}>
          {isNew
            ? isBusy
              ? t.onboarding.creating
              : t.onboarding.create
            : isBusy
              ? t.onboarding.recovering
              : t.onboarding.recover}
        </Button>
        <Button look="plain" isWide onClick={() => model.setMode(isNew ? 'recover' : 'create')}>
          {isNew ? t.onboarding.toRecover : t.onboarding.toCreate}
        </Button>
        <p className={cx('disk')}>
          <Icon name="lock" size={18} />
          {t.onboarding.disk}
        </p>
      </form>
    </main>
  )
}
