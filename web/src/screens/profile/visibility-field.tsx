import type { OwnProfile, Visibility } from '@parley/engine/api'
import { useId } from 'react'
import { t } from '../../locales/index.ts'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { useCopy } from '../../ui/copy.ts'
import { timeAgo } from '../../ui/time.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import type { ProfileModel, ProfileSnapshot } from './profile-model.ts'
import styles from './profile-pane.module.css'

const cx = classNames(styles)
const words = t.profile.editor

const options: readonly { readonly value: Visibility; readonly label: string; readonly means: string }[] = [
  { value: 'contacts', label: words.contacts, means: words.contactsMeans },
  { value: 'public', label: words.public, means: words.publicMeans },
]

interface VisibilityFieldProps {
  readonly model: ProfileModel
  readonly profile: ProfileSnapshot
}

/** Contacts or everybody, and exactly what each means. */
export function VisibilityField({ model, profile: { visibility, own } }: VisibilityFieldProps) {
  const id = useId()
  return (
    <fieldset className={cx('visibility')}>
      <legend>{words.visibility}</legend>
      <div className={cx('options')}>
        {options.map(({ value, label, means }) => (
          <label key={value} className={cx('option', value === visibility && 'chosen')}>
            <input
              type="radio"
              name={id}
              checked={value === visibility}
              aria-label={label}
              aria-describedby={`${id}-${value}`}
              onChange={() => model.setVisibility(value)}
            />
            <span className={cx('optionWords')}>
              {label}
              <small id={`${id}-${value}`}>{means}</small>
              {value === 'public' && own.visibility === 'public' && visibility === 'public' && <Published own={own} />}
            </span>
          </label>
        ))}
      </div>
      {visibility === 'contacts' && own.visibility === 'public' && (
        <p className={cx('warning')} role="status">
          {words.takingBack}
        </p>
      )}
      <WhoLearns text={t.profile.learns[visibility]} />
    </fieldset>
  )
}

function Published({ own }: { readonly own: OwnProfile }) {
  const now = useMinute()
  const copy = useCopy()
  const { publishedAt, ipnsName, account } = own
  return (
    <>
      <small className={cx('published')}>
        {publishedAt === undefined ? words.notPublished : words.published(timeAgo(publishedAt, now))}
      </small>
      <span className={cx('ids')}>
        <small>{words.account}</small>
        <code>{account}</code>
        <IconButton icon="copy" label={words.copyAccount} onClick={() => copy(account)} />
        <small>{words.ipns}</small>
        <code>{ipnsName}</code>
        <IconButton icon="copy" label={words.copyIpns} onClick={() => copy(ipnsName)} />
      </span>
    </>
  )
}
