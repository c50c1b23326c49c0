import type { ProfileAnswer } from '@parley/engine/api'
import { useEffect, useRef, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import styles from './look-up.module.css'

const cx = classNames(styles)
const words = t.profile.request

const said = (outcome: ProfileAnswer['outcome'] | undefined): string | undefined => {
  if (outcome === 'failed') return words.failed
  return outcome === 'unknown' || outcome === 'missing' ? words.unknown : undefined
}

/** Nothing is asked before somebody presses: who is asked learns who asks. */
export function LookUp({ account }: { readonly account: string }) {
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
    <div className={cx('lookUp')}>
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
