import type { ProfileAnswer, Profile } from '@parley/engine/api'
import { useEffect, useRef, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import styles from './requests-pane.module.css'

const cx = classNames(styles)
const words = t.profile.request

interface RequestProfileProps {
  readonly account: string
  /** What they call themselves in the request. */
  readonly name: string
  readonly profile: Profile | undefined
}

/** What the requester's profile says, if it is known here; else it can be looked up, which others notice. */
export function RequestProfile({ account, name, profile }: RequestProfileProps) {
  return profile === undefined ? <LookUp account={account} /> : <Facts name={name} profile={profile} />
}

function Facts({ name, profile }: { readonly name: string; readonly profile: Profile }) {
  const about = profile.about.trim()
  return (
    <div className={cx('profile')}>
      {profile.name !== name && <p>{words.says(profile.name)}</p>}
      {(profile.handle !== '' || profile.location !== '') && (
        <p className={cx('facts')}>
          <Handle handle={profile.handle} />
          <Place location={profile.location} />
        </p>
      )}
      {about !== '' && (
        <p className={cx('about')} dir="auto">
          {about}
        </p>
      )}
      <p className={cx('signed')}>{words.signed}</p>
    </div>
  )
}

const said = (outcome: ProfileAnswer['outcome'] | undefined): string | undefined => {
  if (outcome === 'failed') return words.failed
  return outcome === 'unknown' || outcome === 'missing' ? words.unknown : undefined
}

/** Nothing is asked before somebody presses: who is asked learns who asks. */
function LookUp({ account }: { readonly account: string }) {
  const { session } = useApp()
  const [answer, setAnswer] = useState<string>()
  const [isAsking, setAsking] = useState(false)
  const abort = useRef<AbortController>(undefined)
  useEffect(() => () => abort.current?.abort(), [])
  const look = async () => {
    const { signal } = (abort.current = new AbortController())
    setAsking(true)
    setAnswer(undefined)
    try {
      const params = { ids: [account], priority: 'visible' as const }
      // A profile that is found is shown by the list of what is known here.
      for await (const { outcome } of session.client.stream('profiles.fetch', params, signal)) setAnswer(said(outcome))
    } catch (error) {
      if (!signal.aborted) setAnswer(reasonOf(error))
    }
    if (!signal.aborted) setAsking(false)
  }
  return (
    <div className={cx('profile')}>
      <Button isSmall icon="search" disabled={isAsking} onClick={() => void look()}>
        {isAsking ? words.looking : words.look}
      </Button>
      <p role="status" className={cx('answer')}>
        {answer}
      </p>
      <WhoLearns text={t.profile.learns.stranger} />
    </div>
  )
}
