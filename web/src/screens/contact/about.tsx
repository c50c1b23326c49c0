import type { Profile } from '@parley/engine/api'
import { useLayoutEffect, useRef, useState } from 'react'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { plainDate } from '../../ui/time.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import styles from './contact-pane.module.css'
import { LookUp } from './look-up.tsx'
import { ProfileHistory } from './profile-history.tsx'

const cx = classNames(styles)
const words = t.profile.contact

interface AboutProps {
  readonly account: string
  /** What is kept here; `undefined` when nothing came yet. */
  readonly profile: Profile | undefined
}

/** What they write about themselves, and wrote before. */
export function About({ account, profile }: AboutProps) {
  return (
    <section className={cx('section')}>
      <h4>{words.about}</h4>
      {profile === undefined ? (
        <>
          <p className={cx('hint')}>{words.aboutUnknown}</p>
          <LookUp account={account} />
        </>
      ) : (
        <>
          {profile.about === '' ? (
            <p className={cx('hint')}>{words.aboutNone}</p>
          ) : (
            <LongText key={profile.about} text={profile.about} />
          )}
          <p className={cx('hint')}>{words.changed(plainDate(profile.changedAt))}</p>
          {/* Only public profiles carry an invite. */}
          <WhoLearns text={t.profile.learns[profile.invite === undefined ? 'contactProfile' : 'publicProfile']} />
          <ProfileHistory account={account} />
        </>
      )}
    </section>
  )
}

/** Plain text: no markup, and links stay words. A long one is folded. */
function LongText({ text }: { readonly text: string }) {
  const paragraph = useRef<HTMLParagraphElement>(null)
  const [isLong, setLong] = useState(false)
  const [isOpen, setOpen] = useState(false)
  // Once: another text is another paragraph.
  useLayoutEffect(() => {
    const element = paragraph.current
    if (element !== null) setLong(element.scrollHeight > element.clientHeight + 1)
  }, [])
  return (
    <>
      <p ref={paragraph} className={cx('about', !isOpen && 'folded')} dir="auto">
        {text}
      </p>
      {isLong && (
        <Button look="plain" isSmall aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? words.showLess : words.showAll}
        </Button>
      )}
    </>
  )
}
