import { useId, useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Logo } from '../../ui/logo.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { REACH_LATER_MS } from '../conversations/reach-nudge.tsx'
import { ReachChoices } from '../network/reach-choices.tsx'
import { isReachOpen } from '../network/reach.ts'
import styles from './onboarding-screen.module.css'
import { createOnboardingModel, type OnboardingModel } from './onboarding-model.ts'

const cx = classNames(styles)

export function OnboardingScreen() {
  const { session, restart } = useApp()
  const { node, client, network } = session
  const [model] = useState(() => createOnboardingModel({ node, client, network, restart }))
  const { step } = useViewModel(model)
  return (
    <main className={cx('screen')}>
      {step === 'name' ? <NameForm model={model} /> : <ReachQuestion model={model} />}
    </main>
  )
}

interface StepProps {
  readonly model: OnboardingModel
}

function NameForm({ model }: StepProps) {
  const { session } = useApp()
  const isAsked = isReachOpen(useViewModel(session.network))
  const { mode, name, phrase, wordCount, canSubmit, isBusy, problem } = useViewModel(model)
  const isNew = mode === 'create'
  const startWord = isAsked ? t.onboarding.next : t.onboarding.create
  const busyWord = isNew ? t.onboarding.creating : t.onboarding.recovering
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void model.submit()
  }
  return (
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
        {isBusy ? busyWord : isNew ? startWord : t.onboarding.recover}
      </Button>
      <Button look="plain" isWide onClick={() => model.setMode(isNew ? 'recover' : 'create')}>
        {isNew ? t.onboarding.toRecover : t.onboarding.toCreate}
      </Button>
      <p className={cx('disk')}>
        <Icon name="lock" size={18} />
        {t.onboarding.disk}
      </p>
    </form>
  )
}

/** One plain question. Each answer goes on at once, and so does none. */
function ReachQuestion({ model }: StepProps) {
  const { session, preferences } = useApp()
  const { chosen, isBusy, problem } = useViewModel(model)
  const id = useId()
  const later = async () => {
    const isDone = await model.choose('later')
    if (isDone) preferences.set({ reachNudgeAfter: session.environment.now() + REACH_LATER_MS })
  }
  return (
    <div className={cx('card')} data-testid="onboarding">
      <Logo />
      <div className={cx('words')}>
        <h1 id={id}>{t.reach.question}</h1>
        <p>{t.reach.lead}</p>
      </div>
      <ReachChoices
        labelledBy={id}
        current={undefined}
        pending={isBusy && chosen !== 'later' ? chosen : undefined}
        firstRef={focusOnMount}
        onChoose={(reach) => void model.choose(reach)}
      />
      {problem !== undefined && (
        <p className={cx('problem')} role="alert">
          {problem}
        </p>
      )}
      <div className={cx('ways')}>
        <Button look="plain" icon="back" disabled={isBusy} onClick={() => model.backToName()}>
          {t.app.back}
        </Button>
        <Button look="plain" disabled={isBusy} title={t.reach.laterHint} onClick={() => void later()}>
          {t.reach.later}
        </Button>
      </div>
    </div>
  )
}
