import type { Profile } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { classNames } from '../../ui/class-names.ts'
import { LookUp } from '../contact/look-up.tsx'
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
  return (
    <div className={cx('profile')}>
      {profile === undefined ? <LookUp account={account} /> : <Facts name={name} profile={profile} />}
    </div>
  )
}

function Facts({ name, profile }: { readonly name: string; readonly profile: Profile }) {
  const about = profile.about.trim()
  return (
    <>
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
    </>
  )
}
